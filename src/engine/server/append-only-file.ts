/** The AOF of a node: every write, in order, in files that a real server reads too. */
import {applyFile} from '../apply-turn.js'
import {type Database} from '../keyspace/database.js'
import {type AofFile, type AofManifest, formatManifest} from '../persistence/aof-manifest.js'
import {CommandImage} from '../persistence/command-image.js'
import {type ImageFormat} from '../persistence/image-format.js'
import {RdbImage} from '../persistence/rdb-image.js'
import {type AuxFields, Snapshot} from '../persistence/snapshot.js'
import {type Bytes, type FileEffect, type LogLevel, type Storage} from '../ports.js'
import {AofWriter} from './aof-writer.js'
import {type Config} from './config.js'
import {ImageFile, writeImageNow} from './image-file.js'
import {type Propagation, type StreamSink} from './propagation.js'
import {RewriteLimit} from './rewrite-limit.js'

const GROWTH_CHECK_MS = 1000
const EMPTY: AofManifest = {base: undefined, increments: [], history: []}

export interface AppendOnlyHost {
  readonly nowMs: number
  readonly processId: number
  readonly config: Config
  readonly databases: readonly Database[]
  readonly files: FileEffect[]
  readonly propagation: Propagation
  /** The node's folder, for what must be known to be done; a node without one keeps nothing. */
  readonly storage: Storage | undefined
  log(level: LogLevel, text: string): void
}

/** What a base says besides the data. */
export interface BaseHead {
  /** As an RDB file. */
  readonly aux: () => AuxFields
  /** As commands. */
  readonly commands: () => readonly (readonly Bytes[])[]
}

interface Rewrite {
  readonly image: ImageFile
  readonly base: AofFile
  /** Undefined while AOF is off. */
  readonly increment: AofFile | undefined
  readonly startedMs: number
  step: 'imaging' | 'publishing' | 'recording' | 'recorded'
  /** What the manifest named before it was recorded anew, and why that could not be. */
  former: AofManifest
  failure: string | undefined
}

/**
 * A base (an RDB file, or commands) and increments (commands). A rewrite opens a new increment at the moment of its snapshot; what
 * the manifest names is complete at every instant, so that the data survive an end at any time. Source: persistence.md §8.
 */
export class AppendOnlyFile implements StreamSink {
  readonly wantsOnlyData = true
  readonly #host: AppendOnlyHost
  readonly #base: BaseHead
  readonly writer: AofWriter
  readonly #limit = new RewriteLimit()
  #manifest = EMPTY
  #isWanted = false
  /** Commands are being appended. */
  #isAppending = false
  #rewrite: Rewrite | undefined
  #isRewriteScheduled = false
  /** The files of before are being removed, and after that the manifest is written without them. */
  #isCleaning = false
  /** The data in the files are no longer ours: the next rewrite replaces all of them. */
  #isStale = false
  /** Of the newest increment there ever was: a file that is still to be removed must not take a new one of its name with it. */
  #lastSequence = 0
  #checkedAtMs = 0
  /** Bytes of all files, of all files after the last rewrite, and of the increments since it began. */
  currentBytes = 0
  baseBytes = 0
  #incrementBytes = 0
  rewrites = 0
  lastRewriteSeconds = -1
  lastRewriteFailed = false

  /** @param stateChanged told when writes begin to fail, or work again */
  constructor(host: AppendOnlyHost, base: BaseHead, stateChanged: () => void) {
    this.#host = host
    this.#base = base
    this.writer = new AofWriter(host, stateChanged)
  }

  get isOn(): boolean {
    return this.#isWanted
  }

  /** Also while its history is being removed: a manifest that is still to be written must not take the place of a newer one. */
  get isRewriting(): boolean {
    return this.#rewrite !== undefined || this.#isCleaning
  }

  get isRewriteScheduled(): boolean {
    return this.#isRewriteScheduled
  }

  get rewriteStartedMs(): number | undefined {
    return this.#rewrite?.startedMs
  }

