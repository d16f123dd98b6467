/** Whole things shared out fairly: largest remainder, and filling up to one level. Exact totals, no chance in ties. */
import {assert} from '../../model/assert.js'

/** Fractions are compared to nine digits: what a division leaves in the last bits of a double is not a claim. */
const FRACTION_DIGITS = 1e9

/**
 * `total` shared out in proportion to `weights` by largest remainder: each gets its quota rounded down, and what is left goes
 * one by one to the largest fractions. The parts add up to exactly `total`, and none is a whole unit away from its quota.
 * (redis-cli rounds one part up and all others down, and so moves fewer slots than it was asked for.)
 *
 * @param held breaks ties: who holds more already goes first, so that less has to be moved; then the order given
 */
export function apportion(total: number, weights: readonly number[], held: readonly number[] = []): number[] {
  assert(Number.isInteger(total) && total >= 0, 'only whole things are shared out')
  assert(
    weights.every((weight) => Number.isFinite(weight) && weight >= 0),
    'a weight is finite and not negative',
  )
  const heaviest = Math.max(0, ...weights)
  if (heaviest === 0) {
    assert(total === 0, 'something is shared out, so somebody has weight')
    return weights.map(() => 0)
  }
  // Relative to the heaviest, the sum of the weights cannot overflow.
  const shares = weights.map((weight) => weight / heaviest)
  const sum = shares.reduce((left, right) => left + right, 0)
  const quotas = shares.map((share) => (total * share) / sum)
  const parts = quotas.map(Math.floor)
  const left = total - parts.reduce((done, part) => done + part, 0)
  const fraction = (index: number): number => Math.round((quotas[index]! - parts[index]!) * FRACTION_DIGITS)
  const claimants = [...weights.keys()].filter((index) => weights[index]! > 0)
  claimants.sort((a, b) => fraction(b) - fraction(a) || (held[b] ?? 0) - (held[a] ?? 0))
  for (const index of claimants.slice(0, left)) parts[index]!++
  return parts
}

/** How much to pour on each of `levels` so that `total` is used up and the lowest ends as high as it can. */
export function fillUp(total: number, levels: readonly number[]): number[] {
  assert(levels.length > 0 || total === 0, 'something is poured out, so there is a vessel')
  const rising = [...levels.keys()].sort((a, b) => levels[a]! - levels[b]!)
  const additions = levels.map(() => 0)
  let left = total
  // The lowest are raised together, to the level of the next one as long as the rest suffices for all of them.
  for (let count = 1; left > 0; count++) {
    const raised = rising.slice(0, count)
    const level = levels[raised.at(-1)!]!
    const next = count < rising.length ? levels[rising[count]!]! : Infinity
    const each = Math.min(next - level, Math.floor(left / count))
    for (const index of raised) additions[index]! += each
    left -= each * count
    if (level + each === next) continue
    for (const index of raised.slice(0, left)) additions[index]!++
    left = 0
  }
  return additions
}
