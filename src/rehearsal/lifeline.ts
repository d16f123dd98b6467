/** That a process inside a simulation lives, and how it dies: what it waits for is never answered then, and its connections break. */
import type {Address} from '../model/address.js'
import type {Argument} from '../manager/ports.js'
import type {Stage} from './stage.js'

export type Command = readonly Argument[]

export interface LifelineOptions {
  /** It is killed (`kill -9`) when it has sent so many commands; default: never. */
  readonly diesAfter?: number
  /** Told of the commands that leave together. */
  readonly tell?: (address: Address, commands: readonly Command[]) => void
}

export class Lifeline {
  readonly stage: Stage
  readonly #tell: NonNullable<LifelineOptions['tell']>
  readonly #holdings = new Set<() => void>()
  #commandsLeft: number
  #commandsSent = 0
  #isCut = false

  constructor(stage: Stage, {diesAfter = Infinity, tell = () => undefined}: LifelineOptions = {}) {
    this.stage = stage
    this.#commandsLeft = diesAfter
    this.#tell = tell
  }

  get isCut(): boolean {
    return this.#isCut
  }

  get commandsSent(): number {
    return this.#commandsSent
  }

  /** `kill -9`. */
  cut(): void {
    if (this.#isCut) return
    this.#isCut = true
    for (const release of this.#holdings) release()
    this.#holdings.clear()
  }

  /** What the system does in its place when it is dead: closes a socket, drops a timer. @returns it has done so itself */
  holds(release: () => void): () => void {
    this.#holdings.add(release)
    return () => void this.#holdings.delete(release)
  }

  /** A promise that is never settled once the process is dead. */
  promise<Value>(work: (resolve: (value: Value) => void, reject: (error: Error) => void) => void): Promise<Value> {
    return new Promise((resolve, reject) => {
      const whileAlive =
        <Outcome>(settle: (outcome: Outcome) => void) =>
        (outcome: Outcome): void => {
          if (this.#isCut) return
          settle(outcome)
          this.stage.stir()
        }
      if (!this.#isCut) work(whileAlive(resolve), whileAlive(reject))
    })
  }

  /** Runs something in `delayMs`, if it still lives then. @returns cancels it */
  after(delayMs: number, run: () => void): () => void {
    const cancel = this.stage.simulator.schedule(delayMs, () => {
      released()
      run()
    })
    const released = this.holds(cancel)
    return () => {
      released()
      cancel()
    }
  }

  /** Those of `commands` that it lives to send: whoever is killed between two commands has sent the first and not the second. */
  allowed(address: Address, commands: readonly Command[]): readonly Command[] {
    const sent = commands.length <= this.#commandsLeft ? commands : commands.slice(0, Math.max(0, this.#commandsLeft))
    this.#commandsLeft -= commands.length
    this.#commandsSent += sent.length
    if (sent.length > 0) this.#tell(address, sent)
    return sent
  }
}
