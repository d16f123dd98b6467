/** The AOF of a node: every write, in order, in files that a real server reads too. */
import {type Database} from '../keyspace/database.js'
import {type AofFile, type AofManifest, formatManifest} from '../persistence/aof-manifest.js'
import {type AuxFields, Snapshot} from '../persistence/snapshot.js'
import {type Bytes, type FileEffect, type LogLevel} from '../ports.js'
import {encodeRequest} from '../resp/request-writer.js'
import {type Config} from './config.js'
import {type Propagation, type StreamSink} from './propagation.js'

const SLICE_BYTES = 256 * 1024
const SYNC_EVERY_MS = 1000
const GROWTH_CHECK_MS = 1000
const NO_DATABASE = -1
const EMPTY: AofManifest = {base: undefined, increments: [], history: []}

export interface AppendOnlyHost {
  readonly nowMs: number
  readonly processId: number
  readonly config: Config
  readonly databases: readonly Database[]
  readonly files: FileEffect[]
  readonly propagation: Propagation
  log(level: LogLevel, text: string): void
}

interface Rewrite {
  readonly snapshot: Snapshot
  readonly base: AofFile
  readonly increment: AofFile
  readonly temporary: string
  readonly startedMs: number
  bytes: number
}

/**
 * A base (an RDB file) and increments (commands). A rewrite opens a new increment at the moment of its snapshot; what the manifest
 * names is complete at every instant, so that the data survive an end at any time. Source: persistence.md §8.
 */
export class AppendOnlyFile implements StreamSink {
  readonly wantsOnlyData = true
  readonly #host: AppendOnlyHost
  readonly #aux: () => AuxFields
  #manifest = EMPTY
  #isWanted = false
  /** The increment that commands go into; undefined while nothing is appended. */
  #increment: AofFile | undefined
  #rewrite: Rewrite | undefined
  #isRewriteScheduled = false
  /** The data in the files are no longer ours: the next rewrite replaces all of them. */
  #isStale = false
  #text = ''
  #selectedDb = NO_DATABASE
  #hasUnsynced = false
  #syncedAtMs = 0
  #checkedAtMs = 0
  /** Bytes of all files, and of the base. */
  currentBytes = 0
  baseBytes = 0
  rewrites = 0
  lastRewriteSeconds = -1

  constructor(host: AppendOnlyHost, aux: () => AuxFields) {
    this.#host = host
    this.#aux = aux
  }

  get isOn(): boolean {
    return this.#isWanted
  }

  get isRewriting(): boolean {
    return this.#rewrite !== undefined
  }

  get isRewriteScheduled(): boolean {
    return this.#isRewriteScheduled
  }

  get rewriteStartedMs(): number | undefined {
    return this.#rewrite?.startedMs
  }

  /** Follows the directive from now on; called when the node has booted. */
  watchConfig(): void {
    this.#host.config.watch('appendonly', (value) => {
      if (value === 'yes' && !this.#isWanted) this.begin()
      else if (value === 'no' && this.#isWanted) this.end()
    })
  }

  /** Goes on with the files that were loaded at the start. `bytes`: of all of them, of the base. */
  resume(manifest: AofManifest, bytes: {readonly all: number; readonly base: number}): void {
    this.#manifest = {...manifest, history: []}
    this.currentBytes = bytes.all
    this.baseBytes = bytes.base
    for (const {name} of manifest.history) this.#host.files.push({kind: 'remove', name: this.#path(name)})
    let increment = manifest.increments.at(-1)
    if (increment === undefined) {
      increment = this.#incrementFile(1)
      this.#manifest = {...this.#manifest, increments: [increment]}
      this.#host.files.push({kind: 'append', name: this.#path(increment.name), bytes: new Uint8Array(0)})
      this.#writeManifest()
    } else if (manifest.history.length > 0) this.#writeManifest()
    this.#isWanted = true
    this.#startAppending(increment)
  }

