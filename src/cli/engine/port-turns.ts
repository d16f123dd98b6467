/** Work on nodes in its order: what concerns the same port is done one after another, everything else side by side. */

export class PortTurns {
  readonly #last = new Map<number, Promise<unknown>>()
  #underWay = 0

  /** Nothing is being done. */
  get isIdle(): boolean {
    return this.#underWay === 0
  }

  /** Does it as soon as what was asked before for any of these ports is over, however that ended. */
  async take<Result>(ports: readonly number[], work: () => Promise<Result>): Promise<Result> {
    this.#underWay++
    const result = Promise.all(ports.map((port) => this.#last.get(port) ?? Promise.resolve())).then(work)
    const over = result.then(
      () => undefined,
      () => undefined,
    )
    for (const port of ports) this.#last.set(port, over)
    try {
      return await result
    } finally {
      this.#underWay--
      for (const port of ports) if (this.#last.get(port) === over) this.#last.delete(port)
    }
  }

  /** When everything is over that was asked so far. */
  async settled(): Promise<void> {
    await Promise.all(this.#last.values())
  }
}
