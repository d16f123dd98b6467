/** FAILOVER: a primary hands its role over to a replica that has every byte of its stream. */
import {type Endpoint} from '../ports.js'
import {type ReplicationHost} from './host.js'
import {type ReplicaPeer} from './peer.js'

/** The words of INFO. */
export type FailoverState = 'no-failover' | 'waiting-for-sync' | 'failover-in-progress'

export interface FailoverRequest {
  /** Which replica; undefined: the first that has everything. */
  readonly target: Endpoint | undefined
  /** Unix ms at which it is given up, or forced; undefined: never. */
  readonly endsAtMs: number | undefined
  /** When the time is over the target takes over as it is: what it has not got is lost. */
  readonly isForced: boolean
}

interface Parts {
  readonly host: ReplicationHost
  readonly replicas: () => Iterable<ReplicaPeer>
  /** Bytes of the stream so far. */
  readonly offset: () => number
  /** This node becomes a replica of that one, and asks it to take over. */
  readonly replicateFrom: (target: Endpoint) => void
  /** The target would not: this node is the primary again. */
  readonly becomePrimary: () => void
}

/**
 * Writes are held from the beginning to the end, so the stream stands still and the target can have all of it. Then this node turns
 * into its replica and says so with its PSYNC, whose answer ends it. Source: Redis 7.0's failoverCommand, updateFailoverStatus,
 * abortFailover.
 */
export class Failover {
  readonly #parts: Parts
  #request: FailoverRequest | undefined
  #state: FailoverState = 'no-failover'

  constructor(parts: Parts) {
    this.#parts = parts
  }

  get state(): FailoverState {
    return this.#state
  }

  get isUnderWay(): boolean {
    return this.#state !== 'no-failover'
  }

  /** The next PSYNC asks the other side to take over. */
  get isInProgress(): boolean {
    return this.#state === 'failover-in-progress'
  }

  /** To be called when none is under way, on a primary. */
  start(request: FailoverRequest): void {
    const {host} = this.#parts
    this.#request = request
    this.#state = 'waiting-for-sync'
    host.log('notice', `FAILOVER requested to ${nameOf(request.target)}.`)
    host.holdWrites(true)
  }

  /** At the end of each turn: whether a replica has everything, or the time is over. */
  check(): void {
    const request = this.#request
    if (request === undefined || this.#state !== 'waiting-for-sync') return
    const {host} = this.#parts
    if (request.endsAtMs !== undefined && host.nowMs >= request.endsAtMs) {
      if (!request.isForced || request.target === undefined) return this.abort('Replica never caught up before timeout')
      host.log('notice', `Failover to ${nameOf(request.target)} time out exceeded, failing over.`)
      return this.#handOver(request.target)
    }
    const synced = this.#findSynced(request.target)
    if (synced === undefined) return
    const target = {host: synced.host, port: synced.listeningPort}
    host.log('notice', `Failover target ${nameOf(target)} is synced, failing over.`)
    this.#handOver(target)
  }

  /** FAILOVER ABORT, or it cannot be done. A node that was a replica already is a primary again. */
  abort(reason: string): void {
    const {host, becomePrimary} = this.#parts
    const wasInProgress = this.isInProgress
    host.log('notice', `FAILOVER to ${nameOf(this.#request?.target)} aborted: ${reason}`)
    if (wasInProgress) becomePrimary()
    this.#end()
  }

  /** The target has answered our PSYNC. `isAccepted`: it is the primary now. */
  answered(isAccepted: boolean): void {
    if (!this.isInProgress) return
    if (isAccepted) this.#end()
    else this.abort('Failover target rejected psync request')
  }

  #findSynced(target: Endpoint | undefined): ReplicaPeer | undefined {
    const {replicas, offset} = this.#parts
    for (const peer of replicas()) {
      if (target !== undefined && !isAt(peer, target)) continue
      if (peer.isOnline && peer.ackOffset === offset()) return peer
    }
    return undefined
  }

  #handOver(target: Endpoint): void {
    this.#state = 'failover-in-progress'
    this.#request = {target, endsAtMs: undefined, isForced: false}
    this.#parts.replicateFrom(target)
  }

  #end(): void {
    this.#state = 'no-failover'
    this.#request = undefined
    this.#parts.host.holdWrites(false)
  }
}

/** Whether this replica is the one of that address, as it announces itself. */
export function isAt(peer: ReplicaPeer, {host, port}: Endpoint): boolean {
  return peer.listeningPort === port && peer.host.toLowerCase() === host.toLowerCase()
}

function nameOf(target: Endpoint | undefined): string {
  return target === undefined ? 'any replica' : `${target.host}:${target.port}`
}
