/** A client of simulated nodes: bytes in, bytes out, over the virtual network and no socket. */
import {type Endpoint} from '../ports.js'
import {type Machine, type Station, type VirtualNetwork, type Wire} from './virtual-network.js'

export interface SimListener {
  onBytes(chunk: Uint8Array): void
  /** Once; not after `close`. */
  onClose(reason: string): void
  /** The connection stands. Bytes may be sent before. */
  onOpen?(): void
}

/** Where clients run: a machine of its own, which faults may name. */
export class ClientMachine {
  readonly #network: VirtualNetwork
  readonly machine: Machine
  #lastId = 0

  constructor(network: VirtualNetwork, machine: Machine) {
    this.#network = network
    this.machine = machine
  }

  connect(to: Endpoint, listener: SimListener): SimConnection {
    return new SimConnection({network: this.#network, machine: this.machine, id: ++this.#lastId, to, listener})
  }
}

interface SimConnectionOptions {
  readonly network: VirtualNetwork
  readonly machine: Machine
  readonly id: number
  readonly to: Endpoint
  readonly listener: SimListener
}

export class SimConnection implements Station {
  readonly machine: Machine
  readonly #network: VirtualNetwork
  readonly #listener: SimListener
  readonly #wire: Wire
  /** Sent before the connection stood. */
  readonly #early: Uint8Array[] = []
  #state: 'dialling' | 'open' | 'closed' = 'dialling'

  constructor({network, machine, id, to, listener}: SimConnectionOptions) {
    this.#network = network
    this.machine = machine
    this.#listener = listener
    this.#wire = network.dial(this, id, to)
  }

  get isClosed(): boolean {
    return this.#state === 'closed'
  }

  /** The bytes are handed over: they must not be changed afterwards. */
  send(bytes: Uint8Array): void {
    if (this.#state === 'dialling') this.#early.push(bytes)
    else this.#network.send(this.#wire, this.#wire.near, bytes)
  }

  /** The node hears what was sent before. The listener is told nothing more. */
  close(): void {
    this.#state = 'closed'
    this.#network.close(this.#wire, this.#wire.near)
  }

  /** As when somebody between the two cuts the connection: both hear of it, and what is under way is lost, or a part of it. */
  cut(): void {
    this.#network.break(this.#wire)
  }

  opened(): void {
    this.#state = 'open'
    for (const bytes of this.#early.splice(0)) this.send(bytes)
    this.#listener.onOpen?.()
  }

  bytes(_id: number, chunk: Uint8Array): void {
    this.#listener.onBytes(chunk)
  }

  closed(_id: number, reason: string): void {
    this.#state = 'closed'
    this.#listener.onClose(reason)
  }

  waiting(): void {
    // What a client sends into a partition waits in its system.
  }
}
