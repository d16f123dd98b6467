/** What the bus asks of its node: the data, the replication, the wires and the file are somebody else's. */
import {type NodeId} from '../../model/node-id.js'
import {type SlotId} from '../../model/slot.js'
import {type Bytes, type Endpoint, type LinkId, type LogLevel, type Rng} from '../ports.js'
import {type ClusterState} from './state.js'

export interface ClusterHost extends BusData, BusReplication, BusWires {
  log(level: LogLevel, text: string): void
}

/** The keyspace and the clients, as far as slots concern them. */
export interface BusData {
  /** True while the data files are being read: a primary then accepts nobody on the bus. */
  isLoading(): boolean
  /** No key in any slot. */
  isEmpty(): boolean
  countKeysInSlot(slot: SlotId): number
  deleteKeysInSlots(slots: readonly SlotId[]): void
  /** Deletes everything: a replica that is reset keeps nothing of its primary's. */
  flushAll(): void
  /** Slots that this node's shard no longer serves: blocked clients get MOVED, sharded subscribers `sunsubscribe`. */
  slotsLost(slots: readonly SlotId[]): void
  /** The cluster state went from ok to fail or back: clients blocked on keys get CLUSTERDOWN. */
  stateChanged(ok: boolean): void
  /** Holds back the writes of clients until then (unix ms), for a manual failover; expiry and the periodic PING of replication stop, too. */
  pauseWrites(untilMs: number): void
  unpauseWrites(): void
  /** A message published on another node, for the subscribers of this one. */
  deliver(channel: Bytes, message: Bytes, sharded: boolean): void
}

export interface BusReplication {
  /** Bytes of the replication stream: produced by a primary, processed by a replica. */
  replOffset(): number
  /** A primary's address is set, whether or not the link to it stands. */
  isReplicating(): boolean
  /** How old the replica's data are: ms since the primary was last heard on the link, or since the link went down. */
  primaryDataAgeMs(nowMs: number): number
  /** Ends replication: this node is a primary from now on. */
  becomePrimary(): void
  /** Starts to replicate, or goes on at another address. */
  replicateFrom(id: NodeId, endpoint: Endpoint): void
}

export interface BusWires {
  /** Begins to connect. `linkOpened` or `linkClosed` follows in a later turn. */
  dial(to: Endpoint): LinkId
  /** The bytes are the wire's from now on; one buffer may go to several links. */
  send(link: LinkId, bytes: Uint8Array): void
  hangUp(link: LinkId): void
  /** What was sent on a link and has not left this process. */
  unsentBytes(link: LinkId): number
  /**
   * nodes.conf as it must be written before anything that was sent in this turn is heard.
   * @param isBinding it must outlive the machine's crash, too: an epoch or a vote in it was not on disk before
   */
  saveConfig(bytes: Uint8Array, isBinding: boolean): void
}

export type EndpointType = 'ip' | 'hostname' | 'unknown-endpoint'

/** The directives that the bus obeys. Read at every use, so that CONFIG SET takes effect. */
export interface ClusterConfig {
  /** The bus speaks TLS: `port` is the TLS port. */
  readonly isSecure: boolean
  readonly port: number
  /** The other client port (plain beside TLS), 0 for none. */
  readonly secondPort: number
  /** `cluster-port`; 0 for port + 10000. */
  readonly busPort: number
  /** `cluster-announce-*`; empty or 0 for none. */
  readonly announceIp: string
  readonly announcePort: number
  readonly announceSecondPort: number
  readonly announceBusPort: number
  readonly announceHostname: string
  readonly announceHumanNodename: string
  readonly preferredEndpointType: EndpointType
  readonly nodeTimeoutMs: number
  /** `cluster-manual-failover-timeout`: how long either side of a CLUSTER FAILOVER waits for the other. */
  readonly manualFailoverTimeoutMs: number
  readonly migrationBarrier: number
  readonly allowReplicaMigration: boolean
  readonly requireFullCoverage: boolean
  readonly allowReadsWhenDown: boolean
  readonly allowPubsubshardWhenDown: boolean
  readonly replicaValidityFactor: number
  readonly replicaNoFailover: boolean
  /** `repl-ping-replica-period`, in ms. */
  readonly replPingPeriodMs: number
  /** `cluster-link-sendbuf-limit`; 0 for none. */
  readonly linkSendbufLimitBytes: number
}

/** What every function of the bus works on. Time stands still within one call from outside. */
export interface BusContext {
  readonly state: ClusterState
  readonly host: ClusterHost
  readonly config: ClusterConfig
  readonly rng: Rng
  nowMs: number
}
