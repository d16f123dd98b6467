/**
 * How large a lane's batches may be, and how long it rests between them, so that its two nodes answer within a limit. What is
 * too slow halves the batches, calm makes them grow a little (additive increase, multiplicative decrease): they settle below
 * the limit. When one key at a time is still too much, rests grow instead.
 */

const FIRST_KEYS = 16
const MOST_KEYS = 500
const FIRST_REST_MS = 2
const LONGEST_REST_MS = 100
/** What is measured in this time after a cut comes from batches that began before it. */
const SETTLE_MS = 100
const GROW_EVERY_MS = 200
/** One late answer is chance; two in this time are not. */
const LATE_TOGETHER_MS = 1_000
/** Above this part of the limit batches shrink a little already, so that it is not the limit that stops them. */
const NEAR = 0.75
/** Below this part of it they grow. */
const CALM = 0.55

export class LatencyControl {
  #keys = FIRST_KEYS
  #restMs = 0
  #worstMs = 0
  #judgedAtMs: number
  #cutAtMs = -Infinity
  #lateAtMs = -Infinity
  /** Doubles until the first cut: nothing is known yet. */
  #isFeelingItsWay = true

  constructor(nowMs: number) {
    this.#judgedAtMs = nowMs
  }

  /** The most that a batch may hold. */
  get keys(): number {
    return this.#keys
  }

  /** Between two batches. */
  get restMs(): number {
    return this.#restMs
  }

  /** It cannot go any slower. */
  get isAtItsFloor(): boolean {
    return this.#restMs >= LONGEST_REST_MS
  }

  /** One of the nodes took `latencyMs` to answer, or was busy with a batch for so long, which is what a client would have waited. */
  observe(nowMs: number, latencyMs: number, limitMs: number): void {
    this.#worstMs = Math.max(this.#worstMs, latencyMs)
    if (nowMs - this.#cutAtMs < SETTLE_MS) return
    if (latencyMs > limitMs * NEAR) {
      const isSecond = nowMs - this.#lateAtMs <= LATE_TOGETHER_MS
      this.#lateAtMs = nowMs
      if (isSecond) this.#cut(nowMs, latencyMs > limitMs ? 0.5 : 0.8)
    } else if (nowMs - this.#judgedAtMs >= GROW_EVERY_MS) {
      if (this.#worstMs < limitMs * CALM) this.#grow()
      this.#judge(nowMs)
    }
  }

  #cut(nowMs: number, part: number): void {
    this.#isFeelingItsWay = false
    this.#cutAtMs = nowMs
    this.#lateAtMs = -Infinity
    if (this.#keys > 1) this.#keys = Math.max(1, Math.floor(this.#keys * part))
    else this.#restMs = Math.min(LONGEST_REST_MS, Math.max(FIRST_REST_MS, this.#restMs * 2))
    this.#judge(nowMs)
  }

  #grow(): void {
    if (this.#restMs > 0) this.#restMs = this.#restMs <= FIRST_REST_MS ? 0 : this.#restMs / 2
    else {
      const more = this.#isFeelingItsWay ? this.#keys : Math.max(1, Math.ceil(this.#keys / 16))
      this.#keys = Math.min(MOST_KEYS, this.#keys + more)
    }
  }

  #judge(nowMs: number): void {
    this.#worstMs = 0
    this.#judgedAtMs = nowMs
  }
}
