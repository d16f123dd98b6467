/** The end of an AOF: commands in, bytes to the file, and when the disk must have them. */
import {type Bytes, type FileEffect, type LogLevel} from '../ports.js'
import {encodeRequest} from '../resp/request-writer.js'
import {type Config} from './config.js'

const SYNC_EVERY_MS = 1000
/**
 * A write behind a running sync would wait for it; so it is put off, but on a busy machine, too, for less than the second that
 * `everysec` may lose. (Redis puts it off for up to two seconds, and may lose as much.)
 */
const PUT_OFF_MS = 500
const NO_DATABASE = -1
const COMPLAIN_EVERY_MS = 30_000

export interface AofWriterHost {
  readonly nowMs: number
  readonly config: Config
  readonly files: FileEffect[]
  log(level: LogLevel, text: string): void
}

export class AofWriter {
  readonly #host: AofWriterHost
  /** Told when writing begins to fail, or works again. */
  readonly #changed: () => void
  #file: string | undefined
  #text = ''
  #selectedDb = NO_DATABASE
  #stampSecond = 0
  #hasUnsynced = false
  #isSyncing = false
  #syncedAtMs = 0
  #putOffSinceMs: number | undefined
  /** An append is under way that may still fail: nothing may overtake it. */
  #isUncertain = false
  #complainedAtMs = 0
  #writeError: string | undefined
  #syncError: string | undefined
  #wasFailing = false
  /** Times that a sync took so long that a write did not wait for it any more. */
  delayedSyncs = 0
  /** Bytes that went into files since the last `takeWritten`. */
  #written = 0

  constructor(host: AofWriterHost, changed: () => void) {
    this.#host = host
    this.#changed = changed
  }

  /** Why what was executed is not on disk, in the system's words. */
  get error(): string | undefined {
    return this.#writeError ?? this.#syncError
  }

  get writeError(): string | undefined {
    return this.#writeError
  }

  get pendingBytes(): number {
    return this.#text.length
  }

  get isSyncing(): boolean {
    return this.#isSyncing
  }

