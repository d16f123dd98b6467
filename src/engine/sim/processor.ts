/** The one thread of a simulated process: while it is busy, what it has to do waits in its order. */
import {type VirtualClock} from './virtual-clock.js'

export class Processor {
  readonly #clock: VirtualClock
  #waiting: (() => void)[] = []
  #freeAtMs = 0
  #isArmed = false
  #isOver = false

  constructor(clock: VirtualClock) {
    this.#clock = clock
  }

  /** Unix ms at which it can do something else; what it says now leaves then. */
  get freeAtMs(): number {
    return Math.max(this.#freeAtMs, this.#clock.nowMs)
  }

  /** What it does at this moment takes so long. */
  occupy(ms: number): void {
    if (ms > 0) this.#freeAtMs = this.freeAtMs + ms
  }

  /** Now, or when it is free. */
  run(task: () => void): void {
    if (this.#isOver) return
    if (this.#waiting.length === 0 && this.#freeAtMs <= this.#clock.nowMs) return task()
    this.#waiting.push(task)
    this.#arm()
  }

  /** What waits is never done. */
  end(): void {
    this.#isOver = true
    this.#waiting = []
  }

  #arm(): void {
    if (this.#isArmed) return
    this.#isArmed = true
    this.#clock.at(this.#freeAtMs, () => this.#drain())
  }

  #drain(): void {
    this.#isArmed = false
    while (this.#waiting.length > 0 && this.#freeAtMs <= this.#clock.nowMs) this.#waiting.shift()!()
    if (this.#waiting.length > 0) this.#arm()
  }
}
