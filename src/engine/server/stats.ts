/** What a node counts: INFO stats, CONFIG RESETSTAT. */
import {Rate} from './rates.js'

export class Stats {
  totalConnections = 0
  rejectedConnections = 0
  totalCommands = 0
  netInputBytes = 0
  netOutputBytes = 0
  readsProcessed = 0
  writesProcessed = 0
  expiredKeys = 0
  keyspaceHits = 0
  keyspaceMisses = 0
  fullSyncs = 0
  partialSyncsAccepted = 0
  partialSyncsRefused = 0
  totalErrorReplies = 0
  unexpectedErrorReplies = 0
  /** For INFO's `instantaneous_…`; sampled by node/client-cron.ts. */
  readonly commandRate = new Rate()
  readonly inputRate = new Rate()
  readonly outputRate = new Rate()
  /** Error replies by their first word: INFO errorstats. */
  readonly errors = new Map<string, number>()

  /** CONFIG RESETSTAT. */
  reset(): void {
    const fresh = new Stats()
    const {errors, ...others} = fresh
    Object.assign(this, others)
    this.errors.clear()
    for (const [code, count] of errors) this.errors.set(code, count)
  }

  countError(text: string): void {
    const code = /^[A-Z]+/.exec(text)?.[0] ?? 'ERR'
    this.totalErrorReplies++
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1)
  }
}