  /** Where commands go from now on; what is still to be written to the former file has been flushed. */
  open(file: string): void {
    // What lies in the former file is still owed to the disk.
    if (this.#hasUnsynced && this.#file !== undefined) this.#syncInBackground(this.#file)
    this.#file = file
    this.#selectedDb = NO_DATABASE
  }

  close(): void {
    this.#file = undefined
    this.#text = ''
    this.#hasUnsynced = false
    this.#putOffSinceMs = undefined
    this.#writeError = undefined
    this.#syncError = undefined
    this.#noteState()
  }

  append(db: number, argv: readonly Bytes[]): void {
    if (this.#host.config.flag('aof-timestamp-enabled')) this.#stamp()
    if (db !== this.#selectedDb) {
      this.#text += encodeRequest(['SELECT', String(db)])
      this.#selectedDb = db
    }
    this.#text += encodeRequest(argv)
  }

  /** Hands over what was executed. `isForced`: even behind a running sync. `sparesSync`: no-appendfsync-on-rewrite says so. */
  flush({isForced, sparesSync}: {readonly isForced: boolean; readonly sparesSync: boolean}): void {
    if (this.#text === '' || this.#file === undefined) return
    const policy = this.#host.config.text('appendfsync')
    if (policy === 'always') return this.#flushAlways(this.#file, sparesSync)
    if (this.#isUncertain || (policy === 'everysec' && !isForced && this.#mustPutOff())) return
    this.#putOffSinceMs = undefined
    const bytes = this.#take()
    this.#isUncertain = true
    this.#host.files.push({
      kind: 'append',
      name: this.#file,
      bytes,
      done: (error) => {
        this.#isUncertain = false
        if (error === undefined) this.#written += bytes.length
        else this.#text = Buffer.from(bytes).toString('latin1') + this.#text
        this.#writeError = error
      },
    })
    this.#hasUnsynced = true
  }

  /** When a turn begins: what the disk answered since the last one decides whether writes are taken. */
  look(): void {
    if ((this.error !== undefined) !== this.#wasFailing) this.#noteState()
  }

  /** Every 100 ms. */
  tick({sparesSync}: {readonly sparesSync: boolean}): void {
    const {nowMs, config} = this.#host
    this.#noteState()
    if (sparesSync || !this.#hasUnsynced || this.#file === undefined || this.#isSyncing) return
    if (config.text('appendfsync') === 'everysec' && nowMs - this.#syncedAtMs >= SYNC_EVERY_MS) {
      this.#hasUnsynced = false
      this.#syncInBackground(this.#file)
    }
  }

  /** What was executed is on disk when this turn is done: before the node ends, or AOF is turned off. */
  syncNow(): void {
    this.flush({isForced: true, sparesSync: true})
    if (!this.#hasUnsynced || this.#file === undefined) return
    this.#hasUnsynced = false
    this.#host.files.push({kind: 'sync', name: this.#file, done: (error) => this.#syncEnded(error)})
  }

  /** Bytes that were written since the last call. */
  takeWritten(): number {
    const written = this.#written
    this.#written = 0
    return written
  }

  /** Neither reply nor next turn without it: what cannot be written ends the node, as it ends a real server. */
  #flushAlways(name: string, sparesSync: boolean): void {
    const bytes = this.#take()
    this.#written += bytes.length
    this.#host.files.push({kind: 'append', name, bytes, done: orDie('write')})
    if (sparesSync) this.#hasUnsynced = true
    else this.#host.files.push({kind: 'sync', name, done: orDie('fsync')})
  }

  #take(): Uint8Array {
    const bytes = Buffer.from(this.#text, 'latin1')
    this.#text = ''
    return bytes
  }

  #mustPutOff(): boolean {
    const {nowMs} = this.#host
    if (!this.#isSyncing) return false
    this.#putOffSinceMs ??= nowMs
    if (nowMs - this.#putOffSinceMs < PUT_OFF_MS) return true
    this.delayedSyncs++
    this.#host.log(
      'notice',
      'Asynchronous AOF fsync is taking too long (disk is busy?). Writing the AOF buffer without waiting for fsync to complete, this may slow down Redis.',
    )
    return false
  }

  #syncInBackground(name: string): void {
    this.#isSyncing = true
    this.#syncedAtMs = this.#host.nowMs
    this.#host.files.push({
      kind: 'sync',
      name,
      inBackground: true,
      done: (error) => {
        this.#isSyncing = false
        this.#syncEnded(error)
      },
    })
  }

  /** What a sync has failed to do is owed still: the next one tries it again, though no write may come before it has succeeded. */
  #syncEnded(error: string | undefined): void {
    this.#syncError = error
    if (error !== undefined && this.#file !== undefined) this.#hasUnsynced = true
  }

  /** Says in the log what was noted when the disk answered. */
  #noteState(): void {
    const {nowMs} = this.#host
    const isFailing = this.error !== undefined
    if (isFailing && nowMs - this.#complainedAtMs > COMPLAIN_EVERY_MS) {
      this.#complainedAtMs = nowMs
      this.#host.log('warning', `Error writing to the AOF file: ${this.error}`)
    }
    if (isFailing === this.#wasFailing) return
    this.#wasFailing = isFailing
    if (!isFailing) {
      this.#complainedAtMs = 0
      this.#host.log('warning', 'AOF write error looks solved, Redis can write again.')
    }
    this.#changed()
  }

  /** A remark with the time, at most once a second. */
  #stamp(): void {
    const second = Math.floor(this.#host.nowMs / 1000)
    if (second === this.#stampSecond) return
    this.#stampSecond = second
    this.#text += `#TS:${second}\r\n`
  }
}

function orDie(what: string): (error: string | undefined) => void {
  return (error) => {
    if (error === undefined) return
    throw new Error(
      `Can't recover from AOF write error when the AOF fsync policy is 'always' (${what}: ${error}). Exiting...`,
    )
  }
}
