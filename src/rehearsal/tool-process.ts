/** One run of tscluster inside a simulation: its clock, its connections, and the signals that it hears. */
import type {ManagerClock} from '../manager/ports.js'
import {Lifeline, type LifelineOptions} from './lifeline.js'
import {SimNodePool} from './sim-node-pool.js'
import type {Stage} from './stage.js'

export class ToolProcess {
  readonly stage: Stage
  readonly lifeline: Lifeline
  readonly pool: SimNodePool
  readonly clock: ManagerClock
  readonly #stop = new AbortController()
  readonly #kill = new AbortController()

  constructor(stage: Stage, options: LifelineOptions = {}) {
    this.stage = stage
    this.lifeline = new Lifeline(stage, options)
    this.pool = new SimNodePool(this.lifeline)
    this.clock = {
      nowMs: () => stage.nowMs,
      sleep: (ms, signal) => this.#sleep(ms, signal),
    }
  }

  get isDead(): boolean {
    return this.lifeline.isCut
  }

  /** First Ctrl-C. */
  get stop(): AbortSignal {
    return this.#stop.signal
  }

  /** Second Ctrl-C. */
  get kill(): AbortSignal {
    return this.#kill.signal
  }

  /** Ctrl-C: the first asks, the second insists. */
  interrupt(): void {
    if (this.#stop.signal.aborted) this.#kill.abort()
    else this.#stop.abort()
    this.stage.stir()
  }

  /** `kill -9`. */
  die(): void {
    this.lifeline.cut()
  }

  /** It has ended by itself: its connections are closed. */
  exit(): void {
    this.pool.close()
  }

  #sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return this.lifeline.promise((resolve) => {
      if (signal?.aborted === true) return resolve()
      const end = (): void => {
        cancel()
        signal?.removeEventListener('abort', end)
        resolve()
      }
      const cancel = this.lifeline.after(ms, end)
      signal?.addEventListener('abort', end, {once: true})
    })
  }
}
