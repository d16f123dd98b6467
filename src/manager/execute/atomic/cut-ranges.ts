/** A job cut into ranges of about as many keys, so that each hand-over holds the writes only for a short while. */
import type {SlotId} from '../../../model/slot.js'
import {SlotSet} from '../../../model/slot-set.js'

/**
 * A hand-over holds up the source's clients while the target takes over and the source deletes what it gave away: about 30 ms,
 * and 0.2 ms for each 1,000 keys (docs/performance.md).
 */
const MOST_KEYS_IN_RANGE = 125_000
/** Below this a smaller range costs a fork and saves no pause to speak of. */
const LEAST_KEYS_IN_RANGE = 25_000
/** As many as pay while ranges are small: each one takes a fork, and up to 100 ms until the source sees its end. */
const RANGES = 8
const MOST_RANGES = 64

/**
 * Neighbouring slots stay together; every range has at least one slot, and none is cut in two.
 * @param keys by slot, as counted before
 * @param finer each step halves the ranges: writes to a smaller range are fewer, and what failed may then succeed
 */
export function cutRanges(slots: SlotSet, keys: ReadonlyMap<SlotId, number>, finer = 0): SlotSet[] {
  const list = [...slots]
  const total = list.reduce((sum, slot) => sum + (keys.get(slot) ?? 0), 0)
  const count = Math.min(rangesFor(total) * 2 ** finer, MOST_RANGES, list.length)
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

function rangesFor(keys: number): number {
  const few = Math.min(RANGES, Math.ceil(keys / LEAST_KEYS_IN_RANGE))
  return Math.max(1, few, Math.ceil(keys / MOST_KEYS_IN_RANGE))
}
