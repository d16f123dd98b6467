/** Chance that repeats itself: the same seed gives the same numbers on every machine. */
import {type Rng} from '../ports.js'

/** mulberry32: small, and even enough to draw gossip, delays and faults from. */
export function seededRng(seed: number): Rng {
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

/**
 * A source of its own for each thing that draws, so that one more draw here changes nothing there: what a node draws does not depend
 * on how many messages the network has delayed.
 * @param path who draws: a part of the simulation, the number of a node, how often it has started
 */
export function derivedRng(seed: number, ...path: readonly (string | number)[]): Rng {
  return seededRng(hashOf(`${seed}/${path.join('/')}`))
}

/** FNV-1a, 32 bits. */
export function hashOf(text: string, before = 0x811c9dc5): number {
  let hash = before
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash >>> 0
}
