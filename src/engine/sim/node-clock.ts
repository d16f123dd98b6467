/** The clock of one simulated machine: it may run fast or slow, and be set wrong. */
import {type Clock, type Rng} from '../ports.js'
import {fraction} from '../chance.js'
import {type Processor} from './processor.js'
import {type VirtualClock} from './virtual-clock.js'

const MILLION = 1_000_000

export class NodeClock implements Clock {
  readonly #clock: VirtualClock
  readonly #processor: Processor
  readonly #rng: Rng
  /** Its own time at a moment of true time, and how much faster it runs since. */
  #trueMs: number
  #ownMs: number
  #rate: number

  /**
   * @param processor what rings is dealt with when it is free
   * @param rng draws when the first of regular rings comes: machines do not tick together
   */
  constructor(clock: VirtualClock, processor: Processor, rng: Rng, ppm = 0) {
    this.#clock = clock
    this.#processor = processor
    this.#rng = rng
    this.#trueMs = clock.nowMs
    this.#ownMs = clock.nowMs
    this.#rate = 1 + ppm / MILLION
  }

  nowMs(): number {
    return this.#ownMs + (this.#clock.nowMs - this.#trueMs) * this.#rate
  }

  every(ms: number, run: () => void): () => void {
    let isOver = false
    const ring = (): void => {
      if (isOver) return
      this.#clock.schedule(ms / this.#rate, ring)
      this.#processor.run(run)
    }
    this.#clock.schedule((ms * fraction(this.#rng)) / this.#rate, ring)
    return () => (isOver = true)
  }

  after(ms: number, run: () => void): () => void {
    return this.#clock.schedule(ms / this.#rate, () => this.#processor.run(run))
  }

  soon(run: () => void): void {
    this.#clock.soon(() => this.#processor.run(run))
  }

  /** From now on it gains so many microseconds a second. */
  drift(ppm: number): void {
    this.#settle()
    this.#rate = 1 + ppm / MILLION
  }

  /** Somebody sets it: forward, or back. */
  jump(ms: number): void {
    this.#settle()
    this.#ownMs += ms
  }

  #settle(): void {
    this.#ownMs = this.nowMs()
    this.#trueMs = this.#clock.nowMs
  }
}
