/** How fast something grows: the average of the latest samples of a counter, as INFO's `instantaneous_…` show it. */

const SAMPLES = 16

export class Rate {
  readonly #perSecond = new Array<number>(SAMPLES).fill(0)
  #next = 0
  #lastMs = 0
  #lastCount = 0

  /** To be called every 100 ms. */
  sample(count: number, nowMs: number): void {
    const elapsedMs = nowMs - this.#lastMs
    if (this.#lastMs > 0 && elapsedMs > 0) {
      this.#perSecond[this.#next] = Math.max(0, (count - this.#lastCount) * 1000) / elapsedMs
      this.#next = (this.#next + 1) % SAMPLES
    }
    this.#lastMs = nowMs
    this.#lastCount = count
  }

  get perSecond(): number {
    return this.#perSecond.reduce((total, each) => total + each, 0) / SAMPLES
  }
}
