/** Replication of one node: whose copy it is, who copies it, and where in the stream everybody stands. */
import {type AuxFields} from '../persistence/snapshot.js'
import {type Bytes, type Endpoint} from '../ports.js'
import {Backlog} from './backlog.js'
import {Failover} from './failover.js'
import {type ReplicationHost} from './host.js'
import {OutputLimit} from './output-limit.js'
import {type HistoryRequest, PrimaryLink, type PrimaryLinkOwner, type PrimaryLinkState} from './primary-link.js'
import {Replicas} from './replicas.js'
import {ReplicationState} from './state.js'
import {ANY_DATABASE, NO_DATABASE, ReplicationStream} from './stream.js'

const CRON_MS = 1000
const PING: readonly Bytes[] = ['PING']

export class Replication implements PrimaryLinkOwner {
  readonly #host: ReplicationHost
  readonly #baseAux: () => AuxFields
  readonly state: ReplicationState
  readonly stream: ReplicationStream
  readonly replicas: Replicas
  readonly failover: Failover
  #link: PrimaryLink | undefined
  /** What a former primary, or a lost link, lets us ask for when we connect. */
  #cachedDb = 0
  /** Whether our history can be offered to a primary: after a failed attempt that was told to forget, it cannot. */
  #offersHistory = true
  #restored: {readonly id: string; readonly offset: number; readonly db: number} | undefined
  #cronAtMs: number
  #pingAtMs: number
  /** A manual failover: the offset must stand still, so neither PING nor REPLCONF GETACK goes into the stream. */
  holdsStill = false

  /** @param baseAux the AUX fields of every RDB file, to which those of replication are added */
  constructor(host: ReplicationHost, baseAux: () => AuxFields) {
    this.#host = host
    this.#baseAux = baseAux
    this.state = new ReplicationState(host.rng)
    this.stream = new ReplicationStream(
      this.state,
      (bytes) => this.replicas.feed(bytes),
      (isActive) => host.streamWanted(isActive),
    )
    this.replicas = new Replicas({
      host,
      state: this.state,
      stream: this.stream,
      outputLimit: new OutputLimit(
        () => host.config.text('client-output-buffer-limit'),
        () => host.config.number('repl-backlog-size'),
      ),
      aux: () => this.aux(),
    })
    this.failover = new Failover({
      host,
      replicas: () => this.replicas.all,
      offset: () => this.state.offset,
      replicateFrom: (target) => this.replicateFrom(target),
      becomePrimary: () => this.becomePrimary(),
    })
    this.#cronAtMs = host.nowMs
    this.#pingAtMs = host.nowMs
  }

  /** A primary is set, whether or not the link to it stands. */
  get isReplica(): boolean {
    return this.#link !== undefined
  }

  get historyId(): string {
    return this.state.id
  }

  /** Bytes of the stream: produced by a primary, processed by a replica. */
  get offset(): number {
    return this.state.offset
  }

  get primary(): Endpoint | undefined {
    return this.#link?.target
  }

  get linkState(): PrimaryLinkState | undefined {
    return this.#link?.state
  }

  get linkIsUp(): boolean {
    return this.#link?.isUp === true
  }

  /** For INFO: the connection to the primary in every detail. */
  get link(): PrimaryLink | undefined {
    return this.#link
  }

  get cachedDb(): number {
    return this.#cachedDb
  }

  get wanted(): HistoryRequest {
    const isHandover = this.failover.isInProgress
    const {id, offset} = this.state
    return this.#offersHistory ? {id, offset: offset + 1, isHandover} : {id: '?', offset: -1, isHandover}
  }

