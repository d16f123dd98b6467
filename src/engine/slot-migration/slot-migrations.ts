/** All migrations of one node, running and past, newest first: started, fed, watched, ended, forgotten. */
import {hexDigits} from '../chance.js'
import {NODE_ID_LENGTH, type NodeId} from '../../model/node-id.js'
import {SlotSet, type SlotRange} from '../../model/slot-set.js'
import {type SlotId} from '../../model/slot.js'
import {type Bytes} from '../ports.js'
import {ExportJob} from './export-job.js'
import {type Brakes, type ImportPeer, type MigrationHost} from './host.js'
import {ImportJob} from './import-job.js'
import {type Job, syncSlots} from './job.js'
import {formatRanges, parseRanges} from './slot-ranges.js'

export interface ExportRequest {
  readonly ranges: readonly SlotRange[]
  readonly target: NodeId
}

export interface ImportRequest {
  readonly name: string
  readonly ranges: readonly SlotRange[]
  readonly source: NodeId | undefined
}

export class SlotMigrations {
  readonly #host: MigrationHost
  readonly #jobs: (ExportJob | ImportJob)[] = []
  #ownersVersion: number
  #isStreaming = false
  #isHolding = false

  constructor(host: MigrationHost) {
    this.#host = host
    this.#ownersVersion = host.ownersVersion
  }

  /** DEBUG SLOTMIGRATION. */
  get brakes(): Brakes {
    return this.#host.brakes
  }

  /** Newest first. */
  get jobs(): readonly Job[] {
    return this.#jobs
  }

  /** Some job still has something to do. */
  get isBusy(): boolean {
    return this.#jobs.some(({isFinished}) => !isFinished)
  }

  get isExporting(): boolean {
    return this.#exports().some(({isFinished}) => !isFinished)
  }

  find(name: string): Job | undefined {
    return this.#jobs.find(({facts}) => facts.name === name)
  }

  isSlotExporting(slot: SlotId): boolean {
    return this.#exports().some((job) => !job.isFinished && job.slots.has(slot))
  }

  isSlotImporting(slot: SlotId): boolean {
    return this.#imports().some((job) => !job.isFinished && job.slots.has(slot))
  }

  /** MIGRATESLOTS, its arguments checked. `user`: who asked, for the log. */
  startExports(requests: readonly ExportRequest[], user: string): void {
    const {rng, myId} = this.#host
    for (const {ranges, target} of requests) {
      const name = hexDigits(rng, NODE_ID_LENGTH)
      const facts = {operation: 'EXPORT', name, ranges, source: myId, target} as const
      const job = new ExportJob(this.#host, facts, () => this.#settle())
      this.#host.log(
        'notice',
        `Slot migration initiated through CLUSTER MIGRATESLOTS command: ${job.description} (user request from '${user}')`,
      )
      this.#jobs.unshift(job)
    }
  }

