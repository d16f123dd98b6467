/** What a node keeps on disk of its data: RDB files by command, by save point and at the end, and the AOF beside them. */
import {type Database} from '../keyspace/database.js'
import {type AuxFields, Snapshot} from '../persistence/snapshot.js'
import {type FileEffect, type LogLevel} from '../ports.js'
import {AppendOnlyFile} from './append-only-file.js'
import {type Config} from './config.js'
import {type Propagation} from './propagation.js'
import {parseSavePoints, type SavePoint} from './save-points.js'
import {ENGINE_VERSION} from './version.js'

/** A slice of a background save: about a millisecond. */
const SLICE_BYTES = 256 * 1024
/** After a save that failed, not again before this. */
const RETRY_MS = 5000
export const SAVE_IN_PROGRESS = 'ERR Background save already in progress'

export interface SavingHost {
  readonly nowMs: number
  readonly processId: number
  readonly config: Config
  readonly databases: readonly Database[]
  readonly files: FileEffect[]
  readonly propagation: Propagation
  dirty: number
  log(level: LogLevel, text: string): void
}

interface BackgroundSave {
  readonly snapshot: Snapshot
  readonly temporary: string
  readonly startedMs: number
  readonly dirtyBefore: number
}

export class Saving {
  readonly #host: SavingHost
  /** AUX fields of a file that a restart is to go on from. */
  readonly #aux: () => AuxFields
  readonly aof: AppendOnlyFile
  #points: readonly SavePoint[] = []
  #background: BackgroundSave | undefined
  #isScheduled = false
  #lastTryMs = 0
  /** Unix ms of the last successful save; at first of the start. */
  lastSaveMs: number
  lastBackgroundSeconds = -1
  /** Saves since the start. */
  saves = 0
  /** Of the file that was loaded at the start. */
  keysLoaded = 0
  keysExpired = 0

  constructor(host: SavingHost, aux: () => AuxFields) {
    this.#host = host
    this.#aux = aux
    this.lastSaveMs = host.nowMs
    this.aof = new AppendOnlyFile(host, () => this.auxFields(true))
    host.config.watch('save', (text) => (this.#points = parseSavePoints(text)))
  }

  get isSaving(): boolean {
    return this.#background !== undefined
  }

  get isScheduled(): boolean {
    return this.#isScheduled
  }

  get hasSavePoints(): boolean {
    return this.#points.length > 0
  }

  get hasWork(): boolean {
    return this.isSaving || this.aof.isRewriting
  }

  get backgroundStartedMs(): number | undefined {
    return this.#background?.startedMs
  }

  get keysTotal(): number {
    return this.#background?.snapshot.keysTotal ?? 0
  }

  get keysWritten(): number {
    return this.#background?.snapshot.keysWritten ?? 0
  }

  /** What every RDB file says of itself; `aof-base` is the last. */
  auxFields(isAofBase: boolean): AuxFields {
    return [
      ['redis-ver', ENGINE_VERSION.redis],
      ['redis-bits', '64'],
      ['ctime', String(Math.floor(this.#host.nowMs / 1000))],
      ['aof-base', isAofBase ? '1' : '0'],
    ]
  }

  /** SAVE. @returns an error, or undefined when it is done (at the end of this turn, before any reply) */
  save(): string | undefined {
    if (this.aof.isRewriting) {
      // Only one snapshot at a time, and somebody waits for this one.
      this.aof.abandonRewrite()
      this.aof.scheduleRewrite()
    }
    if (this.#isSnapshotRunning()) return SAVE_IN_PROGRESS
    const {files, config} = this.#host
    const snapshot = new Snapshot(this.#host.databases, this.#aux())
    const pieces: Uint8Array[] = []
    while (!snapshot.isDone) pieces.push(snapshot.next(SLICE_BYTES))
    files.push({kind: 'replace', name: config.text('dbfilename'), bytes: Buffer.concat(pieces)})
    this.#saved(this.#host.dirty)
    this.#host.log('notice', 'DB saved on disk')
    return undefined
  }

  /** BGSAVE. @returns an error, or undefined when it has begun */
  saveInBackground(): string | undefined {
    if (this.#isSnapshotRunning()) return SAVE_IN_PROGRESS
    const {files, processId, databases, nowMs, dirty} = this.#host
    const temporary = `temp-${processId}.rdb`
    files.push({kind: 'remove', name: temporary})
    const snapshot = new Snapshot(databases, this.#aux())
    this.#background = {snapshot, temporary, startedMs: nowMs, dirtyBefore: dirty}
    this.#lastTryMs = nowMs
    this.#isScheduled = false
    this.#host.log('notice', 'Background saving started')
    return undefined
  }

  /** BGSAVE SCHEDULE while something else is being written. */
  schedule(): void {
    this.#isScheduled = true
  }

  /** All data are about to go, or the node is: files that are half written are of no use. */
  abandonBackgroundWork(): void {
    this.aof.abandonRewrite()
    if (this.#background === undefined) return
    this.#background.snapshot.abandon()
    this.#host.files.push({kind: 'remove', name: this.#background.temporary})
    this.#background = undefined
  }

  /** A full sync has put other data in place: the AOF begins anew from them. */
  dataReplaced(): void {
    this.aof.begin()
  }

  /**
   * Before SHUTDOWN ends the node.
   * @returns an error that keeps it running
   */
  beforeShutdown(save: 'yes' | 'no' | 'as-configured'): string | undefined {
    this.abandonBackgroundWork()
    this.aof.flush()
    this.aof.sync()
    if (save === 'no' || (save === 'as-configured' && !this.hasSavePoints)) return undefined
    this.#host.log('notice', 'Saving the final RDB snapshot before exiting.')
    return this.save()
  }

  /** Every 100 ms: save points, scheduled saves, the AOF's own times. */
  tick(): void {
    this.aof.tick(this.#isSnapshotRunning())
    if (this.#isSnapshotRunning() || this.aof.isRewriting) return
    if (this.#isScheduled) return void this.saveInBackground()
    const {nowMs, dirty} = this.#host
    const due = this.#points.find(({seconds, changes}) => dirty >= changes && nowMs - this.lastSaveMs > seconds * 1000)
    if (due === undefined || nowMs - this.#lastTryMs < RETRY_MS) return
    this.#host.log('notice', `${due.changes} changes in ${due.seconds} seconds. Saving...`)
    this.saveInBackground()
  }

  /** At the end of each turn: a slice of what is being written in the background. */
  work(): void {
    this.aof.work()
    const background = this.#background
    if (background === undefined) return
    const {files, config, nowMs} = this.#host
    const {snapshot, temporary, startedMs, dirtyBefore} = background
    files.push({kind: 'append', name: temporary, bytes: snapshot.next(SLICE_BYTES)})
    if (!snapshot.isDone) return
    files.push({kind: 'sync', name: temporary})
    files.push({kind: 'rename', from: temporary, to: config.text('dbfilename')})
    this.#background = undefined
    this.lastBackgroundSeconds = Math.floor((nowMs - startedMs) / 1000)
    this.#saved(dirtyBefore)
    this.#host.log('notice', 'Background saving terminated with success')
  }

  #saved(changes: number): void {
    this.#host.dirty -= changes
    this.lastSaveMs = this.#host.nowMs
    this.saves++
  }

  #isSnapshotRunning(): boolean {
    return this.#host.databases.some(({observer}) => observer !== undefined)
  }
}
