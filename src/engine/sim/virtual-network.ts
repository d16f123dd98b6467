/**
 * The wires of a simulation. Each direction of a connection keeps its order, as TCP does; between connections everything may
 * overtake everything, because each message is delayed by a time of its own.
 */
import {fraction} from '../chance.js'
import {type Endpoint, type Rng} from '../ports.js'
import {type Trace} from './trace.js'
import {type VirtualClock} from './virtual-clock.js'

/** Where wires end: the clients of a node, its links, or somebody outside. It numbers its ends itself. */
export interface Station {
  readonly machine: Machine
  opened(id: number, peer: Endpoint, local: Endpoint): void
  bytes(id: number, chunk: Uint8Array): void
  closed(id: number, reason: string): void
  /** So many bytes that it has sent wait because nobody acknowledges them. */
  waiting(id: number, bytes: number): void
}

/** Takes calls at an address. */
export interface Listener {
  readonly machine: Machine
  /** @returns the end of the wire at this side */
  accept(wire: Wire, peer: Endpoint, local: Endpoint): {readonly station: Station; readonly id: number}
}

/** What the faults of a network apply to. */
export class Machine {
  readonly index: number
  readonly host: string
  /** Added to each message to and from it, ms. */
  slowMs = 0
  /** Machines of different sides do not reach each other. */
  side = 0
  /** It has power: a machine without it does not even refuse. */
  isUp = true
  /** When the message in hand leaves, unix ms: later than now while the machine is busy. */
  leavesAtMs: () => number

  constructor(index: number, host: string, leavesAtMs: () => number) {
    this.index = index
    this.host = host
    this.leavesAtMs = leavesAtMs
  }
}

/** A message takes at least `from` and less than `to` from one machine to another, ms. */
export interface Latency {
  readonly from: number
  readonly to: number
}

/** What travels along a wire in one direction. */
type Parcel =
  | {readonly kind: 'open'; readonly peer: Endpoint; readonly local: Endpoint}
  | {readonly kind: 'bytes'; readonly chunk: Uint8Array}
  | {readonly kind: 'close'; readonly reason: string}

/** One side of a connection. */
export interface End {
  station: Station
  id: number
  isOpen: boolean
  /** The latest that anything sent from here arrives, unix ms: what is sent later does not overtake it. */
  arrivesMs: number
  /** Sent into a partition; TCP sends it again when the network is whole. */
  held: Parcel[] | undefined
  heldBytes: number
  /** Its machine went without a word: who writes to it is told when that machine is back. */
  isLost: boolean
}

function newEnd(station: Station, id: number): End {
  return {station, id, isOpen: true, arrivesMs: 0, held: undefined, heldBytes: 0, isLost: false}
}

const RESET = 'Connection reset by peer'
const CLOSED = 'connection closed by peer'
const REFUSED = 'Connection refused'
/** A call that nobody answers is made again after a second, then after two, four …, as Linux does it. */
const FIRST_PATIENCE_MS = 1000
const FIRST_CALLER_PORT = 32_768
const CALLER_PORTS = 28_232

/** A connection; `near` is the end of who called. */
export class Wire {
  readonly near: End
  far: End | undefined
  /** Broken in the middle: what arrives next on either side is cut short, and is the last. */
  isBroken = false

  constructor(near: End) {
    this.near = near
  }
}

export class VirtualNetwork {
  readonly #clock: VirtualClock
  readonly #rng: Rng
  readonly #trace: Trace
  readonly #listeners = new Map<string, Listener>()
  readonly #machines: Machine[] = []
  /** Wires with something held, in the order in which that began. */
  readonly #stuck = new Set<Wire>()
  #latency: Latency
  #calls = 0

  constructor(options: {
    readonly clock: VirtualClock
    readonly rng: Rng
    readonly trace: Trace
    readonly latency: Latency
  }) {
    this.#clock = options.clock
    this.#rng = options.rng
    this.#trace = options.trace
    this.#latency = options.latency
  }

  get machines(): readonly Machine[] {
    return this.#machines
  }

  set latency(latency: Latency) {
    this.#latency = latency
  }

