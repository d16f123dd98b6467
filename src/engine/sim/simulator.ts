/** Engine nodes in virtual time: no sockets, no files, no clock. The same seed and the same calls give the same trace. */
import {Commons} from '../cluster/commons.js'
import {PacketMemory} from '../cluster/packet-memory.js'
import {type Endpoint} from '../ports.js'
import {type Checker} from './checkers/checker.js'
import {Faults} from './faults.js'
import {type TurnCost, usualTurnCost} from './metered-core.js'
import {derivedRng} from './seeded-rng.js'
import {ClientMachine, type SimConnection, type SimListener} from './sim-client.js'
import {SimNode, type SimNodeOptions, type SimWorld} from './sim-node.js'
import {Trace, type TraceOptions} from './trace.js'
import {type Cancel, START_MS, VirtualClock} from './virtual-clock.js'
import {type Latency, VirtualNetwork} from './virtual-network.js'

export interface SimulatorOptions {
  readonly seed: number
  /** How long a message takes from one machine to another, ms. Default: 0.1 to 0.5. */
  readonly latencyMs?: Latency
  readonly trace?: TraceOptions
  /** How long the turns of nodes take. Default: 0.02 ms each. */
  readonly turnCost?: TurnCost
}

export interface NewNode extends Partial<Pick<SimNodeOptions, 'bornWhole' | 'files'>> {
  /** An address of its own by default: each node has a machine to itself. */
  readonly host?: string
  readonly port?: number
  /** redis.conf directives. Default: cluster mode, nothing saved. */
  readonly config?: Readonly<Record<string, string>>
}

export const USUAL_LATENCY: Latency = {from: 0.1, to: 0.5}
const FIRST_PORT = 7000
const HOSTS_PER_NETWORK = 250

export class Simulator {
  readonly seed: number
  readonly trace: Trace
  readonly faults: Faults
  readonly #clock = new VirtualClock()
  readonly #network: VirtualNetwork
  readonly #nodes: SimNode[] = []
  readonly #world: SimWorld
  readonly #clients: ClientMachine
  readonly #checkers: Checker[] = []
  /** What has been found in the event in hand: it ends the simulation. */
  #failure: Error | undefined

  constructor({seed, latencyMs = USUAL_LATENCY, trace, turnCost = usualTurnCost}: SimulatorOptions) {
    this.seed = seed
    this.trace = new Trace(trace)
    const [clock, rng] = [this.#clock, derivedRng(seed, 'network')]
    this.#network = new VirtualNetwork({clock, rng, trace: this.trace, latency: latencyMs})
    this.#world = {
      ...{seed, clock, turnCost, commons: new Commons(new PacketMemory()), network: this.#network, trace: this.trace},
      onTurn: (node, output) => {
        try {
          for (const checker of this.#checkers) checker.turnEnded(node, output)
        } catch (error) {
          this.#failure ??= error instanceof Error ? error : new Error(String(error))
        }
      },
      onBug: (error) => (this.#failure ??= error),
    }
    const machine = this.#network.addMachine('10.255.255.254', () => clock.nowMs)
    this.#clients = new ClientMachine(this.#network, machine)
    this.faults = new Faults({network: this.#network, clients: machine, note: (what) => this.note('faults', what)})
  }

  /** Unix ms. */
  get nowMs(): number {
    return this.#clock.nowMs
  }

  /** Since the beginning. */
  get elapsedMs(): number {
    return this.#clock.nowMs - START_MS
  }

  get nodes(): readonly SimNode[] {
    return this.#nodes
  }

  /**
   * Starts a node, with a disk of its own.
   * @throws Error when a directive is wrong
   */
  addNode(options: NewNode = {}): SimNode {
    const index = this.#nodes.length
    const {host = hostOf(index), port = FIRST_PORT + index, config = {}, ...rest} = options
    const address = {host, port}
    const node = new SimNode(this.#world, {index, address, config: {'cluster-enabled': 'yes', ...config}, ...rest})
    this.#nodes.push(node)
    return node
  }

  /** The node at an address; undefined when there is none. */
  nodeAt({host, port}: Endpoint): SimNode | undefined {
    return this.#nodes.find(({address}) => address.host === host && address.port === port)
  }

  /** A connection of a client. It can be written to at once; latency and faults apply. */
  connect(node: SimNode | Endpoint, listener: SimListener): SimConnection {
    return this.#clients.connect(node instanceof SimNode ? node.address : node, listener)
  }

  /** On the true clock, in so many ms. */
  schedule(delayMs: number, run: () => void): Cancel {
    return this.#clock.schedule(delayMs, run)
  }

  /** Every turn of every node is looked at from now on. */
  check(...checkers: readonly Checker[]): void {
    this.#checkers.push(...checkers)
  }

  /** A line of the trace. */
  note(who: string, what: string): void {
    this.trace.note(this.#clock.nowMs, who, what)
  }

  /**
   * Lets the next event happen. False when nothing is left to happen.
   * @throws Violation when a rule is broken, Error when a node has failed by itself
   */
  step(): boolean {
    const hasHappened = this.#clock.step()
    if (this.#failure !== undefined) throw this.#failure
    return hasHappened
  }

  /** Lets time pass. @throws as `step` does */
  run(ms: number): void {
    const endMs = this.#clock.nowMs + ms
    while (this.#clock.nextMs <= endMs) this.step()
    this.#clock.advanceTo(endMs)
  }

  /**
   * Lets time pass until something is so; that is looked at once in each ms at most.
   * @returns how long it took, ms
   * @throws Error with the end of the trace when it is not so in time, and as `step` does
   */
  runUntil(what: string, condition: () => boolean, limitMs: number): number {
    const startMs = this.#clock.nowMs
    while (!condition()) {
      if (this.#clock.nowMs - startMs > limitMs) {
        throw new Error(`seed ${this.seed}: not within ${limitMs} ms: ${what}\n${this.trace.tail()}`)
      }
      this.run(1)
    }
    return this.#clock.nowMs - startMs
  }
}

/** Where a node is when nobody says so. */
export function hostOf(index: number): string {
  return `10.0.${Math.floor(index / HOSTS_PER_NETWORK)}.${(index % HOSTS_PER_NETWORK) + 1}`
}
