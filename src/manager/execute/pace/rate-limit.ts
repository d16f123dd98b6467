/**
 * So much a second, of all lanes together. A batch may begin when those before it are paid for: over any time, what begins is
 * at most the rate, one batch, and what the credit is worth (the generic cell rate algorithm).
 */

/** Who comes late to its turn, for timers are coarse, may make up for so much. */
export const CREDIT_MS = 50

export class RateLimit {
  #perSecond: number | null
  /** When everything that has begun is paid for. */
  #paidAtMs = -Infinity

  /** @param perSecond `null`: no limit */
  constructor(perSecond: number | null) {
    this.#perSecond = perSecond
  }

  get perSecond(): number | null {
    return this.#perSecond
  }

  /** A new rate from now on; what is not paid for yet is paid at the new one. */
  change(perSecond: number | null, nowMs: number): void {
    const owed = this.#perSecond === null ? 0 : this.waitMs(nowMs) * this.#perSecond
    this.#perSecond = perSecond
    this.#paidAtMs = perSecond === null ? -Infinity : nowMs + owed / perSecond
  }

  /** How long the next batch has to wait, ms; 0: it may begin. */
  waitMs(nowMs: number): number {
    return this.#perSecond === null ? 0 : Math.max(0, this.#paidAtMs - nowMs)
  }

  /** A batch of `amount` begins. A negative amount gives back what was taken too much. */
  take(nowMs: number, amount: number): void {
    if (this.#perSecond === null) return
    this.#paidAtMs = Math.max(this.#paidAtMs, nowMs - CREDIT_MS) + (amount * 1000) / this.#perSecond
  }
}
