/** Chance that repeats itself: the same seed gives the same numbers. */
import {type Rng} from '../../../src/engine/ports.js'

/** mulberry32: small, and even enough for tests. */
export function countingRng(seed: number): Rng {
  let state = seed >>> 0
  return {
    uint32() {
      state = (state + 0x6d2b79f5) >>> 0
      let mixed = Math.imul(state ^ (state >>> 15), state | 1)
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
      return (mixed ^ (mixed >>> 14)) >>> 0
    },
  }
}
