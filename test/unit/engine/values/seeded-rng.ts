/** Chance for tests: the same numbers every time. */
import {type Rng} from '../../../../src/engine/ports.js'

/** xorshift32 from a seed other than 0. */
export function seededRng(seed = 1): Rng {
  let state = seed
  return {
    uint32: () => {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      return state >>> 0
    },
  }
}
