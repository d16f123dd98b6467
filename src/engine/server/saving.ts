/** What a node keeps on disk of its data: RDB files by command, by save point and at the end, and the AOF beside them. */
import {type Database} from '../keyspace/database.js'
import {RdbImage} from '../persistence/rdb-image.js'
import {type AuxFields, Snapshot} from '../persistence/snapshot.js'
import {type FileEffect, type LogLevel, type Storage} from '../ports.js'
import {AppendOnlyFile} from './append-only-file.js'
import {type Config} from './config.js'
import {ImageFile, writeImageNow} from './image-file.js'
import {type SlotMigrations} from '../slot-migration/slot-migrations.js'
import {type Propagation} from './propagation.js'
import {parseSavePoints, type SavePoint} from './save-points.js'
import {ENGINE_VERSION} from './version.js'

/** After a save that failed, not again before this. */
const RETRY_MS = 5000
const BGSAVE_FAILED =
  "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that may modify the data set are disabled, because this instance is configured to report errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB error."

export interface SavingHost {
  readonly nowMs: number
  readonly processId: number
  readonly config: Config
  readonly databases: readonly Database[]
  readonly files: FileEffect[]
  readonly propagation: Propagation
  readonly slotMigrations: SlotMigrations | undefined
  readonly memory: {readonly usedBytes: number}
  /** The node's folder, for what must be done before a command ends; a node without one keeps nothing. */
  readonly storage: Storage | undefined
  dirty: number
  /** What a command that writes is refused with while the data cannot be kept. */
  diskRefusal: string | undefined
  log(level: LogLevel, text: string): void
}

/** What SHUTDOWN asks of it. */
export interface FinalSave {
  /** SAVE, NOSAVE, or what the save points say. */
  readonly save: 'yes' | 'no' | 'as-configured'
  /** What cannot be saved does not keep the node. */
  readonly isForced: boolean
}

interface BackgroundSave {
  readonly image: ImageFile
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
  #lastTryMs = -Infinity
  /** Unix ms of the last successful save; at first of the start. */
  lastSaveMs: number
  lastBackgroundSeconds = -1
  lastBackgroundFailed = false
  /** SAVE and BGSAVE since the start, however they went. */
  saves = 0
  /** Of the file that was loaded last. */
  keysLoaded = 0
  keysExpired = 0

  constructor(host: SavingHost, aux: () => AuxFields) {
    this.#host = host
    this.#aux = aux
    this.lastSaveMs = host.nowMs
    const changed = (): void => this.#decideRefusal()
    const base = {aux: () => this.auxFields(true), commands: () => host.slotMigrations?.importCommands() ?? []}
    this.aof = new AppendOnlyFile(host, base, changed)
    host.config.watch('save', (text) => {
      this.#points = parseSavePoints(text)
      this.#decideRefusal()
    })
    host.config.watch('stop-writes-on-bgsave-error', changed)
  }

  get isSaving(): boolean {
    return this.#background !== undefined
  }

  /** Somebody is reading the data of a moment: for a file, for replicas, for the new owner of slots. One at a time. */
  get isSnapshotRunning(): boolean {
    return this.#host.databases.some(({observer}) => observer !== undefined)
  }

  get hasSavePoints(): boolean {
    return this.#points.length > 0
  }

  /** There is a slice to be written now; otherwise the disk is waited for, or nothing is being written. */
  get wantsTurn(): boolean {
    return this.#background?.image.wantsTurn === true || this.aof.wantsTurn
  }

  get backgroundStartedMs(): number | undefined {
    return this.#background?.startedMs
  }

  /** The snapshot that is being written. */
  get snapshot(): Snapshot | undefined {
    return this.#background?.image.snapshot ?? this.aof.rewriteSnapshot
  }

