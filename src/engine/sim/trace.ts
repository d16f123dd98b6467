/** What has happened, as text that is the same for the same seed on any machine, and its hash. */
import {hashOf} from './seeded-rng.js'
import {START_MS} from './virtual-clock.js'

export interface TraceOptions {
  /** Lines that are kept; older ones are dropped, but stay in the hash. Default 10,000. */
  readonly lines?: number
  /** Gets each line as it is written. */
  readonly onLine?: (line: string) => void
}

const DEFAULT_LINES = 10_000
const HEX_DIGITS = 8

export class Trace {
  readonly #lines: string[] = []
  readonly #limit: number
  readonly #onLine: ((line: string) => void) | undefined
  #hash = hashOf('')
  #events = 0

  constructor({lines = DEFAULT_LINES, onLine}: TraceOptions = {}) {
    this.#limit = lines
    this.#onLine = onLine
  }

  /** The latest ones, oldest first. */
  get lines(): readonly string[] {
    return this.#lines.length <= this.#limit ? this.#lines : this.#lines.slice(-this.#limit)
  }

  /** Of everything that has happened, messages included: eight hexadecimal digits. */
  get hash(): string {
    return this.#hash.toString(16).padStart(HEX_DIGITS, '0')
  }

  /** Messages that arrived. */
  get messages(): number {
    return this.#events
  }

  /** @param nowMs unix ms; shown as seconds since the beginning */
  note(nowMs: number, who: string, what: string): void {
    const line = `${((nowMs - START_MS) / 1000).toFixed(6)} ${who} ${what}`
    this.#hash = hashOf(line, this.#hash)
    // Twice as many are kept as are promised, so that old ones need not be dropped one by one.
    if (this.#lines.length >= 2 * this.#limit) this.#lines.splice(0, this.#limit)
    this.#lines.push(line)
    this.#onLine?.(line)
  }

  /** A message has arrived: no line of its own, there are too many of them. */
  count(nowMs: number, from: number, to: number, bytes: number): void {
    this.#events++
    const passedUs = Math.round((nowMs - START_MS) * 1000)
    let hash = this.#hash
    hash = Math.imul(hash ^ (passedUs >>> 0), 0x01000193)
    hash = Math.imul(hash ^ (from * 65_537 + to), 0x01000193)
    this.#hash = Math.imul(hash ^ bytes, 0x01000193) >>> 0
  }

  /** The last lines, for an error message. */
  tail(count = 40): string {
    return this.#lines.slice(-count).join('\n')
  }
}
