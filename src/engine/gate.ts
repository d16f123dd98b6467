/** Where the sockets' news waits while a node is paused: as in the kernel of a stopped process, nothing is lost and nothing is heard. */
export class Gate {
  #held: (() => void)[] | undefined = []

  get isOpen(): boolean {
    return this.#held === undefined
  }

  /** Tells now, or when the gate opens. A gate begins closed. */
  pass(tell: () => void): void {
    if (this.#held === undefined) tell()
    else this.#held.push(tell)
  }

  close(): void {
    this.#held ??= []
  }

  open(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const tell of held) this.pass(tell)
  }
}
