/** The slot ranges of a migration, in the order in which the operator named them. */
import {SlotSet, type SlotRange} from '../../model/slot-set.js'

/** `0-99 200-200`: every range with both ends, as Valkey prints them. */
export function formatRanges(ranges: readonly SlotRange[]): string {
  return ranges.map(([first, last]) => `${first}-${last}`).join(' ')
}

/** Reads `formatRanges`; undefined for anything else. */
export function parseRanges(text: string): SlotRange[] | undefined {
  const slots = SlotSet.parse(text)
  if (slots === undefined || slots.size === 0) return undefined
  return text.split(' ').map((word): SlotRange => {
    const [first, last] = word.split('-').map(Number)
    return [first!, last ?? first!]
  })
}

export function overlap(a: SlotRange, b: SlotRange): boolean {
  return a[1] >= b[0] && a[0] <= b[1]
}