  get rewriteSnapshot(): Snapshot | undefined {
    return this.#rewrite?.image.snapshot
  }

  get consecutiveFailures(): number {
    return this.#limit.failures
  }

  /** All that is on disk of the data is still on its way there. */
  get isWritingFirst(): boolean {
    return this.#isStale && this.#rewrite !== undefined
  }

  /** There is a slice to be written now. */
  get wantsTurn(): boolean {
    return this.#rewrite?.image.wantsTurn === true || this.#rewrite?.step === 'recorded'
  }

  /** Follows the directive from now on; called when the node has booted. */
  watchConfig(): void {
    this.#host.config.applyChanges(['appendonly'], () => {
      const isWanted = this.#host.config.flag('appendonly')
      if (isWanted === this.#isWanted) return undefined
      return isWanted ? this.#turnOn() : this.#turnOff()
    })
  }

  /** Goes on with the files that were loaded at the start. `bytes`: of all of them, of the base. */
  resume(manifest: AofManifest, bytes: {readonly all: number; readonly base: number}): void {
    this.#manifest = manifest
    this.currentBytes = bytes.all
    this.baseBytes = bytes.base
    this.#lastSequence = Math.max(0, ...[...manifest.increments, ...manifest.history].map(({sequence}) => sequence))
    let increment = manifest.increments.at(-1)
    if (increment === undefined) {
      increment = this.#nextIncrement()
      this.#manifest = {...this.#manifest, increments: [increment]}
      this.#host.log('notice', `Creating AOF incr file ${increment.name} on server start`)
      this.#host.files.push({kind: 'remove', name: this.#path(increment.name)})
      this.#host.files.push({kind: 'append', name: this.#path(increment.name), bytes: new Uint8Array(0)})
      this.#host.files.push(this.#manifestEffect())
    } else this.#host.log('notice', `Opening AOF incr file ${increment.name} on server start`)
    this.#removeHistory()
    this.#isWanted = true
    this.#startAppending(increment)
  }

  /**
   * The first files of a node that has none: a base of the data as they are, and an increment.
   * @returns in the system's words why they could not be made
   */
  create(storage: Storage): string | undefined {
    const {databases, processId, files} = this.#host
    const base = this.#baseFile(1)
    const snapshot = new Snapshot(databases, this.#base.aux(), {format: this.#format(), isImmediate: true})
    const names = {temporary: `temp-rewriteaof-${processId}.aof`, target: this.#path(base.name)}
    const increment = this.#nextIncrement()
    // What a node left that never got as far as a manifest. And it makes the folder.
    storage.remove(this.#path(increment.name))
    storage.append(this.#path(increment.name), new Uint8Array(0))
    const written = writeImageNow(storage, snapshot, names)
    if ('error' in written) return written.error
    this.#manifest = {base, increments: [increment], history: []}
    files.push(this.#manifestEffect())
    this.#host.log('notice', `Creating AOF base file ${base.name} on server start`)
    this.#host.log('notice', `Creating AOF incr file ${increment.name} on server start`)
    // As in Redis, which counts this base only when it is loaded.
    this.currentBytes = this.baseBytes = 0
    this.#isWanted = true
    this.#startAppending(increment)
    return undefined
  }

  /** A full sync has put other data in place: begins anew from them, now or as soon as the disk allows it. */
  begin(): void {
    if (!this.#isWanted && !this.#host.config.flag('appendonly')) return
    this.#beginAnew()
  }

  /** BGREWRITEAOF that has to wait, of an AOF that is off too. Whoever asks does not wait for failures of before to be forgotten. */
  scheduleRewrite(): void {
    this.#isRewriteScheduled = true
    this.#limit.failures = 0
  }

  append(db: number, argv: readonly Bytes[]): void {
    this.writer.append(db, argv)
  }

  /** When a turn begins: what has become of the writes of the last one. */
  look(): void {
    this.writer.look()
    this.#count()
  }

  /** The last thing in a turn: what was executed is in the file before anybody is told. */
  flush(isForced = false): void {
    this.writer.flush({isForced, sparesSync: this.#sparesSync})
    this.#count()
  }

  #count(): void {
    const written = this.writer.takeWritten()
    this.currentBytes += written
    this.#incrementBytes += written
  }

  /** Every 100 ms. */
  tick(): void {
    const {nowMs} = this.#host
    this.writer.tick({sparesSync: this.#sparesSync})
    if (this.isRewriting || this.#isSnapshotRunning) return
    if (nowMs - this.#checkedAtMs >= GROWTH_CHECK_MS) this.#checkGrowth()
    if (this.#isRewriteScheduled && !this.#isHeldBack()) this.startRewrite()
  }

  /**
   * No snapshot may be running. Source: Redis' rewriteAppendOnlyFileBackground.
   * @returns why it could not begin, in the system's words; the log has it
   */
  startRewrite(): string | undefined {
    const {databases, processId, nowMs, files, config} = this.#host
    this.#isRewriteScheduled = false
    const increment = this.#isWanted ? this.#nextIncrement() : undefined
    const error = increment === undefined ? undefined : this.#openIncrement(increment)
    if (error !== undefined) {
      this.#noteFailure()
      return error
    }
    const base = this.#baseFile((this.#manifest.base?.sequence ?? 0) + 1)
    const snapshot = new Snapshot(databases, this.#base.aux(), {format: this.#format()})
    const temporary = `temp-rewriteaof-bg-${processId}.aof`
    const image = new ImageFile({files, snapshot, temporary, syncsOften: config.flag('aof-rewrite-incremental-fsync')})
    this.#rewrite = {image, base, increment, startedMs: nowMs, step: 'imaging', former: EMPTY, failure: undefined}
    this.#incrementBytes = 0
    this.rewrites++
    this.#host.log('notice', `Background append only file rewriting started by pid ${processId}`)
    return undefined
  }

  /** A slice of the rewrite, or what is to be done after it. */
  work(): void {
    const rewrite = this.#rewrite
    if (rewrite === undefined) return
    const {image} = rewrite
    image.work()
    if (image.error !== undefined) return this.#failRewrite(image.error)
    if (image.isWritten) {
      this.#host.log('notice', `Successfully created the temporary AOF base file ${image.temporary}`)
      this.#host.log('notice', 'Background AOF rewrite terminated with success')
      // Makes the folder where no increment did.
      this.#host.files.push({kind: 'append', name: this.#path(rewrite.base.name), bytes: new Uint8Array(0)})
      rewrite.step = 'publishing'
      image.publish(this.#path(rewrite.base.name))
    } else if (image.isPublished && rewrite.step === 'publishing') this.#record(rewrite)
    else if (rewrite.step === 'recorded') this.#finishRewrite(rewrite)
  }

  abandonRewrite(): void {
    if (this.#rewrite === undefined) return
    const {image, increment} = this.#rewrite
    image.abandon()
    this.#rewrite = undefined
    if (!this.#isStale) return
    this.#stopAppending()
    // No manifest names it.
    if (increment !== undefined) this.#host.files.push({kind: 'remove', name: this.#path(increment.name)})
  }

  get #sparesSync(): boolean {
    return this.#host.config.flag('no-appendfsync-on-rewrite') && (this.isRewriting || this.#isSnapshotRunning)
  }

  get #isSnapshotRunning(): boolean {
    return this.#host.databases.some(({observer}) => observer !== undefined)
  }

  /** CONFIG SET appendonly yes. @returns why not */
  #turnOn(): string | undefined {
    if (this.#beginAnew() === undefined) return undefined
    this.#isWanted = false
    this.#isRewriteScheduled = false
    this.#host.log(
      'warning',
      "Redis needs to enable the AOF but can't trigger a background AOF rewrite operation. Check the above logs for more info about the error.",
    )
    return 'Unable to turn on AOF. Check server logs.'
  }

  /** CONFIG SET appendonly no. The files stay. */
  #turnOff(): undefined {
    this.writer.syncNow()
    this.abandonRewrite()
    this.#stopAppending()
    this.#isWanted = false
    this.#isRewriteScheduled = false
  }

  /** What the files hold is of no use. @returns why the rewrite that is to replace it could not begin: it is tried again */
  #beginAnew(): string | undefined {
    if (this.#rewrite !== undefined) {
      this.#host.log(
        'warning',
        'AOF was enabled but there is already an AOF rewriting in background. Stopping background AOF and starting a rewrite now.',
      )
    }
    this.abandonRewrite()
    this.#stopAppending()
    this.#isWanted = true
    this.#isStale = true
    const isBusy = this.#isSnapshotRunning
    // Inside a transaction a part of it would be in the new base and in the increment behind it.
    if (!isBusy && this.#host.propagation.isSettled) {
      const error = this.startRewrite()
      if (error !== undefined) this.#isRewriteScheduled = true
      return error
    }
    this.#isRewriteScheduled = true
    const why = isBusy ? 'but there is already another background operation' : 'during a transaction'
    this.#host.log('warning', `AOF was enabled ${why}. An AOF background was scheduled to start when possible.`)
    return undefined
  }

  /**
   * Until the new base is there, old base and all increments together are the data: unless the old ones are of no use any more. All
   * of it is done at once, and in this order: a file that is not the last one in the manifest must not end inside a command.
   * @returns why it cannot be: then everything is as it was
   */
  #openIncrement(increment: AofFile): string | undefined {
    const {storage, propagation} = this.#host
    propagation.commit()
    this.flush(true)
    if (storage === undefined) return this.#startAppending(increment)
    for (const effect of this.#host.files.splice(0)) applyFile(effect, storage)
    // What could not be written is no part of the former increment, and would be executed twice at the head of the new one.
    const {writeError} = this.writer
    if (writeError !== undefined) return writeError
    const former = this.#manifest
    this.#host.log('notice', `Creating AOF incr file ${increment.name} on background rewrite`)
    try {
      storage.remove(this.#path(increment.name))
      storage.append(this.#path(increment.name), new Uint8Array(0))
      if (!this.#isStale) {
        this.#manifest = {...former, increments: [...former.increments, increment]}
        const {name, bytes} = this.#manifestEffect()
        storage.replace(name, bytes)
      }
    } catch (error) {
      this.#manifest = former
      const reason = error instanceof Error ? error.message : String(error)
      this.#host.log('warning', `Can't open the append-only file ${increment.name}: ${reason}`)
      return reason
    }
    return this.#startAppending(increment)
  }

  /** The manifest names the new base and, as history, what is to go; in the background: either manifest tells the whole of the data. */
  #record(rewrite: Rewrite): void {
    const old = this.#manifest
    const {base, image} = rewrite
    this.#host.log('notice', `Successfully renamed the temporary AOF base file ${image.temporary} into ${base.name}`)
    const gone = [...(old.base === undefined ? [] : [old.base]), ...old.increments]
    const history = gone.filter(({name}) => name !== rewrite.increment?.name && name !== base.name)
    const increments = rewrite.increment === undefined ? [] : [rewrite.increment]
    this.#manifest = {base, increments, history: [...old.history, ...history]}
    rewrite.step = 'recording'
    rewrite.former = old
    const done = (error: string | undefined): void => {
      rewrite.failure = error
      rewrite.step = 'recorded'
    }
    this.#host.files.push({...this.#manifestEffect(), inBackground: true, done})
  }

  #finishRewrite(rewrite: Rewrite): void {
    if (rewrite.failure !== undefined) {
      this.#manifest = rewrite.former
      return this.#failRewrite(rewrite.failure)
    }
    const {nowMs} = this.#host
    this.#rewrite = undefined
    this.flush()
    this.#removeHistory()
    this.#isStale = false
    this.currentBytes = rewrite.image.bytes + (this.#isWanted ? this.#incrementBytes : 0)
    this.baseBytes = this.currentBytes
    this.lastRewriteSeconds = Math.floor((nowMs - rewrite.startedMs) / 1000)
    this.lastRewriteFailed = false
    this.#limit.failures = 0
    this.#host.log('notice', 'Background AOF rewrite finished successfully')
  }

  #failRewrite(error: string): void {
    this.#host.log('warning', `Background AOF rewrite terminated with error: ${error}`)
    this.lastRewriteSeconds = Math.floor((this.#host.nowMs - this.#rewrite!.startedMs) / 1000)
    this.#noteFailure()
    this.abandonRewrite()
    if (this.#isStale) this.#isRewriteScheduled = true
  }

  #noteFailure(): void {
    this.lastRewriteFailed = true
    this.#limit.failures++
  }

  /** First they are marked in the manifest, then deleted, then forgotten: whoever starts in between finishes it. */
  #removeHistory(): void {
    const {history} = this.#manifest
    const {files, config} = this.#host
    if (history.length === 0 || config.flag('aof-disable-auto-gc')) return
    for (const {name} of history) {
      this.#host.log('notice', `Removing the history file ${name} in the background`)
      files.push({kind: 'remove', name: this.#path(name), inBackground: true, done: () => undefined})
    }
    this.#manifest = {...this.#manifest, history: []}
    this.#isCleaning = true
    files.push({...this.#manifestEffect(), inBackground: true, done: () => (this.#isCleaning = false)})
  }

  /** auto-aof-rewrite-percentage over the size after the last rewrite, from auto-aof-rewrite-min-size on. */
  #checkGrowth(): void {
    const {config, nowMs} = this.#host
    this.#checkedAtMs = nowMs
    const percentage = config.number('auto-aof-rewrite-percentage')
    if (!this.#isWanted || percentage === 0) return
    if (this.currentBytes <= config.number('auto-aof-rewrite-min-size')) return
    const growth = Math.floor((this.currentBytes * 100) / Math.max(1, this.baseBytes)) - 100
    if (growth < percentage || this.#isHeldBack()) return
    this.#host.log('notice', `Starting automatic rewriting of AOF on ${growth}% growth`)
    this.#isRewriteScheduled = true
  }

  #isHeldBack(): boolean {
    return this.#limit.holds(this.#host.nowMs, (text) => this.#host.log('warning', text))
  }

  #startAppending(increment: AofFile): undefined {
    const {propagation} = this.#host
    this.writer.open(this.#path(increment.name))
    if (!this.#isAppending) propagation.addSink(this)
    this.#isAppending = true
  }

  #stopAppending(): void {
    this.flush(true)
    this.#host.propagation.removeSink(this)
    this.#isAppending = false
    this.writer.close()
  }

  #manifestEffect(): Extract<FileEffect, {readonly kind: 'replace'}> {
    const name = this.#path(`${this.#fileName()}.manifest`)
    return {kind: 'replace', name, bytes: Buffer.from(formatManifest(this.#manifest), 'latin1')}
  }

  #format(): ImageFormat {
    const {config} = this.#host
    if (!config.flag('aof-use-rdb-preamble')) return new CommandImage(this.#base.commands())
    return new RdbImage({compresses: config.flag('rdbcompression'), hasChecksum: config.flag('rdbchecksum')})
  }

  #nextIncrement(): AofFile {
    const sequence = ++this.#lastSequence
    return {name: `${this.#fileName()}.${sequence}.incr.aof`, sequence}
  }

  #baseFile(sequence: number): AofFile {
    const form = this.#host.config.flag('aof-use-rdb-preamble') ? 'rdb' : 'aof'
    return {name: `${this.#fileName()}.${sequence}.base.${form}`, sequence}
  }

  #fileName(): string {
    return this.#host.config.text('appendfilename')
  }

  #path(name: string): string {
    return `${this.#host.config.text('appenddirname')}/${name}`
  }
}
