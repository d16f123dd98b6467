/** Keys so big that clients feel their move: what is known of one, and what the operator wants done with them. */
import type {NodeId} from '../../model/node-id.js'
import type {SlotId} from '../../model/slot.js'
import type {SlotSet} from '../../model/slot-set.js'

/**
 * `last`: after all others, one by one. `skip`: they stay at their source, with their slots. `atomic`: their slots are moved
 * whole, by the server. `as-they-come`: nobody looks at sizes.
 */
export type BigKeyHandling = 'last' | 'skip' | 'atomic' | 'as-they-come'

export const BIG_KEY_HANDLINGS = ['last', 'skip', 'atomic', 'as-they-come'] as const satisfies readonly BigKeyHandling[]

export interface BigKeySettings {
  /** A key of more bytes than this is big. */
  readonly bytes: number
  readonly handling: BigKeyHandling
}

/** 10 MiB: the move of a string of this size stops both nodes for some 20 ms, that of a hash for 100 ms. */
export const DEFAULT_BIG_KEYS: BigKeySettings = {bytes: 10 * 1024 * 1024, handling: 'last'}

export interface KeySize {
  /** As TYPE names it; a module's type has a name of its own. */
  readonly type: string
  /** In the node's memory (MEMORY USAGE, which samples collections). */
  readonly bytes: number
  /** Members, entries or fields; bytes of a string; 0 where it cannot be told. */
  readonly elements: number
}

/** A big key as a plan lists it. */
export interface BigKey extends KeySize {
  /** As text: a byte that is none is shown as U+FFFD. */
  readonly key: string
  readonly slot: SlotId
  readonly node: NodeId
  /** For how long its move is expected to stop source and target, ms. */
  readonly stallMs: number
}

/** `slots` in their order, those of `big` behind all others. */
export function bigSlotsLast(slots: readonly SlotId[], big: SlotSet): SlotId[] {
  return [...slots.filter((slot) => !big.has(slot)), ...slots.filter((slot) => big.has(slot))]
}
