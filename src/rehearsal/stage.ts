/**
 * Where the real, asynchronous manager meets nodes that live in virtual time. The nodes are driven event by event; whenever one of
 * them has told the manager something, the manager is let run until it waits again. So the order of everything is a matter of the seed
 * alone, and no time passes but the virtual one.
 */
import type {Simulator} from '../engine/sim/simulator.js'

/** The work did not end in its time, or nothing is left that could ever end it. */
export class Overdue extends Error {
  override readonly name = 'Overdue'
}

export class Stage {
  readonly simulator: Simulator
  /** Whether somebody waits for the world outside, such as a file that is being read: no virtual time passes meanwhile. */
  isOutsideBusy: () => boolean = () => false
  #stirred = false

  constructor(simulator: Simulator) {
    this.simulator = simulator
  }

  get nowMs(): number {
    return this.simulator.nowMs
  }

  /** A promise that the manager may wait for has been settled: it is to run before the next event. */
  stir(): void {
    this.#stirred = true
  }

  /**
   * Lets time pass until `work` is settled.
   * @param limitMs virtual time that it may take
   * @param isOver asked after each event: the wait ends, with `undefined`, though the work does not (whoever did it was killed)
   * @throws Overdue, and what `work` throws
   */
  async until<Result>(
    what: string,
    work: Promise<Result>,
    limitMs: number,
    isOver: () => boolean = () => false,
  ): Promise<Result | undefined> {
    const deadlineMs = this.nowMs + limitMs
    let settled: {readonly value: Result} | {readonly error: unknown} | undefined
    work.then(
      (value) => (settled = {value}),
      (error: unknown) => (settled = {error}),
    )
    await this.#idle()
    while (settled === undefined && !isOver()) {
      if (this.nowMs > deadlineMs) throw new Overdue(`${what} has not ended within ${limitMs / 1000} s`)
      if (!this.simulator.step()) throw new Overdue(`${what} waits for nothing that could ever happen`)
      if (!this.#stirred) continue
      this.#stirred = false
      await this.#idle()
    }
    if (settled === undefined) return undefined
    if ('error' in settled) throw settled.error
    return settled.value
  }

  /** When every promise that can go on has gone on: Node runs them all before it looks at its immediates. */
  async #idle(): Promise<void> {
    do await new Promise<void>((resolve) => setImmediate(resolve))
    while (this.isOutsideBusy())
  }
}