  /** ESTABLISH, its arguments checked. Without a peer the import is only kept track of. */
  startImport({name, ranges, source}: ImportRequest, peer: ImportPeer | undefined): ImportJob {
    const isOurs = peer !== undefined
    const facts = {
      operation: 'IMPORT',
      ...{name, ranges, source: isOurs ? source : undefined, target: isOurs ? this.#host.myId : undefined},
    } as const
    const job = new ImportJob(this.#host, facts, peer, () => this.#settle())
    this.#jobs.unshift(job)
    this.#settle()
    return job
  }

  /** CANCELSLOTMIGRATIONS. @returns false when there is nothing to cancel */
  cancelExports(user: string): boolean {
    if (!this.isExporting) return false
    for (const job of this.#exports()) if (job.isInProgress) job.finish('cancelled')
    this.#host.log('notice', `Canceled all in progress slot migrations (user request from '${user}')`)
    return true
  }

  /** FLUSHALL: neither copy nor stream would know of it. */
  dataFlushed(): void {
    for (const job of this.#jobs) if (job.isInProgress) job.finish('failed', 'Data was flushed')
  }

  /** This node is a primary from now on, or a replica. */
  roleChanged(isReplica: boolean): void {
    if (isReplica) for (const job of this.#imports()) job.demoted()
    else this.#failImports('A failover occurred during slot import')
  }

  /** A replica's data go: those of its primary come. */
  dataReplaced(): void {
    this.#failImports('Full resynchronization occurred')
  }

  /** Memory is full: an import is the last thing that may take more. */
  outOfMemory(): void {
    for (const job of this.#imports()) {
      if (!job.isInProgress || job.isTracking) continue
      this.#host.log('warning', `Slot migration ${job.description} failed due to OOM`)
      job.finish('failed', 'Ran out of memory (OOM) during slot import')
    }
  }

  /** What an RDB file must say of the imports whose keys are in it; empty without any. */
  describeImports(): Bytes {
    return this.#unfinishedImports()
      .map(({facts}) => `${facts.name} ${formatRanges(facts.ranges)}`)
      .join(';')
  }

  /** The same for an AOF whose base is made of commands: the oldest import first. */
  importCommands(): (readonly Bytes[])[] {
    return this.#unfinishedImports()
      .reverse()
      .map(({facts: {name, ranges}}) => [
        ...syncSlots('ESTABLISH'),
        ...['NAME', name, 'SLOTSRANGE', ...ranges.flat().map(String)],
      ])
  }

  /** The same, read from an RDB file. What is not understood is passed over: its keys would only be seen too early. */
  restoreImports(text: Bytes): void {
    for (const part of text.split(';').reverse()) {
      const at = part.indexOf(' ')
      const ranges = at === NODE_ID_LENGTH ? parseRanges(part.slice(at + 1)) : undefined
      const name = part.slice(0, at)
      if (ranges === undefined || this.find(name) !== undefined) continue
      this.startImport({name, ranges, source: undefined}, undefined)
    }
  }

  /** The node has read its files: a primary's imports did not survive its end. */
  loaded(): void {
    if (!this.#host.isPrimary) return
    this.#failImports('Process restarted')
    for (const job of this.#imports()) job.advance()
  }

  /** A write to a key of this slot (-1: of none) has been executed. Called while `streamWanted`. */
  append(slot: SlotId, argv: readonly Bytes[]): void {
    if (slot < 0) return
    for (const job of this.#jobs) if (job instanceof ExportJob && job.isFed && job.slots.has(slot)) job.append(argv)
  }

  /** Every 100 ms. */
  tick(): void {
    for (const job of this.#jobs) if (!job.isFinished) job.tick()
    this.#forgetOldest(this.#host.config.number('cluster-slot-migration-log-max-len'))
  }

  /** At the end of each turn. Jobs may end meanwhile, and none is added. */
  beforeSleep(): void {
    if (this.#jobs.length === 0) return
    const {ownersVersion} = this.#host
    if (ownersVersion !== this.#ownersVersion) {
      this.#ownersVersion = ownersVersion
      for (const job of this.#jobs) job.ownersChanged()
    }
    for (const job of this.#jobs) if (!job.isFinished) job.advance()
  }

  /** The very last of a turn. */
  flush(): void {
    for (const job of this.#exports()) if (!job.isFinished) job.flush()
  }

  get nextWakeMs(): number {
    let earliest = Infinity
    for (const job of this.#exports()) if (!job.isFinished) earliest = Math.min(earliest, job.nextWakeMs)
    return earliest
  }

  #exports(): ExportJob[] {
    return this.#jobs.filter((job) => job instanceof ExportJob)
  }

  #imports(): ImportJob[] {
    return this.#jobs.filter((job) => job instanceof ImportJob)
  }

  #unfinishedImports(): ImportJob[] {
    return this.#imports().filter(({isFinished}) => !isFinished)
  }

  #failImports(message: string): void {
    for (const job of this.#imports()) if (job.isInProgress) job.finish('failed', message)
  }

  /** Finished jobs go, the oldest first, while there are more than `most` of all. */
  #forgetOldest(most: number): void {
    for (let at = this.#jobs.length - 1; at >= 0 && this.#jobs.length > most; at--) {
      if (this.#jobs[at]!.isFinished) this.#jobs.splice(at, 1)
    }
  }

  /** What the jobs need of the node, taken together: the stream, held writes, hidden slots. */
  #settle(): void {
    const host = this.#host
    const isFed = this.#exports().some((job) => job.isFed)
    if (isFed !== this.#isStreaming) host.streamWanted((this.#isStreaming = isFed))
    const holds = this.#exports().some(({pauseEndMs}) => pauseEndMs > 0)
    if (this.#isHolding && !holds) host.resumeWrites()
    this.#isHolding = holds
    let hidden = SlotSet.EMPTY
    for (const job of this.#imports()) if (!job.isFinished) hidden = hidden.union(job.slots)
    host.databases[0]!.hiddenSlots = hidden.size === 0 ? undefined : hidden
  }
}
