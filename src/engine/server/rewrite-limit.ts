/** Rewrites of the AOF that fail again and again are tried less and less often. */

const FAILURES_ALLOWED = 3
const LONGEST_MINUTES = 60
const MINUTE_MS = 60_000

/** Source: Redis' aofRewriteLimited. */
export class RewriteLimit {
  #delayMinutes = 0
  #nextMs = 0
  /** In a row. */
  failures = 0

  /** Whether a rewrite that nobody asked for at this moment has to wait; `log` hears of it once each time. */
  holds(nowMs: number, log: (text: string) => void): boolean {
    if (this.failures < FAILURES_ALLOWED) {
      this.#delayMinutes = 0
      this.#nextMs = 0
      return false
    }
    if (this.#nextMs !== 0) {
      if (nowMs < this.#nextMs) return true
      this.#nextMs = 0
      return false
    }
    this.#delayMinutes = this.#delayMinutes === 0 ? 1 : Math.min(this.#delayMinutes * 2, LONGEST_MINUTES)
    this.#nextMs = nowMs + this.#delayMinutes * MINUTE_MS
    log(
      `Background AOF rewrite has repeatedly failed and triggered the limit, will retry in ${this.#delayMinutes} minutes`,
    )
    return true
  }
}
