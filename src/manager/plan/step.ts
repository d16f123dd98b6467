/**
 * What a plan is made of. A step says everything: it names nodes by id, holds no callback, may be carried out twice, and
 * finds its work already done without complaint. Slots are text ("0-5460 6000") so that a step can be saved and read.
 */
import type {NodeId} from '../../model/node-id.js'
import type {MigrateReason} from './migrate-reason.js'

export type Step =
  /** CONFIG SET, and with `rewrite` CONFIG REWRITE after it. */
  | {
      readonly kind: 'set-config'
      readonly node: NodeId
      readonly parameter: string
      readonly value: string
      readonly rewrite: boolean
    }
  /** CLUSTER SET-CONFIG-EPOCH: only on a node that knows nobody yet. */
  | {readonly kind: 'set-config-epoch'; readonly node: NodeId; readonly epoch: number}
  /** CLUSTER ADDSLOTSRANGE on a fresh node. */
  | {readonly kind: 'add-slots'; readonly node: NodeId; readonly slots: string}
  /** CLUSTER MEET on `node` for each of `peers`. */
  | {readonly kind: 'meet'; readonly node: NodeId; readonly peers: readonly NodeId[]}
  /** CLUSTER REPLICATE, repeated until `replica` knows its primary. */
  | {readonly kind: 'replicate'; readonly replica: NodeId; readonly primary: NodeId}
  /** Until all of `nodes` know each other, tell the same story (slots, roles) and accept writes. */
  | {readonly kind: 'wait-agreement'; readonly nodes: readonly NodeId[]; readonly push: boolean}
  /** Until the replica has its primary's data and follows it. */
  | {readonly kind: 'wait-sync'; readonly replica: NodeId}
  /** Until none of `nodes` names `node` any more; one that learned it again by gossip is told to forget it again. */
  | {
      readonly kind: 'wait-forgotten'
      readonly node: NodeId
      readonly nodes: readonly NodeId[]
      /** Nor whoever else answers at its address: a node that was reset has another id. */
      readonly atItsAddress?: true
    }
  /** FUNCTION DUMP from one node, RESTORE on another; nothing where the servers have no functions. */
  | {readonly kind: 'copy-functions'; readonly from: NodeId; readonly to: NodeId}
  /** FUNCTION FLUSH: takes back what `copy-functions` brought. */
  | {readonly kind: 'flush-functions'; readonly node: NodeId}
  /** SETSLOT and MIGRATE, in windows: one lane. */
  | {
      readonly kind: 'move-slots'
      readonly slots: string
      readonly source: NodeId
      readonly target: NodeId
      /** Why not atomically, where some of the servers could. */
      readonly because?: MigrateReason
      /** Those of them in which big keys were found: they go last. */
      readonly bigKeySlots?: string
    }
  /** Moved whole, by the servers (atomic slot migration). */
  | {
      readonly kind: 'migrate-slots'
      readonly slots: string
      readonly source: NodeId
      readonly target: NodeId
      /** Redis 8.4 is asked on the target; where this is absent, the source is asked. */
      readonly asks?: 'target'
      /** What keeps failing goes with MIGRATE instead; absent where the operator wanted this way and no other. */
      readonly fallback?: true
    }
  /** All keys of one slot from a node that does not own it to the owner, and the slot closed on the source. */
  | {readonly kind: 'collect-keys'; readonly slot: number; readonly source: NodeId; readonly target: NodeId}
  /** Takes slots without asking anybody: DELSLOTS, ADDSLOTS, BUMPEPOCH in one transaction; then SETSLOT STABLE where marked. */
  | {readonly kind: 'claim-slots'; readonly node: NodeId; readonly slots: string}
  /** CLUSTER SETSLOT … NODE owner, on `node`. */
  | {readonly kind: 'assign-slots'; readonly node: NodeId; readonly slots: string; readonly owner: NodeId}
  /** CLUSTER SETSLOT … STABLE, on `node`. */
  | {readonly kind: 'close-slots'; readonly node: NodeId; readonly slots: string}
  /** CLUSTER DELSLOTS, on `node`. */
  | {readonly kind: 'del-slots'; readonly node: NodeId; readonly slots: string}
  /** CLUSTER FORGET, on `by`. */
  | {readonly kind: 'forget'; readonly node: NodeId; readonly by: NodeId}
  /** CLUSTER RESET. `flush` empties a replica's copy first: a primary with keys refuses the reset. */
  | {readonly kind: 'reset'; readonly node: NodeId; readonly mode: 'soft' | 'hard'}
  /** CLUSTER FAILOVER, and the wait until the replica is primary. */
  | {readonly kind: 'failover'; readonly replica: NodeId; readonly mode: 'normal' | 'force' | 'takeover'}
  /** All keys of one database of a standalone server into the cluster. `keep`: they stay at the source. */
  | {readonly kind: 'copy-keys'; readonly from: string; readonly database: number; readonly keep: boolean}

export type StepKind = Step['kind']
export type StepOf<Kind extends StepKind> = Extract<Step, {kind: Kind}>

/** Steps that take as long as their keys are many, and tell how many these are. */
export function movesKeys({kind}: Step): boolean {
  return kind === 'move-slots' || kind === 'migrate-slots' || kind === 'copy-keys'
}
