/** The sockets of one simulated node: its clients, its links, and what waits while it stands still. */
import {assert} from '../../model/assert.js'
import {type CoreEvents, type HostTransport} from '../core-host.js'
import {type PacketMemory} from '../cluster/packet-memory.js'
import {Gate} from '../gate.js'
import {type Bytes, type Connection, type ConnectionId, type Endpoint, type LinkId} from '../ports.js'
import {type Processor} from './processor.js'
import {type End, type Listener, type Machine, type Station, type VirtualNetwork, type Wire} from './virtual-network.js'

/** Who asks a node in its own process hears the answer so. */
export type LocalReader = (bytes: Bytes) => void

const LOCAL: Endpoint = {host: '127.0.0.1', port: 0}

export class VirtualSockets implements HostTransport {
  readonly #network: VirtualNetwork
  readonly #machine: Machine
  readonly #processor: Processor
  readonly #packets: PacketMemory | undefined
  #events!: CoreEvents
  readonly #gate = new Gate()
  /** Held clients are not read from: what they send waits here. */
  readonly #clientGate = new Gate()
  readonly #clients = new Map<ConnectionId, Wire>()
  readonly #links = new Map<LinkId, Wire>()
  readonly #locals = new Map<ConnectionId, LocalReader>()
  #lastClient = 0
  #lastAccepted = 0
  readonly #clientStation: Station
  readonly #linkStation: Station
  #isOver = false

  constructor(options: {
    readonly network: VirtualNetwork
    readonly machine: Machine
    readonly processor: Processor
    /** Gets packets back that were read. */
    readonly packets?: PacketMemory | undefined
  }) {
    this.#network = options.network
    this.#machine = options.machine
    this.#processor = options.processor
    this.#packets = options.packets
    this.#clientGate.open()
    this.#clientStation = this.#stationOfClients()
    this.#linkStation = this.#stationOfLinks()
  }

  /** @param events who hears what arrives; it is told nothing before `resume` */
  tell(events: CoreEvents): void {
    this.#events = events
  }

