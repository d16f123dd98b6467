/** Chance, from the injected source: one way for each thing that is drawn. */
import {assert} from '../model/assert.js'
import {type Rng} from './ports.js'

const TWO_TO_32 = 2 ** 32

/** A uniform integer from 0 to `limit` - 1. */
export function below(rng: Rng, limit: number): number {
  assert(limit > 0 && limit <= TWO_TO_32, 'a draw needs something to draw from')
  return Math.floor((rng.uint32() / TWO_TO_32) * limit)
}

/** A uniform number from 0 to just under 1. */
export function fraction(rng: Rng): number {
  return rng.uint32() / TWO_TO_32
}

export function pick<T>(rng: Rng, items: readonly T[]): T {
  assert(items.length > 0, 'a pick needs something to pick from')
  return items[below(rng, items.length)]!
}

/** Shuffles in place (Fisher and Yates) and returns the same array. */
export function shuffle<T>(rng: Rng, items: T[]): T[] {
  for (let last = items.length - 1; last > 0; last--) {
    const other = below(rng, last + 1)
    const kept = items[last]!
    items[last] = items[other]!
    items[other] = kept
  }
  return items
}

/** `digits` lower-case hexadecimal digits: node ids, replication ids. */
export function hexDigits(rng: Rng, digits: number): string {
  let text = ''
  while (text.length < digits) text += rng.uint32().toString(16).padStart(8, '0')
  return text.slice(0, digits)
}
