/** Runs one core, in the real world or in a simulated one: a turn for each pass of the event loop in which something happened. */
import {applyTurn} from './apply-turn.js'
import {
  type Clock,
  type ConnectionId,
  type Core,
  type Ending,
  type Endpoint,
  type LinkId,
  type LogLine,
  type Storage,
  type Transport,
  type TurnOutput,
} from './ports.js'

const TICK_MS = 100
/** The longest wait that a timer of Node's takes. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** What the core hears of the world. */
export type CoreEvents = Omit<Core, 'beginTurn' | 'tick' | 'endTurn'>

/** A transport that can be held as a process is that is stopped. */
export interface HostTransport extends Transport {
  /** Tells nothing until `resume`; what arrives meanwhile waits. */
  pause(): void
  resume(): void
  /** Clients are not read from, or are again; the links are. */
  holdClients(isHeld: boolean): void
  /** Every 100 ms: tells how far slow clients have come. */
  tick(): void
}

export interface CoreHostOptions {
  readonly core: Core
  readonly clock: Clock
  readonly storage: Storage
  readonly log: (line: LogLine, nowMs: number) => void
  /** The node is over. With an error: a file could not be written, or the core failed. */
  readonly onEnd: (ending: Ending, error?: Error) => void
  /** Each turn's output, when it was carried out. */
  readonly afterTurn?: (output: TurnOutput) => void
}

/**
 * The first event of a pass of the loop opens the turn; it ends when that pass is over (`Clock.soon`), when every socket that had
 * something was read. So a thousand clients cost one turn, and a pipeline of a thousand requests one write (docs/adr/0006).
 */
export class CoreHost implements CoreEvents {
  readonly #options: CoreHostOptions
  readonly #core: Core
  #transport: HostTransport | undefined
  /** The transport, or what stands before it: a network that is slow on purpose. */
  #wire: Transport | undefined
  #inTurn = false
  #stopTicking: (() => void) | undefined
  #cancelWake: (() => void) | undefined
  /** When the timer that is set will ring; when the core wants its next turn. */
  #ringsAtMs = Infinity
  #wakeAtMs = Infinity
  /** Asked from outside, and DEBUG SLEEP: each holds the node on its own. */
  #paused = false
  #cancelSleep: (() => void) | undefined
  #holdsClients = false
  #over = false
  readonly #endTurnSoon = (): void => this.#endTurn()

  constructor(options: CoreHostOptions) {
    this.#options = options
    this.#core = options.core
  }

  /** From now on the core hears of the world. Its first turn is a tick. */
  run(transport: HostTransport): void {
    this.#transport = transport
    this.#wire ??= transport
    transport.resume()
    this.#stopTicking = this.#options.clock.every(TICK_MS, () => this.#tick())
    this.#tick()
  }

  /** What the core says leaves by way of this from now on. */
  speakThrough(wire: Transport): void {
    this.#wire = wire
  }

