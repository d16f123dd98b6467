/**
 * Ctrl-C, SIGTERM and a lost terminal. Before anything is changed they end the command; while a plan is carried out the
 * first asks to finish what is in hand, the second to stop at once.
 */

export class Interruption {
  readonly #stop = new AbortController()
  readonly #kill = new AbortController()
  readonly #say: (message: string) => void
  readonly #listener = (): void => this.#interrupt()
  #working = false

  /** @param say tells the operator that the signal was heard */
  constructor(say: (message: string) => void) {
    this.#say = say
  }

  get stop(): AbortSignal {
    return this.#stop.signal
  }

  get kill(): AbortSignal {
    return this.#kill.signal
  }

  listen(): void {
    for (const signal of SIGNALS) process.on(signal, this.#listener)
  }

  ignore(): void {
    for (const signal of SIGNALS) process.off(signal, this.#listener)
  }

  /** As the first signal, for a reason of our own. */
  stopBecause(reason: string): void {
    if (this.#stop.signal.aborted) return
    this.#stop.abort()
    this.#say(`stopping: ${reason}; what is in hand is being finished`)
  }

  /** While `work` runs, a signal is a request. */
  async during<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#working = true
    try {
      return await work()
    } finally {
      this.#working = false
    }
  }

  #interrupt(): void {
    if (!this.#working) {
      this.#say('interrupted: nothing was changed')
      process.exit(INTERRUPTED)
    }
    if (!this.#stop.signal.aborted) {
      this.#stop.abort()
      this.#say('stopping: what is in hand is being finished; once more stops at once')
    } else if (!this.#kill.signal.aborted) {
      this.#kill.abort()
      this.#say('stopping at once')
    }
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const INTERRUPTED = 130