  /** Who takes calls of clients. */
  get clientDoor(): Listener {
    return {
      machine: this.#machine,
      accept: (wire, peer, local) => {
        const id = ++this.#lastClient
        this.#clients.set(id, wire)
        this.#pass(() => this.#events.clientOpened(id, peer, local))
        return {station: this.#clientStation, id}
      },
    }
  }

  /** Who takes calls on the bus port. */
  get busDoor(): Listener {
    return {
      machine: this.#machine,
      accept: (wire, peer, local) => {
        const id = --this.#lastAccepted
        this.#links.set(id, wire)
        this.#pass(() => this.#events.linkAccepted(id, peer, local))
        return {station: this.#linkStation, id}
      },
    }
  }

  /** A client in the node's own process, without a wire. */
  openLocal(read: LocalReader): ConnectionId {
    const id = ++this.#lastClient
    this.#locals.set(id, read)
    this.#events.clientOpened(id, LOCAL, LOCAL)
    return id
  }

  /** The node's own account of its connections, for faults. */
  get wires(): readonly Wire[] {
    return [...this.#clients.values(), ...this.#links.values()]
  }

  get clientWires(): readonly Wire[] {
    return [...this.#clients.values()]
  }

  dial(link: LinkId, to: Endpoint): void {
    this.#links.set(link, this.#network.dial(this.#linkStation, link, to))
  }

  send(link: LinkId, bytes: Uint8Array): void {
    const wire = this.#links.get(link)
    if (wire !== undefined) this.#network.send(wire, endOf(wire, this.#linkStation, link), bytes)
  }

  hangUp(link: LinkId): void {
    const wire = this.#links.get(link)
    if (wire === undefined) return
    this.#links.delete(link)
    this.#network.close(wire, endOf(wire, this.#linkStation, link))
  }

  gather(): void {
    // Nothing is gained by larger packets here.
  }

  flush({id, output, closing}: Connection): void {
    const read = this.#locals.get(id)
    if (read !== undefined) return this.#answerLocally(id, read, {output, closing})
    const wire = this.#clients.get(id)
    if (wire === undefined) return
    const end = endOf(wire, this.#clientStation, id)
    if (closing !== 'now' && !output.isEmpty) this.#network.send(wire, end, joined(output.take()))
    if (closing === 'no') return
    this.#clients.delete(id)
    this.#network.close(wire, end)
    this.#pass(() => this.#events.clientClosed(id))
  }

  pause(): void {
    this.#gate.close()
  }

  resume(): void {
    this.#gate.open()
  }

  holdClients(isHeld: boolean): void {
    if (isHeld) this.#clientGate.close()
    else this.#clientGate.open()
  }

  tick(): void {
    // What waits is told when it changes.
  }

  /** Tells something to the node as its sockets do. */
  pass(tell: () => void): void {
    this.#pass(tell)
  }

  /** The process is gone; its system closes what it had open. `isSilent`: the machine is gone, too, and nobody is told. */
  destroy(isSilent: boolean): void {
    this.#isOver = true
    const [clients, links] = [[...this.#clients], [...this.#links]]
    this.#clients.clear()
    this.#links.clear()
    for (const [id, wire] of clients) this.#drop(wire, endOf(wire, this.#clientStation, id), isSilent)
    for (const [id, wire] of links) this.#drop(wire, endOf(wire, this.#linkStation, id), isSilent)
  }

  #drop(wire: Wire, end: End, isSilent: boolean): void {
    if (isSilent) this.#network.lose(end)
    else this.#network.close(wire, end)
  }

  #pass(tell: () => void): void {
    if (this.#isOver) return
    this.#processor.run(() => this.#gate.pass(() => (this.#isOver ? undefined : tell())))
  }

  #answerLocally(id: ConnectionId, read: LocalReader, {output, closing}: Pick<Connection, 'output' | 'closing'>): void {
    if (!output.isEmpty) read(Buffer.concat(output.take()).toString('latin1'))
    if (closing === 'no') return
    this.#locals.delete(id)
    this.#pass(() => this.#events.clientClosed(id))
  }

  #stationOfClients(): Station {
    return {
      machine: this.#machine,
      opened: () => undefined,
      bytes: (id, chunk) => {
        this.#pass(() => this.#clientGate.pass(() => (this.#isOver ? undefined : this.#events.clientBytes(id, chunk))))
      },
      closed: (id) => {
        this.#clients.delete(id)
        this.#pass(() => this.#clientGate.pass(() => (this.#isOver ? undefined : this.#events.clientClosed(id))))
      },
      waiting: (id, bytes) => this.#pass(() => this.#events.clientDrained(id, bytes)),
    }
  }

  #stationOfLinks(): Station {
    const ifStands = (id: LinkId, tell: () => void): void => {
      this.#pass(() => (this.#links.has(id) ? tell() : undefined))
    }
    return {
      machine: this.#machine,
      opened: (id, peer, local) => ifStands(id, () => this.#events.linkOpened(id, peer, local)),
      bytes: (id, chunk) => {
        ifStands(id, () => {
          this.#events.linkBytes(id, chunk)
          this.#packets?.giveBack(chunk)
        })
      },
      closed: (id, reason) => {
        ifStands(id, () => {
          this.#links.delete(id)
          this.#events.linkClosed(id, reason)
        })
      },
      waiting: (id, bytes) => ifStands(id, () => this.#events.linkDrained(id, bytes)),
    }
  }
}

/** A node may call itself: both ends are its own then, with numbers of their own. */
function endOf(wire: Wire, station: Station, id: number): End {
  const {near, far} = wire
  if (near.station === station && near.id === id) return near
  assert(far?.station === station && far.id === id, 'a wire belongs to who has it')
  return far
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
}
