/** One node's own account of itself and of the others; never blended with another's. */
import type {Address} from '../../model/address.js'
import type {NodeLine} from '../../model/cluster-nodes.js'
import type {NodeId} from '../../model/node-id.js'
import type {Capability} from './capability.js'

export interface NodeView {
  /** As we reached it: this spelling is used for all that is sent to it. */
  readonly address: Address
  readonly id: NodeId
  /** Its own line of CLUSTER NODES. */
  readonly line: NodeLine
  /** Its lines for all others, in its own order. */
  readonly peers: readonly NodeLine[]
  readonly currentEpoch: number
  /** `cluster_state` as this node sees it: `true` means that it serves clients. */
  readonly clusterOk: boolean
  readonly server: ServerFacts
}

/** What INFO says that the manager needs. */
export interface ServerFacts {
  readonly product: 'redis' | 'valkey'
  /** `7.0.15`, `9.1.2`: for Valkey its own version, not the Redis version that it claims compatibility with. */
  readonly version: string
  readonly capabilities: ReadonlySet<Capability>
  /** Keys in each database that has any. */
  readonly keysByDatabase: ReadonlyMap<number, number>
  readonly loading: boolean
  /** Bytes of the replication stream that this node has written (primary) or applied (replica). */
  readonly replOffset: number
  /** A replica's link to its primary; `null` on a primary. */
  readonly primaryLinkUp: boolean | null
  /** What is left of a full synchronisation; `null` when none runs, or its size is not known. */
  readonly syncLeftBytes: number | null
  /** For how long it has been writing a snapshot, seconds; `null` when it writes none. */
  readonly savingS: number | null
  readonly usedMemoryBytes: number
  /** 0: no limit. */
  readonly maxMemoryBytes: number
}

/** Keys in all databases. */
export function keyCount(facts: ServerFacts): number {
  let keys = 0
  for (const count of facts.keysByDatabase.values()) keys += count
  return keys
}