  /** One turn for something that comes from the process itself. */
  turn(work: () => void): void {
    if (this.#over) return
    if (this.#inTurn) this.#endTurn()
    this.#give(work)
    this.#endTurn()
  }

  /** The same for what the node only takes note of: while it is held, its next turn finds it. */
  note(tell: () => void): void {
    if (this.#isHeld) tell()
    else this.turn(tell)
  }

  /** As SIGSTOP: connections stay open, nothing is read, answered or noticed. */
  pause(): void {
    if (this.#paused || this.#over) return
    if (this.#inTurn) this.#endTurn()
    this.#paused = true
    this.#transport?.pause()
  }

  /** As SIGCONT. */
  resume(): void {
    if (!this.#paused || this.#over) return
    this.#paused = false
    this.#goOn()
  }

  /** Stops at once: what the turn in hand would have written is lost. */
  end(): void {
    this.#over = true
    this.#stopTicking?.()
    this.#cancelWake?.()
    this.#cancelSleep?.()
  }

  clientOpened(id: ConnectionId, peer: Endpoint, local: Endpoint): void {
    this.#give(() => this.#core.clientOpened(id, peer, local))
  }

  /** The one that is called for every read of every client: no closure. */
  clientBytes(id: ConnectionId, chunk: Uint8Array): void {
    if (this.#over) return
    try {
      if (!this.#inTurn) this.#beginTurn()
      this.#core.clientBytes(id, chunk)
    } catch (error) {
      this.#fail(error)
    }
  }

  clientDrained(id: ConnectionId, pendingBytes: number): void {
    this.#give(() => this.#core.clientDrained(id, pendingBytes))
  }

  clientClosed(id: ConnectionId): void {
    this.#give(() => this.#core.clientClosed(id))
  }

  linkOpened(id: LinkId, peer: Endpoint, local: Endpoint): void {
    this.#give(() => this.#core.linkOpened(id, peer, local))
  }

  linkAccepted(id: LinkId, peer: Endpoint, local: Endpoint): void {
    this.#give(() => this.#core.linkAccepted(id, peer, local))
  }

  linkBytes(id: LinkId, chunk: Uint8Array): void {
    this.#give(() => this.#core.linkBytes(id, chunk))
  }

  linkDrained(id: LinkId, pendingBytes: number): void {
    this.#give(() => this.#core.linkDrained(id, pendingBytes))
  }

  linkClosed(id: LinkId, reason: string): void {
    this.#give(() => this.#core.linkClosed(id, reason))
  }

  /** Hands one input to the core, in the turn of this pass. */
  #give(input: () => void): void {
    if (this.#over) return
    try {
      if (!this.#inTurn) this.#beginTurn()
      input()
    } catch (error) {
      this.#fail(error)
    }
  }

  #beginTurn(): void {
    this.#inTurn = true
    this.#options.clock.soon(this.#endTurnSoon)
    this.#core.beginTurn(this.#options.clock.nowMs())
  }

  #endTurn(): void {
    if (!this.#inTurn || this.#over) return
    this.#inTurn = false
    try {
      const output = this.#core.endTurn()
      this.#apply(output)
    } catch (error) {
      this.#fail(error)
    }
  }

  #apply(output: TurnOutput): void {
    const {log, clock, storage, onEnd, afterTurn} = this.#options
    if (output.logs.length > 0) for (const line of output.logs) log(line, clock.nowMs())
    // A crash writes nothing more: neither files nor replies.
    if (output.ending !== 'crash') applyTurn(output, storage, this.#wire!)
    afterTurn?.(output)
    if (output.ending !== undefined) {
      this.end()
      onEnd(output.ending)
      return
    }
    if (output.holdsClients !== this.#holdsClients) this.#holdClients(output.holdsClients)
    this.#wakeAtMs = output.wakeAtMs
    if (output.asleepUntilMs > 0) this.#sleep(output.asleepUntilMs)
    else if (this.#wakeAtMs < this.#ringsAtMs) this.#setTimer()
  }

  #tick(): void {
    if (this.#isHeld) return
    this.#transport?.tick()
    this.#give(() => this.#core.tick())
  }

  get #isHeld(): boolean {
    return this.#paused || this.#cancelSleep !== undefined
  }

  #setTimer(): void {
    this.#cancelWake?.()
    const {clock} = this.#options
    const delayMs = Math.min(Math.max(0, Math.ceil(this.#wakeAtMs - clock.nowMs())), LONGEST_TIMER_MS)
    this.#ringsAtMs = this.#wakeAtMs
    if (delayMs > 0) {
      this.#cancelWake = clock.after(delayMs, () => this.#ring())
      return
    }
    // It is due: after the sockets had their chance, for a core with much to do must not starve its clients.
    let isCancelled = false
    clock.soon(() => (isCancelled ? undefined : this.#ring()))
    this.#cancelWake = () => (isCancelled = true)
  }

  #ring(): void {
    this.#ringsAtMs = Infinity
    this.#cancelWake = undefined
    if (this.#isHeld || this.#over || this.#wakeAtMs === Infinity) return
    // The core may have changed its mind since the timer was set.
    if (this.#wakeAtMs > this.#options.clock.nowMs()) this.#setTimer()
    else this.#give(() => undefined)
  }

  /** What came in this pass is not heard before the node wakes, nor is anything said. */
  #sleep(untilMs: number): void {
    if (this.#cancelSleep !== undefined) return
    this.#transport?.pause()
    const {clock} = this.#options
    const delayMs = Math.min(Math.max(1, Math.ceil(untilMs - clock.nowMs())), LONGEST_TIMER_MS)
    this.#cancelSleep = clock.after(delayMs, () => {
      this.#cancelSleep = undefined
      this.#goOn()
    })
  }

  /** What they send meanwhile waits in the system, as it does for a server that is busy. */
  #holdClients(isHeld: boolean): void {
    this.#holdsClients = isHeld
    this.#transport?.holdClients(isHeld)
  }

  #goOn(): void {
    if (this.#isHeld || this.#over) return
    this.#transport?.resume()
    this.#tick()
  }

  /** A core that failed must not go on with half a change in it: the node ends as by a crash, its neighbours live. */
  #fail(error: unknown): void {
    if (this.#over) return
    this.end()
    const {log, clock, onEnd} = this.#options
    const cause = error instanceof Error ? error : new Error(String(error))
    log({level: 'warning', text: `Fatal: ${cause.message}. The node stops.`}, clock.nowMs())
    onEnd('crash', cause)
  }
}