  addMachine(host: string, leavesAtMs: () => number): Machine {
    const machine = new Machine(this.#machines.length, host, leavesAtMs)
    this.#machines.push(machine)
    return machine
  }

  listen({host, port}: Endpoint, listener: Listener): void {
    this.#listeners.set(`${host}:${port}`, listener)
  }

  /** Nobody is there any more: calls are refused. */
  unlisten({host, port}: Endpoint): void {
    this.#listeners.delete(`${host}:${port}`)
  }

  /** Calls somebody: the station hears `opened` after a round trip, or `closed` when that cannot be. */
  dial(station: Station, id: number, to: Endpoint): Wire {
    const wire = new Wire(newEnd(station, id))
    this.#call(wire, to)
    return wire
  }

  send(wire: Wire, from: End, chunk: Uint8Array): void {
    if (from.isOpen && chunk.length > 0) this.#post(wire, from, {kind: 'bytes', chunk})
  }

  /** This end vanishes, and nobody is told. */
  lose(end: End): void {
    end.isOpen = false
    end.isLost = true
  }

  /** This end closes: it hears no more, the other one hears what was sent before, and then that it is over. */
  close(wire: Wire, from: End): void {
    if (!from.isOpen) return
    from.isOpen = false
    if (wire.far !== undefined) this.#post(wire, from, {kind: 'close', reason: CLOSED})
  }

  /** The connection breaks: of what is under way a part arrives, or nothing; then both ends hear of it. */
  break(wire: Wire): void {
    const {near, far} = wire
    if (far === undefined || wire.isBroken) return
    wire.isBroken = true
    this.#letGo(wire)
    for (const end of [near, far]) this.#post(wire, end, {kind: 'close', reason: RESET})
  }

  /** Machines that are named together reach each other and nobody else; those not named are together, too. */
  partition(groups: readonly (readonly Machine[])[]): void {
    for (const machine of this.#machines) machine.side = 0
    groups.forEach((group, index) => {
      for (const machine of group) machine.side = index + 1
    })
    this.#resume()
  }

  heal(): void {
    this.partition([])
  }

  #resume(): void {
    for (const wire of [...this.#stuck]) {
      const {near, far} = wire
      if (far !== undefined && this.#isCut(near.station.machine, far.station.machine)) continue
      this.#stuck.delete(wire)
      for (const end of [near, far]) if (end !== undefined) this.#sendAgain(wire, end)
    }
  }

  #sendAgain(wire: Wire, from: End): void {
    const {held} = from
    if (held === undefined) return
    from.held = undefined
    from.heldBytes = 0
    if (from.isOpen) from.station.waiting(from.id, 0)
    for (const parcel of held) this.#post(wire, from, parcel)
  }

  #isCut(one: Machine, other: Machine): boolean {
    return one.side !== other.side
  }

  #call(wire: Wire, to: Endpoint, patienceMs = FIRST_PATIENCE_MS): void {
    const caller = wire.near.station.machine
    const arrivesMs = caller.leavesAtMs() + this.#delay(caller, this.#machineAt(to))
    this.#clock.at(arrivesMs, () => this.#ring(wire, to, patienceMs))
  }

  /** The call arrives. */
  #ring(wire: Wire, to: Endpoint, patienceMs: number): void {
    const {near} = wire
    if (!near.isOpen) return
    const caller = near.station.machine
    const listener = this.#listeners.get(`${to.host}:${to.port}`)
    const machine = this.#machineAt(to)
    if (machine !== undefined && (!machine.isUp || this.#isCut(caller, machine))) {
      // Nobody answers, not even to refuse.
      this.#clock.schedule(patienceMs, () => this.#ring(wire, to, 2 * patienceMs))
      return
    }
    if (listener === undefined) {
      this.#clock.schedule(this.#delay(caller, machine), () => this.#finish(near, REFUSED))
      return
    }
    const peer = {host: caller.host, port: FIRST_CALLER_PORT + (this.#calls++ % CALLER_PORTS)}
    const far = listener.accept(wire, peer, to)
    wire.far = newEnd(far.station, far.id)
    this.#post(wire, wire.far, {kind: 'open', peer: to, local: peer})
  }

  #machineAt(to: Endpoint): Machine | undefined {
    return this.#listeners.get(`${to.host}:${to.port}`)?.machine ?? this.#machines.find(({host}) => host === to.host)
  }

  #post(wire: Wire, from: End, parcel: Parcel): void {
    if (from.held !== undefined) {
      this.#hold(wire, from, parcel)
      return
    }
    const machine = from.station.machine
    const other = wire.near === from ? wire.far! : wire.near
    const arrivesMs = Math.max(from.arrivesMs, machine.leavesAtMs() + this.#delay(machine, other.station.machine))
    from.arrivesMs = arrivesMs
    this.#clock.at(arrivesMs, () => this.#arrive(wire, from, parcel))
  }

  #arrive(wire: Wire, from: End, parcel: Parcel): void {
    const to = wire.near === from ? wire.far! : wire.near
    const [sender, receiver] = [from.station.machine, to.station.machine]
    if (!to.isOpen) {
      if (to.isLost && receiver.isUp) this.#finish(from, RESET)
      return
    }
    if (from.held !== undefined || this.#isCut(sender, receiver)) {
      this.#hold(wire, from, parcel)
      return
    }
    if (parcel.kind === 'close') return this.#finish(to, parcel.reason)
    if (parcel.kind === 'open') return to.station.opened(to.id, parcel.peer, parcel.local)
    this.#trace.count(this.#clock.nowMs, sender.index, receiver.index, parcel.chunk.length)
    if (!wire.isBroken) return to.station.bytes(to.id, parcel.chunk)
    const arrived = Math.floor(parcel.chunk.length * fraction(this.#rng))
    if (arrived > 0) to.station.bytes(to.id, parcel.chunk.subarray(0, arrived))
    this.#finish(to, RESET)
  }

  #finish(end: End, reason: string): void {
    if (!end.isOpen) return
    end.isOpen = false
    end.station.closed(end.id, reason)
  }

  #hold(wire: Wire, from: End, parcel: Parcel): void {
    from.held ??= []
    from.held.push(parcel)
    this.#stuck.add(wire)
    if (parcel.kind !== 'bytes') return
    from.heldBytes += parcel.chunk.length
    if (from.isOpen) from.station.waiting(from.id, from.heldBytes)
  }

  /** What waits for the end of a partition is lost. */
  #letGo(wire: Wire): void {
    this.#stuck.delete(wire)
    wire.near.held = undefined
    if (wire.far !== undefined) wire.far.held = undefined
  }

  #delay(one: Machine, other?: Machine): number {
    const {from, to} = this.#latency
    return from + (to - from) * fraction(this.#rng) + one.slowMs + (other?.slowMs ?? 0)
  }
}
