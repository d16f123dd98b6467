/** A job cut into ranges of about as many keys, so that each hand-over holds the writes only for a short while. */
import type {SlotId} from '../../../model/slot.js'
import {SlotSet} from '../../../model/slot-set.js'

/**
 * What a hand-over of 1,000,000 keys costs the source's clients, 240 ms, falls to 52 ms with eight ranges
 * (docs/performance.md): the source deletes what it gave away, and forks for each range.
 */
const KEYS_IN_RANGE = 125_000
/** Each range is a fork of the whole source. */
const MOST_RANGES = 64

/**
 * Neighbouring slots stay together; every range has at least one slot, and none is cut in two.
 * @param keys by slot, as counted before
 * @param finer each step halves the ranges: writes to a smaller range are fewer, and what failed may then succeed
 */
export function cutRanges(slots: SlotSet, keys: ReadonlyMap<SlotId, number>, finer = 0): SlotSet[] {
  const list = [...slots]
  const total = list.reduce((sum, slot) => sum + (keys.get(slot) ?? 0), 0)
  const wanted = Math.max(1, Math.ceil(total / KEYS_IN_RANGE)) * 2 ** finer
  const count = Math.min(wanted, MOST_RANGES, list.length)
  const ranges: SlotSet[] = []
  let from = 0
  let before = 0
  for (const [index, slot] of list.entries()) {
    // A slot without keys weighs something, too: an empty keyspace is cut evenly.
    const weight = (keys.get(slot) ?? 0) + 1
    before += weight
    const isLast = index === list.length - 1
    const end = ((ranges.length + 1) / count) * (total + list.length)
    if (!isLast && (ranges.length === count - 1 || before < end - weight / 2)) continue
    ranges.push(SlotSet.of(list.slice(from, index + 1)))
    from = index + 1
  }
  return ranges
}
