/** Chance that repeats itself: the same seed gives the same numbers. The simulator's own. */
export {seededRng as countingRng} from '../../../src/engine/sim/seeded-rng.js'
