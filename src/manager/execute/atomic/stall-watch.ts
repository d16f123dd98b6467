/** Notices when jobs no longer come nearer to their end. Pure: the time is an argument. */
import type {SlotJob} from './driver.js'

interface Seen {
  readonly phase: string
  readonly fewestBytes: number
  readonly sinceMs: number
}

/**
 * A stream that clients fill as fast as it drains goes up and down for ever. Progress is a new phase, or fewer bytes left than
 * ever before in this one.
 */
export class StallWatch {
  readonly #limitMs: number
  readonly #seen = new Map<string, Seen>()

  constructor(limitMs: number) {
    this.#limitMs = limitMs
  }

  /** The first job that could go on for ever and has made no progress for longer than the limit. */
  stalled(jobs: readonly SlotJob[], nowMs: number): SlotJob | undefined {
    let found: SlotJob | undefined
    for (const job of jobs) {
      const before = this.#seen.get(job.id)
      const bytes = job.bytesLeft ?? Infinity
      if (before?.phase !== job.phase || !job.mayStall || bytes < before.fewestBytes) {
        this.#seen.set(job.id, {phase: job.phase, fewestBytes: bytes, sinceMs: nowMs})
      } else if (nowMs - before.sinceMs > this.#limitMs) found ??= job
    }
    return found
  }
}
