/** Chance from the operating system: node ids, replication ids and cluster secrets must not be guessed. */
import {randomFillSync} from 'node:crypto'
import {type Rng} from '../ports.js'

/** Numbers fetched at a time: a call into the system costs as much for one as for many. */
const POOL_SIZE = 1024

export class SystemRng implements Rng {
  readonly #pool = new Uint32Array(POOL_SIZE)
  #next = POOL_SIZE

  uint32(): number {
    if (this.#next === POOL_SIZE) {
      randomFillSync(this.#pool)
      this.#next = 0
    }
    return this.#pool[this.#next++]!
  }
}
