/** How far the stalls of this run are from what was measured elsewhere: other machines, other networks. */

/** Bounds of the correction: one odd measurement must not make all others look harmless, or impossible. */
const LEAST = 0.5
const MOST = 50

export class StallEstimate {
  #factor = 1

  /** What is to be expected here where `measuredMs` is expected elsewhere. */
  refine(measuredMs: number): number {
    return measuredMs * this.#factor
  }

  /**
   * @param expectedMs what `refine` gave for a key
   * @param tookMs what its move took. Longer counts at once, shorter by and by: to expect too much costs less than too little
   */
  learn(expectedMs: number, tookMs: number): void {
    if (expectedMs <= 0) return
    const seen = (this.#factor * tookMs) / expectedMs
    const next = seen > this.#factor ? seen : (this.#factor + seen) / 2
    this.#factor = Math.min(MOST, Math.max(LEAST, next))
  }
}
