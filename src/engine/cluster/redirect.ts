/** May this node serve a command? The slot verdict, asked before every command with keys, and the words of a refusal. */
import {type SlotId} from '../../model/slot.js'
import {type BusContext} from './cluster-host.js'
import {endpointOf, portFor} from './report.js'
import {isReplica, ownerOf, type ClusterState} from './state.js'

export type Verdict =
  | 'serve'
  /** Nobody owns the slot. */
  | 'unassigned'
  | 'cross-slot'
  | 'down'
  /** Down, but reads would be served. */
  | 'down-for-writes'
  | 'ask'
  | 'try-again'
  | 'moved'

/**
 * What the verdict must know of a command. One record, filled anew for each command by who asks; a command without keys needs no
 * verdict. `keys` is looked at only when the slot is open (`isOpen`), so it may be counted only then.
 */
export interface SlotQuery {
  /** Of the first key or shard channel. */
  slot: SlotId
  /** Some other key hashes to another slot. */
  crossSlot: boolean
  isWrite: boolean
  isMigrate: boolean
  /** SSUBSCRIBE, SUNSUBSCRIBE, SPUBLISH: the "keys" are channels, which are never missing. */
  isShardPubsub: boolean
  /** ASKING was sent before, or the command carries it (RESTORE-ASKING). */
  asking: boolean
  /** The connection has sent READONLY. */
  readonly: boolean
  readonly keys: KeyTally
}

/** Counted per mention, without touching access times; `several` when two of the keys differ. */
export interface KeyTally {
  readonly present: number
  readonly missing: number
  readonly several: boolean
}

/** Is the slot on its way out of this node, or in? Then the verdict depends on the keys that are here. */
export function isOpen(state: ClusterState, slot: SlotId): boolean {
  if (state.migratingTo.size === 0 && state.importingFrom.size === 0) return false
  if (state.owners[slot] === state.myself.index && state.migratingTo.has(slot)) return true
  return state.importingFrom.has(slot)
}

/** No side effect. The order of the questions is Redis': it decides which of two reasons a client hears. */
export function verdict(ctx: BusContext, query: SlotQuery): Verdict {
  const {state} = ctx
  const {slot} = query
  const owner = state.owners[slot]!
  const isMine = owner === state.myself.index
  // The way of nearly every command: my slot, closed.
  if (isMine && state.ok && !query.crossSlot && state.migratingTo.size === 0 && state.importingFrom.size === 0) {
    return 'serve'
  }

  if (owner === 0) return 'unassigned'
  if (query.crossSlot) return 'cross-slot'
  if (!state.ok) {
    const refusal = refusalWhenDown(ctx, query)
    if (refusal !== 'serve') return refusal
  }
  const migrating = isMine && state.migratingTo.has(slot)
  const importing = !migrating && state.importingFrom.has(slot)
  if ((migrating || importing) && query.isMigrate) return 'serve'
  const missing = (migrating || importing) && !query.isShardPubsub ? query.keys.missing : 0
  if (migrating && missing > 0) return query.keys.present > 0 ? 'try-again' : 'ask'
  if (importing && query.asking) return query.keys.several && missing > 0 ? 'try-again' : 'serve'
  if (isMine) return 'serve'
  const {myself} = state
  const reads = (query.readonly || query.isShardPubsub) && !query.isWrite
  return reads && isReplica(myself) && myself.primary?.index === owner ? 'serve' : 'moved'
}

function refusalWhenDown(ctx: BusContext, query: SlotQuery): Verdict {
  const {config} = ctx
  if (query.isShardPubsub) return config.allowPubsubshardWhenDown ? 'serve' : 'down'
  if (!config.allowReadsWhenDown) return 'down'
  return query.isWrite ? 'down-for-writes' : 'serve'
}

/** The error of a refusal, its code included: `MOVED 12182 10.0.0.1:7000`. */
export function refusalText(
  ctx: BusContext,
  refusal: Exclude<Verdict, 'serve'>,
  slot: SlotId,
  isPlain: boolean,
): string {
  switch (refusal) {
    case 'unassigned':
      return 'CLUSTERDOWN Hash slot not served'
    case 'cross-slot':
      return "CROSSSLOT Keys in request don't hash to the same slot"
    case 'down':
      return 'CLUSTERDOWN The cluster is down'
    case 'down-for-writes':
      return 'CLUSTERDOWN The cluster is down and only accepts read commands'
    case 'try-again':
      return 'TRYAGAIN Multiple keys request during rehashing of slot'
    case 'ask':
    case 'moved':
      return redirectionText(ctx, refusal, slot, isPlain)
  }
}

function redirectionText(ctx: BusContext, kind: 'ask' | 'moved', slot: SlotId, isPlain: boolean): string {
  const {state} = ctx
  const target = kind === 'ask' ? (state.migratingTo.get(slot) ?? null) : ownerOf(state, slot)
  if (target === null) return 'CLUSTERDOWN Hash slot not served'
  return `${kind === 'ask' ? 'ASK' : 'MOVED'} ${slot} ${endpointOf(ctx, target)}:${portFor(ctx, target, isPlain)}`
}

/**
 * A client that is blocked on keys of a slot: may it go on waiting here? READONLY clients of a replica may, while my primary owns
 * the slot.
 */
export function verdictForBlocked(ctx: BusContext, slot: SlotId, readonly: boolean): Verdict {
  const {state} = ctx
  const owner = ownerOf(state, slot)
  if (!state.ok) return 'down'
  if (owner === state.myself || state.importingFrom.has(slot)) return 'serve'
  if (owner === null) return 'unassigned'
  if (readonly && isReplica(state.myself) && state.myself.primary === owner) return 'serve'
  return 'moved'
}
