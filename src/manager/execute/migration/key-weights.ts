/** What keys weigh in their node's memory, for telling and limiting bytes: https://redis.io/docs/latest/commands/memory-usage/ */
import {ManagerError} from '../../error.js'
import type {ManagerClock, NodeClient} from '../../ports.js'

/** A few keys now and then: some 2 µs each at the node, a handful of times a second. */
const SAMPLE_KEYS = 8
const SAMPLE_EVERY_MS = 250
/** So much of the mean comes from the latest sample. */
const FRESH = 0.3
/** In one write when each key is weighed. */
const QUESTIONS_AT_ONCE = 500

/** The weights of some keys, in their order. */
export interface Weights {
  /** Of `count` keys from the `from`-th on, in bytes; 0 where nobody knows. */
  sum(from: number, count: number): number
}

export class KeyWeights {
  readonly #scout: NodeClient
  readonly #clock: ManagerClock
  #mean = 0
  #sampledAtMs = -Infinity
  #isForbidden = false

  /** @param scout a connection to the source that does not wait behind a MIGRATE */
  constructor(scout: NodeClient, clock: ManagerClock) {
    this.#scout = scout
    this.#clock = clock
  }

  /**
   * Reckoned from a sample that is taken beside the work, or weighed one by one.
   * @param each weigh each key: for a limit in bytes
   * @throws ManagerError when each is to be weighed and the node does not allow it
   */
  async of(keys: readonly Uint8Array[], each: boolean): Promise<Weights> {
    if (!each) {
      const isFirst = this.#sampledAtMs === -Infinity
      const sample = this.#sample(keys)
      // Until something is known nothing could be told; later nobody waits.
      if (isFirst) await sample
      const mean = this.#mean
      return {sum: (_from, count) => Math.round(mean * count)}
    }
    const weights: number[] = []
    for (let from = 0; from < keys.length; from += QUESTIONS_AT_ONCE) {
      weights.push(...(await this.#weigh(keys.slice(from, from + QUESTIONS_AT_ONCE))))
    }
    return {sum: (from, count) => weights.slice(from, from + count).reduce((sum, bytes) => sum + bytes, 0)}
  }

  async #sample(keys: readonly Uint8Array[]): Promise<void> {
    const nowMs = this.#clock.nowMs()
    if (keys.length === 0 || this.#isForbidden || nowMs - this.#sampledAtMs < SAMPLE_EVERY_MS) return
    this.#sampledAtMs = nowMs
    const stride = Math.max(1, Math.floor(keys.length / SAMPLE_KEYS))
    const some = keys.filter((_, index) => index % stride === 0).slice(0, SAMPLE_KEYS)
    try {
      this.#learn(await this.#weigh(some))
    } catch {
      // A node that does not tell is not asked again; that one is gone is for the lane to notice.
      this.#isForbidden = true
    }
  }

  #learn(weights: readonly number[]): void {
    const found = weights.filter((bytes) => bytes > 0)
    if (found.length === 0) return
    const mean = found.reduce((sum, bytes) => sum + bytes, 0) / found.length
    this.#mean = this.#mean === 0 ? mean : this.#mean + (mean - this.#mean) * FRESH
  }

  /** 0 for a key that is not there any more. */
  async #weigh(keys: readonly Uint8Array[]): Promise<number[]> {
    const replies = await this.#scout.pipeline(keys.map((key) => ['MEMORY', 'USAGE', key]))
    return replies.map((reply) => {
      if (reply instanceof ManagerError && reply.code === 'not-permitted') throw cannotWeigh(reply)
      return typeof reply === 'number' ? reply : 0
    })
  }
}

function cannotWeigh(error: ManagerError): ManagerError {
  return new ManagerError('not-permitted', error.message, {
    node: error.node,
    reply: error.reply,
    cause: error,
    hint: 'a rate in bytes needs MEMORY USAGE: allow it, or give the rate in keys/s',
  })
}