  /** What every RDB file says of itself; `aof-base` is the last. */
  auxFields(isAofBase: boolean): AuxFields {
    // Our own, which other servers pass over: these keys are to stay hidden.
    const imports = this.#host.slotMigrations?.describeImports() ?? ''
    return [
      ['redis-ver', ENGINE_VERSION.redis],
      ['redis-bits', '64'],
      ['ctime', String(Math.floor(this.#host.nowMs / 1000))],
      ['used-mem', String(this.#host.memory.usedBytes)],
      ...(imports === '' ? [] : [['slot-import', imports] as const]),
      ['aof-base', isAofBase ? '1' : '0'],
    ]
  }

  /** SAVE. @returns in the system's words why it could not be, or undefined when it is done */
  save(): string | undefined {
    const {storage, processId, config, databases} = this.#host
    if (storage === undefined) return undefined
    const snapshot = new Snapshot(databases, this.#aux(), {format: this.#format(), isImmediate: true})
    const temporary = `temp-${processId}-now.rdb`
    const written = writeImageNow(storage, snapshot, {temporary, target: config.text('dbfilename')})
    if ('error' in written) {
      this.#host.log('warning', `Failed opening the temp RDB file ${temporary} for saving: ${written.error}`)
      return written.error
    }
    this.#host.log('notice', 'DB saved on disk')
    this.#saved(this.#host.dirty)
    return undefined
  }

  /** BGSAVE; nothing else may be being written. */
  saveInBackground(): void {
    const {files, processId, databases, nowMs, dirty, config, propagation} = this.#host
    // What is in the data is to be in the offset that the file says they stand at.
    propagation.commit()
    const snapshot = new Snapshot(databases, this.#aux(), {format: this.#format()})
    const temporary = `temp-${processId}.rdb`
    const image = new ImageFile({files, snapshot, temporary, syncsOften: config.flag('rdb-save-incremental-fsync')})
    this.#background = {image, startedMs: nowMs, dirtyBefore: dirty}
    this.#lastTryMs = nowMs
    this.#isScheduled = false
    this.saves++
    this.#host.log('notice', `Background saving started by pid ${processId}`)
  }

  /** BGSAVE SCHEDULE while something else is being written. */
  schedule(): void {
    this.#isScheduled = true
  }

  /** All data are about to go, or the node is: files that are half written are of no use. */
  abandonBackgroundWork(): void {
    this.aof.abandonRewrite()
    this.#abandonSave()
  }

  /** A full sync has put other data in place: the AOF begins anew from them. */
  dataReplaced(): void {
    this.aof.begin()
  }

  /** FLUSHALL: what a save in hand would tell is of no use; with save points an empty file takes the place of the old one. */
  flushed(): void {
    this.#abandonSave()
    if (this.hasSavePoints) this.save()
  }

  /**
   * Before SHUTDOWN ends the node. Source: Redis' finishShutdown.
   * @returns false when something keeps it running
   */
  beforeShutdown({save, isForced}: FinalSave): boolean {
    // Without it the data would be lost: what is on disk is older, or nothing.
    if (this.aof.isWritingFirst && this.#prevents('Writing initial AOF', isForced)) return false
    this.#abandonForShutdown()
    if (this.aof.isOn) {
      this.#host.log('notice', 'Calling fsync() on the AOF file.')
      this.aof.writer.syncNow()
    }
    if (save === 'no' || (save === 'as-configured' && !this.hasSavePoints)) return true
    this.#host.log('notice', 'Saving the final RDB snapshot before exiting.')
    return this.save() === undefined || !this.#prevents('Error trying to save the DB', isForced)
  }

  /** Every 100 ms: save points, scheduled saves, the AOF's own times. */
  tick(): void {
    this.aof.tick()
    if (this.isSnapshotRunning || this.isSaving || this.aof.isRewriting) return
    const {nowMs, dirty} = this.#host
    const mayTry = !this.lastBackgroundFailed || nowMs - this.#lastTryMs > RETRY_MS
    if (!mayTry) return
    const due = this.#points.find(({seconds, changes}) => dirty >= changes && nowMs - this.lastSaveMs > seconds * 1000)
    if (due !== undefined) {
      this.#host.log('notice', `${due.changes} changes in ${due.seconds} seconds. Saving...`)
      this.saveInBackground()
    } else if (this.#isScheduled) this.saveInBackground()
  }

  /** At the end of each turn: a slice of what is being written in the background. */
  work(): void {
    this.aof.work()
    const background = this.#background
    if (background === undefined) return
    const {image} = background
    image.work()
    if (image.error !== undefined) this.#fail(image.error)
    else if (image.isWritten) image.publish(this.#host.config.text('dbfilename'))
    else if (image.isPublished) this.#finish(background)
  }

  #prevents(what: string, isForced: boolean): boolean {
    this.#host.log('warning', isForced ? `${what}. Exit anyway.` : `${what}, can't exit.`)
    return !isForced
  }

  #abandonForShutdown(): void {
    if (this.isSaving) this.#host.log('warning', 'There is a child saving an .rdb. Killing it!')
    if (this.aof.rewriteStartedMs !== undefined) {
      this.#host.log('warning', 'There is a child rewriting the AOF. Killing it!')
      this.#host.log('notice', `Killing running AOF rewrite child: ${this.#host.processId}`)
    }
    this.abandonBackgroundWork()
  }

  #finish({startedMs, dirtyBefore}: BackgroundSave): void {
    this.#background = undefined
    this.lastBackgroundSeconds = Math.floor((this.#host.nowMs - startedMs) / 1000)
    this.#host.log('notice', 'DB saved on disk')
    this.#saved(dirtyBefore)
    this.#host.log('notice', 'Background saving terminated with success')
  }

  #fail(error: string): void {
    this.#host.log('warning', `Failed opening or writing the temp RDB file for saving: ${error}`)
    this.lastBackgroundSeconds = Math.floor((this.#host.nowMs - this.#background!.startedMs) / 1000)
    this.#abandonSave()
    this.lastBackgroundFailed = true
    this.#decideRefusal()
    this.#host.log('warning', 'Background saving error')
  }

  #abandonSave(): void {
    this.#background?.image.abandon()
    this.#background = undefined
  }

  #saved(changes: number): void {
    this.#host.dirty -= changes
    this.lastSaveMs = this.#host.nowMs
    this.lastBackgroundFailed = false
    this.#decideRefusal()
  }

  /** Source: Redis' writeCommandsDeniedByDiskError. */
  #decideRefusal(): void {
    const {config} = this.#host
    const {error, isOn} = {error: this.aof.writer.error, isOn: this.aof.isOn}
    if (this.lastBackgroundFailed && this.hasSavePoints && config.flag('stop-writes-on-bgsave-error')) {
      this.#host.diskRefusal = BGSAVE_FAILED
    } else if (isOn && error !== undefined) {
      this.#host.diskRefusal = `MISCONF Errors writing to the AOF file: ${error}`
    } else this.#host.diskRefusal = undefined
  }

  #format(): RdbImage {
    const {config} = this.#host
    return new RdbImage({compresses: config.flag('rdbcompression'), hasChecksum: config.flag('rdbchecksum')})
  }
}