  /** Begins anew from the data as they are: at `CONFIG SET appendonly yes`, and after a full sync. */
  begin(): void {
    if (!this.#isWanted && !this.#host.config.flag('appendonly')) return
    this.abandonRewrite()
    this.#stopAppending()
    this.#isWanted = true
    this.#isStale = true
    this.#isRewriteScheduled = true
  }

  /** CONFIG SET appendonly no. The files stay. */
  end(): void {
    this.flush()
    this.sync()
    this.abandonRewrite()
    this.#stopAppending()
    this.#isWanted = false
    this.#isRewriteScheduled = false
  }

  /** BGREWRITEAOF, of an AOF that is off too. */
  scheduleRewrite(): void {
    this.#isRewriteScheduled = true
  }

  append(db: number, argv: readonly Bytes[]): void {
    if (db !== this.#selectedDb) {
      this.#text += encodeRequest(['SELECT', String(db)])
      this.#selectedDb = db
    }
    this.#text += encodeRequest(argv)
  }

  /** The last thing in a turn: what was executed is in the file before anybody is told. */
  flush(): void {
    if (this.#text === '' || this.#increment === undefined) return
    const bytes = Buffer.from(this.#text, 'latin1')
    this.#text = ''
    this.#host.files.push({kind: 'append', name: this.#path(this.#increment.name), bytes})
    this.currentBytes += bytes.length
    this.#hasUnsynced = true
    if (this.#host.config.text('appendfsync') === 'always') this.sync()
  }

  sync(): void {
    if (!this.#hasUnsynced || this.#increment === undefined) return
    this.#host.files.push({kind: 'sync', name: this.#path(this.#increment.name)})
    this.#hasUnsynced = false
    this.#syncedAtMs = this.#host.nowMs
  }

  /** Every 100 ms. */
  tick(isSnapshotRunning: boolean): void {
    const {nowMs, config} = this.#host
    if (config.text('appendfsync') === 'everysec' && nowMs - this.#syncedAtMs >= SYNC_EVERY_MS) this.sync()
    if (this.isRewriting || isSnapshotRunning) return
    if (nowMs - this.#checkedAtMs >= GROWTH_CHECK_MS) this.#checkGrowth()
    if (this.#isRewriteScheduled) this.startRewrite()
  }

  /** No snapshot may be running. */
  startRewrite(): void {
    const {databases, processId, nowMs, files} = this.#host
    this.flush()
    this.#isRewriteScheduled = false
    const temporary = `temp-rewriteaof-bg-${processId}.aof`
    files.push({kind: 'remove', name: temporary})
    const lastIncrement = this.#manifest.increments.at(-1)?.sequence ?? 0
    const increment = this.#incrementFile(lastIncrement + 1)
    const base = this.#baseFile((this.#manifest.base?.sequence ?? 0) + 1)
    const snapshot = new Snapshot(databases, this.#aux())
    this.#rewrite = {snapshot, base, increment, temporary, startedMs: nowMs, bytes: 0}
    this.#host.log('notice', 'Background append only file rewriting started')
    if (!this.#isWanted) return
    files.push({kind: 'remove', name: this.#path(increment.name)})
    files.push({kind: 'append', name: this.#path(increment.name), bytes: new Uint8Array(0)})
    // Until the new base is there, old base and all increments together are the data: unless the old ones are of no use any more.
    if (!this.#isStale) {
      this.#manifest = {...this.#manifest, increments: [...this.#manifest.increments, increment]}
      this.#writeManifest()
    }
    this.#startAppending(increment)
  }

  /** A slice of the rewrite. */
  work(): void {
    const rewrite = this.#rewrite
    if (rewrite === undefined) return
    const bytes = rewrite.snapshot.next(SLICE_BYTES)
    rewrite.bytes += bytes.length
    this.#host.files.push({kind: 'append', name: rewrite.temporary, bytes})
    if (rewrite.snapshot.isDone) this.#finishRewrite(rewrite)
  }

  abandonRewrite(): void {
    if (this.#rewrite === undefined) return
    this.#rewrite.snapshot.abandon()
    this.#host.files.push({kind: 'remove', name: this.#rewrite.temporary})
    this.#rewrite = undefined
    if (this.#isStale) this.#stopAppending()
  }

  #finishRewrite(rewrite: Rewrite): void {
    const {files, nowMs} = this.#host
    const {base, increment, temporary, startedMs} = rewrite
    this.#rewrite = undefined
    this.flush()
    const old = this.#manifest
    files.push({kind: 'sync', name: temporary})
    files.push({kind: 'rename', from: temporary, to: this.#path(base.name)})
    this.#manifest = {base, increments: this.#isWanted ? [increment] : [], history: []}
    this.#writeManifest()
    for (const file of [...(old.base === undefined ? [] : [old.base]), ...old.increments]) {
      if (file.name === increment.name || file.name === base.name) continue
      files.push({kind: 'remove', name: this.#path(file.name)})
    }
    this.#isStale = false
    this.currentBytes = rewrite.bytes
    this.baseBytes = rewrite.bytes
    this.rewrites++
    this.lastRewriteSeconds = Math.floor((nowMs - startedMs) / 1000)
    this.#host.log('notice', 'Background AOF rewrite finished successfully')
  }

  /** auto-aof-rewrite-percentage over the size after the last rewrite, from auto-aof-rewrite-min-size on. */
  #checkGrowth(): void {
    const {config, nowMs} = this.#host
    this.#checkedAtMs = nowMs
    const percentage = config.number('auto-aof-rewrite-percentage')
    if (!this.#isWanted || percentage === 0) return
    if (this.currentBytes <= config.number('auto-aof-rewrite-min-size')) return
    const growth = (this.currentBytes * 100) / Math.max(1, this.baseBytes) - 100
    if (growth < percentage) return
    this.#host.log('notice', `Starting automatic rewriting of AOF on ${Math.floor(growth)}% growth`)
    this.#isRewriteScheduled = true
  }

  #startAppending(increment: AofFile): void {
    const {propagation} = this.#host
    this.#increment = increment
    this.#selectedDb = NO_DATABASE
    propagation.removeSink(this)
    propagation.addSink(this)
  }

  #stopAppending(): void {
    this.flush()
    this.#host.propagation.removeSink(this)
    this.#increment = undefined
    this.#text = ''
    this.#hasUnsynced = false
  }

  #writeManifest(): void {
    const name = this.#path(`${this.#fileName()}.manifest`)
    this.#host.files.push({kind: 'replace', name, bytes: Buffer.from(formatManifest(this.#manifest), 'latin1')})
  }

  #incrementFile(sequence: number): AofFile {
    return {name: `${this.#fileName()}.${sequence}.incr.aof`, sequence}
  }

  #baseFile(sequence: number): AofFile {
    return {name: `${this.#fileName()}.${sequence}.base.rdb`, sequence}
  }

  #fileName(): string {
    return this.#host.config.text('appendfilename')
  }

  #path(name: string): string {
    return `${this.#host.config.text('appenddirname')}/${name}`
  }
}
