/** Parcels of whole sizes chosen so that they fill a given size exactly and are worth the most: a bounded knapsack. */
import {groupBy} from '../check/naming.js'

export interface Parcel {
  /** A whole number, 1 or more. */
  readonly size: number
  /** A whole number; may be negative. */
  readonly value: number
}

/** For every size, the best choice that fills exactly this much. */
export interface Fillings<P extends Parcel> {
  /** No choice is greater: the capacity, or what all parcels make together. */
  readonly largest: number
  /** `undefined` when no choice has exactly this size. */
  valueOf(size: number): number | undefined
  /** The parcels of the best choice; of parcels that are alike, those that were given first. */
  parcelsFor(size: number): P[]
}

/** Some parcels that are alike, taken or left together. */
interface Bundle<P> {
  readonly alike: readonly P[]
  readonly count: number
  readonly size: number
  readonly value: number
  /** By filled size: whether the best choice so far takes this bundle. */
  readonly taken: Uint8Array
}

const IMPOSSIBLE = -0x40000000

/** Time grows with capacity × kinds of parcels, and only with the logarithm of how many there are of a kind. */
export function fillExactly<P extends Parcel>(parcels: readonly P[], capacity: number): Fillings<P> {
  const fitting = parcels.filter(({size}) => size <= capacity)
  const largest = Math.min(
    capacity,
    fitting.reduce((sum, {size}) => sum + size, 0),
  )
  const bundles = bundlesOf(fitting, largest)
  const best = new Int32Array(largest + 1).fill(IMPOSSIBLE)
  best[0] = 0
  let reach = 0
  for (const {size, value, taken} of bundles) {
    reach = Math.min(largest, reach + size)
    for (let filled = reach; filled >= size; filled--) {
      const before = best[filled - size]!
      if (before === IMPOSSIBLE || before + value <= best[filled]!) continue
      best[filled] = before + value
      taken[filled] = 1
    }
  }
  return {
    largest,
    valueOf: (size) => (best[size] === IMPOSSIBLE ? undefined : best[size]),
    parcelsFor: (size) => retrace(bundles, size),
  }
}

/** 1, 2, 4 … and the rest of each kind: with these every number of them can be put together. */
function bundlesOf<P extends Parcel>(parcels: readonly P[], capacity: number): Bundle<P>[] {
  const bundles: Bundle<P>[] = []
  for (const alike of groupBy(parcels, ({size, value}) => `${size} ${value}`).values()) {
    const {size, value} = alike[0]!
    let left = Math.min(alike.length, Math.floor(capacity / size))
    for (let count = 1; left > 0; count *= 2) {
      const some = Math.min(count, left)
      left -= some
      const taken = new Uint8Array(capacity + 1)
      bundles.push({alike, count: some, size: size * some, value: value * some, taken})
    }
  }
  return bundles
}

function retrace<P extends Parcel>(bundles: readonly Bundle<P>[], size: number): P[] {
  const counts = new Map<readonly P[], number>()
  let left = size
  for (const {alike, count, size: bundled, taken} of bundles.toReversed()) {
    if (taken[left] === 0) continue
    counts.set(alike, (counts.get(alike) ?? 0) + count)
    left -= bundled
  }
  return [...counts].flatMap(([alike, count]) => alike.slice(0, count))
}
