/** How fast something grows now: over the last seconds, not since the beginning. */

const SPAN_MS = 5_000
const SAMPLE_EVERY_MS = 250

interface Sample {
  readonly atMs: number
  /** What there was before it. */
  readonly total: number
}

export class RateMeter {
  readonly #samples: Sample[]
  #total = 0

  constructor(nowMs: number) {
    this.#samples = [{atMs: nowMs, total: 0}]
  }

  get total(): number {
    return this.#total
  }

  add(nowMs: number, amount: number): void {
    if (nowMs - this.#samples.at(-1)!.atMs >= SAMPLE_EVERY_MS) this.#samples.push({atMs: nowMs, total: this.#total})
    this.#total += amount
    this.#forget(nowMs)
  }

  /** A second, over the last five or a little more. */
  perSecond(nowMs: number): number {
    this.#forget(nowMs)
    const first = this.#samples[0]!
    return nowMs <= first.atMs ? 0 : ((this.#total - first.total) * 1000) / (nowMs - first.atMs)
  }

  /** Counts from now on: what was before a pause says nothing about how fast it goes after it. */
  restart(nowMs: number): void {
    this.#samples.splice(0, this.#samples.length, {atMs: nowMs, total: this.#total})
  }

  #forget(nowMs: number): void {
    while (this.#samples.length > 1 && nowMs - this.#samples[1]!.atMs >= SPAN_MS) this.#samples.shift()
  }
}
