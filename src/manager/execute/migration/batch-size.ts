/** How many keys one MIGRATE takes: both nodes are blocked while it runs, so a batch is bounded by time, not only by number. */

const FIRST_BATCH = 16
const LARGEST_BATCH = 500
const GROW_BELOW_MS = 2
const SHRINK_ABOVE_MS = 5

/**
 * Grows while batches stay cheap, halves when one was dear. What the fastest batch took is the price of the round trips: it
 * is paid whatever the size, and does not count.
 */
export class BatchSize {
  readonly #fixed: number | null
  #size: number
  #floorMs = Infinity

  /** @param fixed keys per batch as the operator wants it; `null`: find out */
  constructor(fixed: number | null) {
    this.#fixed = fixed
    this.#size = fixed ?? FIRST_BATCH
  }

  get keys(): number {
    return this.#size
  }

  /** @param elapsedMs what a batch of `keys` keys took */
  learn(keys: number, elapsedMs: number): void {
    if (this.#fixed !== null) return
    this.#floorMs = Math.min(this.#floorMs, elapsedMs)
    const workMs = elapsedMs - this.#floorMs
    if (workMs > SHRINK_ABOVE_MS) this.#size = Math.max(1, Math.ceil(this.#size / 2))
    else if (workMs < GROW_BELOW_MS) this.grow(keys)
  }

  /** A batch of `keys` keys went well; what time it took says nothing. */
  grow(keys: number): void {
    if (this.#fixed === null && keys >= this.#size) this.#size = Math.min(LARGEST_BATCH, this.#size * 2)
  }
}
