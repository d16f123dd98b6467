/** The replicas that this node feeds: partial and full resynchronisation, acknowledgements, time limits. */
import {hexDigits} from '../chance.js'
import {type AuxFields, Snapshot} from '../persistence/snapshot.js'
import {type Bytes} from '../ports.js'
import {Backlog} from './backlog.js'
import {FullSync, type PayloadForm} from './full-sync.js'
import {type ReplicationHost} from './host.js'
import {type OutputLimit} from './output-limit.js'
import {type ReplicaPeer} from './peer.js'
import {type ReplicationState} from './state.js'
import {ANY_DATABASE, NO_DATABASE, type ReplicationStream} from './stream.js'

const GETACK: readonly Bytes[] = ['REPLCONF', 'GETACK', '*']
const MARK_DIGITS = 40
/** A replica that holds less is looked at every second only: no limit that a replica can live with is lower. */
const WATCHED_BYTES = 16 * 1024

/** A client's WAIT. `satisfied` is called once, with the number of replicas that have it all. */
export interface AckWait {
  readonly offset: number
  readonly replicas: number
  readonly satisfied: (count: number) => void
}

interface Parts {
  readonly host: ReplicationHost
  readonly state: ReplicationState
  readonly stream: ReplicationStream
  readonly outputLimit: OutputLimit
  /** AUX fields of a dump for replicas. */
  readonly aux: () => AuxFields
}

export class Replicas {
  readonly #parts: Parts
  readonly all = new Set<ReplicaPeer>()
  readonly #waits = new Set<AckWait>()
  #sync: FullSync | undefined
  #wantsAcks = false
  #mayAdvance = false
  /** Unix ms since when there has been no replica. */
  #noneSinceMs: number

  constructor(parts: Parts) {
    this.#parts = parts
    this.#noneSinceMs = parts.host.nowMs
  }

  /** A snapshot for replicas is being made. */
  get isDumping(): boolean {
    return this.#sync !== undefined && !this.#sync.isDumped
  }

  get hasWork(): boolean {
    return this.#sync !== undefined && this.#mayAdvance
  }

  /** Replicas that are online and were heard of within min-replicas-max-lag. */
  get goodReplicas(): number {
    const {host} = this.#parts
    const maxLag = host.config.number('min-replicas-max-lag')
    let good = 0
    for (const peer of this.all) if (peer.isOnline && peer.lagSeconds(host.nowMs) <= maxLag) good++
    return good
  }

  countAcked(offset: number): number {
    let count = 0
    for (const peer of this.all) if (peer.isOnline && peer.ackOffset >= offset) count++
    return count
  }

  /**
   * PSYNC, or SYNC with `id` '?'. The peer is a replica from here on.
   * @param offset the first byte that it wants
   */
  attach(peer: ReplicaPeer, id: Bytes, offset: number): void {
    const {host, state, stream} = this.#parts
    stream.flush()
    host.log('notice', `Replica ${peer.name} asks for synchronization`)
    this.all.add(peer)
    if (host.config.flag('repl-disable-tcp-nodelay')) peer.output.gather()
    peer.ackAtMs = host.nowMs
    if (stream.backlog?.covers(offset) === true && state.shares(id, offset)) {
      this.#continue(peer, stream.backlog, offset)
      host.stats.partialSyncsAccepted++
      return
    }
    if (id !== '?') {
      host.stats.partialSyncsRefused++
      host.log('notice', `Partial resynchronization not accepted: ${this.#refusal(id, offset)}`)
    } else host.log('notice', `Full resync requested by replica ${peer.name}`)
    host.stats.fullSyncs++
    if (stream.backlog === undefined && !stream.isSilent) this.#beginHistory()
    peer.stage = 'waiting'
    peer.waitingSinceMs = host.nowMs
    if (!this.#waitsForOthers(peer)) this.#startSync()
    else host.log('notice', 'Delay next BGSAVE for diskless SYNC')
  }

  /** The connection is gone. */
  detach(peer: ReplicaPeer): void {
    if (!this.all.delete(peer)) return
    const {host} = this.#parts
    host.log('warning', `Connection with replica ${peer.name} lost.`)
    this.#leaveSync(peer)
    if (this.all.size === 0) this.#noneSinceMs = host.nowMs
  }

  /** They must come back, to learn of a new id or of other data. */
  disconnectAll(): void {
    for (const peer of [...this.all]) this.#drop(peer)
  }

  /** REPLCONF ACK. */
  acknowledged(peer: ReplicaPeer, offset: number): void {
    const {host} = this.#parts
    if (!this.all.has(peer)) return
    if (offset > peer.ackOffset) peer.ackOffset = offset
    peer.ackAtMs = host.nowMs
    if (peer.stage === 'loading') {
      peer.goOnline(host.nowMs)
      this.#tellSynced(peer)
    }
    this.#checkWaits()
  }

  #tellSynced({name}: ReplicaPeer): void {
    this.#parts.host.log('notice', `Synchronization with replica ${name} succeeded`)
  }