  /**
   * How old a replica's data are, ms: since the primary was last heard on a link that stands, else since the link was lost.
   * A replica that never had a link has data as old as time itself. Source: cluster-bus.md §15.
   */
  dataAgeMs(nowMs: number): number {
    if (this.#link === undefined) return 0
    return nowMs - (this.#link.isUp ? this.#link.heardMs : this.#link.downSinceMs)
  }

  /** Becomes a replica of that node, or goes on with it at another address. The data stay until the new primary's are here. */
  replicateFrom(target: Endpoint): void {
    const downSinceMs = this.#link?.isUp === true ? this.#host.nowMs : (this.#link?.downSinceMs ?? 0)
    this.#link?.close()
    if (this.#link === undefined) this.#cacheOwnHistory()
    this.#link = new PrimaryLink(target, this.#host, this)
    this.#link.downSinceMs = downSinceMs
    this.stream.isSilent = true
    this.#host.roleChanged(target)
  }

  /** The same before any data are loaded: there is no history yet that could be offered. */
  startAsReplica(target: Endpoint): void {
    this.#offersHistory = false
    this.#link = new PrimaryLink(target, this.#host, this)
    this.stream.isSilent = true
    this.#host.roleChanged(target)
  }

  /** Ends replication: this node goes on as a primary, with a history of its own. */
  becomePrimary(): void {
    if (this.#link === undefined) return
    this.#link.close()
    this.#link = undefined
    this.#host.log('notice', 'Discarding previously cached master state.')
    this.state.fork()
    this.stream.isSilent = false
    this.stream.selectedDb = NO_DATABASE
    this.stream.backlog ??= this.#newBacklog()
    // Replicas of ours come back at once, and partially: they must learn of the new id.
    this.replicas.disconnectAll()
    this.#offersHistory = true
    this.#host.log(
      'warning',
      `Setting secondary replication ID to ${this.state.secondId}, valid up to offset: ${this.state.secondOffset}. New replication ID is ${this.state.id}`,
    )
    this.#host.roleChanged(undefined)
  }

  /** From the AUX fields of the RDB file that was loaded at the start, whether or not this node follows a primary already. */
  restore(id: string, offset: number, db: number): void {
    if (this.#link === undefined) {
      this.state.restore(id, offset)
      this.#restored = {id, offset, db}
    } else {
      this.state.adopt(id, offset)
      this.#cachedDb = db
      this.#offersHistory = true
    }
    this.stream.backlog = this.#newBacklog()
  }

  /** AUX fields of an RDB file as it would be written now. Those of replication are in it once there is a backlog. */
  aux(): AuxFields {
    const base = this.#baseAux()
    if (this.stream.backlog === undefined) return base
    const db = this.#streamDb()
    return [
      ...base.slice(0, -1),
      ['repl-stream-db', String(db)],
      ['repl-id', this.state.id],
      ['repl-offset', String(this.state.offset)],
      ...base.slice(-1),
    ]
  }

  /** Bytes of the stream that a replica has read, executed or not. */
  get readOffset(): number {
    return this.#link?.readOffset ?? this.state.offset
  }

  /** Every 100 ms. */
  tick(): void {
    const {nowMs} = this.#host
    this.#link?.tick()
    if (nowMs - this.#cronAtMs < CRON_MS) return
    this.#cronAtMs = nowMs
    this.#pingReplicas()
    this.replicas.cron()
    const size = this.#host.config.number('repl-backlog-size')
    if (this.stream.backlog !== undefined && this.stream.backlog.size !== size) this.stream.backlog.resize(size)
  }

  /** A slice of what is being dumped or loaded. */
  work(): void {
    this.#link?.connectIfDue()
    this.#link?.load()
    this.failover.check()
    this.replicas.work()
  }

  /** There is more of that work, and nothing to wait for. */
  get hasWork(): boolean {
    return this.#link?.hasWork === true || this.replicas.hasWork
  }

  /** The last thing in a turn: what was executed goes to the replicas. */
  flush(): void {
    // A question that is held back is asked later: a replica that waits for our last offset must find it there.
    if (!this.#mustStandStill) this.replicas.beforeFlush()
    this.stream.flush()
  }

  /** CLIENT KILL of the stream from our primary. */
  interruptLink(): void {
    this.#link?.interrupt()
  }

  /** GETACK from the primary. */
  sendAck(): void {
    this.#link?.sendAck()
  }

  dataGoing(): void {
    // What our replicas have is no part of the new history; partial answers would be wrong from here on.
    this.replicas.disconnectAll()
    this.stream.backlog = undefined
    // Should the load fail, what is left is nobody's history, and must not win an election.
    this.state.renew()
    this.state.offset = 0
    this.#offersHistory = false
  }

  answered(isAccepted: boolean): void {
    this.failover.answered(isAccepted)
  }

  historyRefused(): void {
    this.#offersHistory = false
  }

  synced(id: string, offset: number): void {
    if (id === '') this.state.renew()
    else this.state.adopt(id, offset)
    this.#offersHistory = id !== ''
    this.stream.backlog = this.#newBacklog()
  }

  resumed(id: string | undefined): void {
    if (id !== undefined && id !== this.state.id) {
      this.#host.log('warning', `Master replication ID changed to ${id}`)
      this.state.follow(id)
      this.replicas.disconnectAll()
    }
    this.stream.backlog ??= this.#newBacklog()
  }

  processed(bytes: Uint8Array): void {
    this.stream.passOn(bytes)
  }

  lost(db: number): void {
    this.#cachedDb = db
  }

  #newBacklog(): Backlog {
    return new Backlog(this.#host.config.number('repl-backlog-size'), this.state.offset)
  }

  /** A primary that becomes a replica may have what its new primary has: then it needs only the rest. */
  #cacheOwnHistory(): void {
    this.stream.flush()
    const restored = this.#restored
    this.#restored = undefined
    if (restored !== undefined && restored.offset === this.state.offset) {
      // Restarted as a replica: the data stand where the file says, in its primary's history.
      this.state.adopt(restored.id, restored.offset)
      this.#cachedDb = restored.db
      return
    }
    this.stream.backlog ??= this.#newBacklog()
    this.#cachedDb = 0 // a promoted primary begins its stream with SELECT
    this.#host.log(
      'notice',
      'Before turning into a replica, using my own master parameters to synthesize a cached master: I may be able to synchronize with the new master with just a partial transfer.',
    )
  }

  #streamDb(): number {
    if (this.linkIsUp) return this.#host.executor.selectedDb
    if (this.isReplica) return this.#cachedDb
    return Math.max(this.stream.selectedDb, 0)
  }

  get #mustStandStill(): boolean {
    return this.holdsStill || this.failover.isUnderWay
  }

  #pingReplicas(): void {
    const {nowMs, config} = this.#host
    if (this.isReplica || this.#mustStandStill || this.replicas.all.size === 0) return
    if (nowMs - this.#pingAtMs < config.number('repl-ping-replica-period') * 1000) return
    this.#pingAtMs = nowMs
    this.stream.append(ANY_DATABASE, PING)
  }
}
