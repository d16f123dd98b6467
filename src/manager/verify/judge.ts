/** What became of the keys of slots that were moved: two readings, and who may have changed something between them. */
import type {NodeId} from '../../model/node-id.js'
import type {SlotId} from '../../model/slot.js'
import {SlotSet} from '../../model/slot-set.js'
import {meddlingBetween, type Meddling} from './client-writes.js'
import {compareTables} from './compare.js'
import {nameOf} from './compare-sides.js'
import type {Row} from './key-table.js'
import type {Reading} from './reading.js'

/** Why a key is not what it was. */
export type KeyFate =
  /** It was there before, is not now, and nobody took it away. */
  | 'lost'
  /** It has another value, or lost its time to live, and nobody changed it. */
  | 'damaged'
  /** It is gone, and clients took keys away meanwhile: this one, or not. */
  | 'gone'
  /** It has another value, and clients wrote meanwhile: to this one, or not. */
  | 'changed'

export interface NamedKey {
  readonly key: string
  readonly slot: SlotId
  readonly database: number
  readonly fate: KeyFate
}

export interface SlotVerdict {
  readonly slot: SlotId
  readonly keysBefore: number
  readonly keysAfter: number
  readonly digestBefore: string
  readonly digestAfter: string
}

export interface KeysVerdict {
  /** Those that were compared key by key. */
  readonly slots: SlotSet
  readonly keysBefore: number
  readonly keysAfter: number
  readonly same: number
  readonly lost: number
  readonly damaged: number
  /** On nodes that do not own their slot. */
  readonly strays: number
  readonly straySlots: SlotSet
  readonly gone: number
  readonly changed: number
  /** By clients. */
  readonly added: number
  readonly expired: number
  /** The same value; ends at another time than it did, beyond the tolerance. */
  readonly ttlShifted: number
  /** There, and its value could not be read before or after. */
  readonly unread: number
  readonly perSlot: readonly SlotVerdict[]
  readonly keys: readonly NamedKey[]
}

export interface JudgeOptions {
  readonly ttlToleranceMs: number
  /** Unix ms. */
  readonly nowMs: number
  readonly namesAtMost: number
  /** What our own writers had carried out on a node, by name of the command. */
  readonly ours: (node: NodeId) => ReadonlyMap<string, number>
}

export function judgeKeys(before: Reading, after: Reading, options: JudgeOptions): KeysVerdict {
  const comparison = compareTables(before.keys, after.keys, {ttlMs: options.ttlToleranceMs, nowMs: options.nowMs})
  const meddling = meddlingBySlot(before, after, options.ours)
  const names = new Names(before, options.namesAtMost)
  const isTimed = (row: Row): boolean => {
    const found = after.keys.find(before.keys, row)!
    return before.keys.expireAtMs(row) !== 0 && after.keys.expireAtMs(found) !== 0
  }
  const [shifted, timeless] = split(comparison.timesDiffer, isTimed)
  const slotOf = (row: Row): SlotId => before.keys.slot(row)
  const [gone, lost] = split(comparison.missing, (row) => meddling(slotOf(row)).removed)
  const [changed, damaged] = split([...comparison.different, ...timeless], (row) => meddling(slotOf(row)).wrote)
  names.add(lost, 'lost')
  names.add(damaged, 'damaged')
  names.add(gone, 'gone')
  names.add(changed, 'changed')
  return {
    slots: before.slots,
    keysBefore: before.keys.size,
    keysAfter: after.keys.size,
    same: comparison.same,
    lost: lost.length,
    damaged: damaged.length,
    strays: total(after.strays),
    straySlots: SlotSet.of(after.strays.keys()),
    gone: gone.length,
    changed: changed.length,
    added: comparison.added.length,
    expired: comparison.expired,
    ttlShifted: shifted.length,
    unread: comparison.unread,
    perSlot: slotVerdicts(before, after),
    keys: names.keys,
  }
}

class Names {
  readonly keys: NamedKey[] = []
  readonly #reading: Reading
  readonly #atMost: number

  constructor(reading: Reading, atMost: number) {
    this.#reading = reading
    this.#atMost = atMost
  }

  add(rows: readonly Row[], fate: KeyFate): void {
    const {keys} = this.#reading
    for (const row of rows.slice(0, Math.max(0, this.#atMost - this.keys.length))) {
      this.keys.push({key: nameOf(keys, row), slot: keys.slot(row), database: keys.database(row), fate})
    }
  }
}

/** Of the nodes that had a slot before and have it now: what clients may have done there. */
function meddlingBySlot(before: Reading, after: Reading, ours: JudgeOptions['ours']): (slot: SlotId) => Meddling {
  const byNode = new Map<NodeId, Meddling>()
  const of = (node: NodeId): Meddling => {
    const known = byNode.get(node) ?? meddlingBetween(before.writes.get(node), after.writes.get(node), ours(node))
    byNode.set(node, known)
    return known
  }
  return (slot) => {
    const nodes = [before.owners.get(slot), after.owners.get(slot)].filter((node) => node !== undefined)
    const all = nodes.map(of)
    return {wrote: all.some(({wrote}) => wrote), removed: all.some(({removed}) => removed)}
  }
}

/** All slots that have keys before or after. */
function slotVerdicts(before: Reading, after: Reading): SlotVerdict[] {
  const [had, has] = [before, after].map(({sums}) => new Map(sums.slots().map((each) => [each.slot, each])))
  const slots = [...new Set([...had!.keys(), ...has!.keys()])].sort((a, b) => a - b)
  return slots.map((slot) => ({
    slot,
    keysBefore: had!.get(slot)?.keys ?? 0,
    keysAfter: has!.get(slot)?.keys ?? 0,
    digestBefore: had!.get(slot)?.digest ?? '',
    digestAfter: has!.get(slot)?.digest ?? '',
  }))
}

function total(counts: ReadonlyMap<SlotId, number>): number {
  return [...counts.values()].reduce((sum, keys) => sum + keys, 0)
}

/** Those that pass, and the others. */
function split<Item>(items: readonly Item[], passes: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(passes), items.filter((item) => !passes(item))]
}