  /** The lines with which a real server's child tells that it has done its work. */
  #tellDumped(form: PayloadForm, peers: readonly ReplicaPeer[]): void {
    const {host} = this.#parts
    if (form === 'whole') {
      host.log('notice', 'DB saved on disk')
      host.log('notice', 'Background saving terminated with success')
      return
    }
    host.log('warning', `Diskless rdb transfer, done reading from pipe, ${peers.length} replicas still up.`)
    host.log('notice', 'Background RDB transfer terminated with success')
    for (const {name} of peers) {
      host.log(
        'notice',
        `Streamed RDB transfer with replica ${name} succeeded (socket). Waiting for REPLCONF ACK from slave to enable streaming`,
      )
    }
  }

  /** Asks every replica, at the end of this turn, how far it is. */
  requestAcks(): void {
    this.#wantsAcks = true
  }

  addWait(wait: AckWait): void {
    this.#waits.add(wait)
    this.requestAcks()
  }

  removeWait(wait: AckWait): void {
    this.#waits.delete(wait)
  }

  /** A piece of the stream, for all of them. */
  feed(bytes: Uint8Array): void {
    for (const peer of this.all) {
      peer.feed(bytes)
      if (peer.heldBytes >= WATCHED_BYTES) this.#dropIfGreedy(peer)
    }
  }

  /** At the end of a turn, before the stream is flushed. */
  beforeFlush(): void {
    const {stream} = this.#parts
    if (!this.#wantsAcks) return
    this.#wantsAcks = false
    if (this.all.size > 0) stream.append(ANY_DATABASE, GETACK)
  }

  /** A slice of the dump in hand. */
  work(): void {
    const {nowMs} = this.#parts.host
    const sync = this.#sync
    if (sync === undefined) {
      this.#mayAdvance = false
      return
    }
    const wasDumped = sync.isDumped
    const served = [...this.all].filter(({stage}) => stage === 'dumping' || stage === 'sending')
    this.#mayAdvance = sync.advance(nowMs)
    if (sync.isDumped && !wasDumped) this.#tellDumped(sync.form, served)
    for (const peer of served) if (peer.stage === 'online') this.#tellSynced(peer)
    if (sync.isOver) this.#sync = undefined
  }

  /** Every second. */
  cron(): void {
    const {host} = this.#parts
    for (const peer of [...this.all]) {
      if (this.#isTimedOut(peer)) {
        host.log('warning', `Disconnecting timedout replica (streaming sync): ${peer.name}`)
        this.#drop(peer)
      } else if (this.#dropIfGreedy(peer)) {
        continue
      } else if (peer.stage === 'waiting' || (peer.stage === 'dumping' && this.#sync?.form === 'whole')) {
        peer.output.writeText('\n')
      }
    }
    for (const peer of this.#sync?.stuck(host.nowMs, host.config.number('repl-timeout') * 1000) ?? []) {
      host.log('warning', `Disconnecting timedout replica (full sync): ${peer.name}`)
      this.#drop(peer)
    }
    this.#mayAdvance = this.#sync !== undefined
    if (this.#isSyncDue()) this.#startSync()
    this.#forgetBacklog()
  }

  /** The dump in hand is given up, and those who wait for it come back: the data are being replaced, or the node ends. */
  abandonSync(): void {
    for (const peer of [...this.all]) if (peer.stage !== 'online') this.#drop(peer)
  }

  #continue(peer: ReplicaPeer, backlog: Backlog, offset: number): void {
    const {host, state} = this.#parts
    peer.output.writeText(peer.supportsPsync2 ? `+CONTINUE ${state.id}\r\n` : '+CONTINUE\r\n')
    const missed = backlog.from(offset)
    peer.goOnline(host.nowMs)
    if (missed.length > 0) peer.feed(missed)
    host.log(
      'notice',
      `Partial resynchronization request from ${peer.name} accepted. Sending ${missed.length} bytes of backlog starting from offset ${offset}.`,
    )
  }

  #refusal(id: Bytes, offset: number): string {
    const {state} = this.#parts
    if (id.toLowerCase() !== state.id && id.toLowerCase() !== state.secondId) {
      return `Replication ID mismatch (Replica asked for '${id}', my replication IDs are '${state.id}' and '${state.secondId}')`
    }
    return `Requested offset ${offset} is not in the backlog`
  }

  /** The first replica ever, or after the backlog was forgotten: what came before was recorded nowhere. */
  #beginHistory(): void {
    const {host, state, stream} = this.#parts
    state.renew()
    stream.backlog = new Backlog(host.config.number('repl-backlog-size'), state.offset)
    stream.selectedDb = NO_DATABASE
    host.log('notice', `Replication backlog created, my new replication IDs are '${state.id}' and '${state.secondId}'`)
  }

  /** Diskless dumps are begun a little later, so that replicas that come together share one. */
  #waitsForOthers(peer: ReplicaPeer): boolean {
    const {host} = this.#parts
    if (host.isSnapshotRunning()) return true
    return (
      host.config.flag('repl-diskless-sync') && peer.supportsEof && host.config.number('repl-diskless-sync-delay') > 0
    )
  }

  #isSyncDue(): boolean {
    const {host} = this.#parts
    if (this.#sync !== undefined || host.isSnapshotRunning()) return false
    const waiting = [...this.all].filter(({stage}) => stage === 'waiting')
    if (waiting.length === 0) return false
    if (!waiting.every((peer) => this.#waitsForOthers(peer))) return true
    const enough = host.config.number('repl-diskless-sync-max-replicas')
    if (enough > 0 && waiting.length >= enough) return true
    const longestMs = Math.max(...waiting.map(({waitingSinceMs}) => host.nowMs - waitingSinceMs))
    return longestMs >= host.config.number('repl-diskless-sync-delay') * 1000
  }

  #startSync(): void {
    const {host, state, stream, aux} = this.#parts
    if (this.#sync !== undefined || host.isSnapshotRunning()) return
    const peers = [...this.all].filter(({stage}) => stage === 'waiting')
    const diskless = host.config.flag('repl-diskless-sync') && peers.every(({supportsEof}) => supportsEof)
    // From here on the stream goes on from a point that the dump and every one of its replicas share.
    stream.flush()
    stream.selectedDb = NO_DATABASE
    for (const peer of peers) {
      if (!peer.isOldStyle) peer.output.writeText(`+FULLRESYNC ${state.id} ${state.offset}\r\n`)
    }
    host.log('notice', `Starting BGSAVE for SYNC with target: ${diskless ? 'replicas sockets' : 'disk'}`)
    host.log('notice', `Background ${diskless ? 'RDB transfer' : 'saving'} started by pid ${host.processId}`)
    const snapshot = new Snapshot(host.databases, aux())
    const mark = hexDigits(host.rng, MARK_DIGITS)
    this.#sync = new FullSync({peers, form: diskless ? 'diskless' : 'whole', snapshot, mark}, host.nowMs)
    this.#mayAdvance = true
  }

  #isTimedOut(peer: ReplicaPeer): boolean {
    if (!peer.isOnline || peer.isOldStyle) return false
    const {host} = this.#parts
    const heardMs = peer.stage === 'loading' ? Math.max(peer.ackAtMs, peer.output.lastHeardMs) : peer.ackAtMs
    return host.nowMs - heardMs > host.config.number('repl-timeout') * 1000
  }

  #dropIfGreedy(peer: ReplicaPeer): boolean {
    const {host, outputLimit} = this.#parts
    if (!outputLimit.isExceeded(peer, host.nowMs)) return false
    host.log(
      'warning',
      `Client id=${peer.output.clientId} addr=${peer.name} scheduled to be closed ASAP for overcoming of output buffer limits.`,
    )
    this.#drop(peer)
    return true
  }

  #drop(peer: ReplicaPeer): void {
    this.all.delete(peer)
    this.#leaveSync(peer)
    if (this.all.size === 0) this.#noneSinceMs = this.#parts.host.nowMs
    peer.output.close()
  }

  #leaveSync(peer: ReplicaPeer): void {
    this.#sync?.leave(peer)
    if (this.#sync?.isOver === true) this.#sync = undefined
  }

  #checkWaits(): void {
    for (const wait of [...this.#waits]) {
      const count = this.countAcked(wait.offset)
      if (count < wait.replicas) continue
      this.#waits.delete(wait)
      wait.satisfied(count)
    }
  }

  /** repl-backlog-ttl: a primary alone keeps no history; a replica does, for when it is promoted. */
  #forgetBacklog(): void {
    const {host, state, stream} = this.#parts
    const ttlMs = host.config.number('repl-backlog-ttl') * 1000
    if (ttlMs === 0 || stream.isSilent || stream.backlog === undefined || this.all.size > 0) return
    if (host.nowMs - this.#noneSinceMs <= ttlMs) return
    // A replica that left would take our data for its own history, with writes in it that it has never seen.
    state.renew()
    stream.flush()
    stream.backlog = undefined
    host.log('notice', `Replication backlog freed after ${ttlMs / 1000} seconds without connected replicas.`)
  }
}
