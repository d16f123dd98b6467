/** A slow network between a node's sockets and its core: everything arrives later, in both directions, in its order, and nothing is lost. */
import {type Clock, type Connection, type ConnectionId, type Endpoint, type LinkId, type Transport} from '../ports.js'
import {type SocketEvents} from './tcp-transport.js'

/** Where the slow wire stands: between these two. */
export interface WireEnds {
  /** Who hears what the sockets tell. */
  readonly events: SocketEvents
  /** Who sends what the core says. */
  readonly transport: Transport
  readonly clock: Clock
  /** Hands something to the core now, or when the node goes on that is paused. */
  readonly pass: (tell: () => void) => void
}

interface Parcel {
  readonly dueMs: number
  readonly deliver: () => void
}

/** One direction. */
class Lane {
  readonly #clock: Clock
  #queue: Parcel[] = []
  #cancel: (() => void) | undefined
  delayMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A delay that has become shorter overtakes nothing. */
  send(deliver: () => void): void {
    const earliestMs = this.#queue.at(-1)?.dueMs ?? 0
    this.#queue.push({dueMs: Math.max(earliestMs, this.#clock.nowMs() + this.delayMs), deliver})
    if (this.#cancel === undefined) this.#wait()
  }

  /** Everything arrives now. */
  deliverAll(): void {
    const queue = this.#queue
    this.clear()
    for (const {deliver} of queue) deliver()
  }

  clear(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#queue = []
  }

  #wait(): void {
    const leftMs = this.#queue[0]!.dueMs - this.#clock.nowMs()
    this.#cancel = this.#clock.after(Math.max(1, Math.ceil(leftMs)), () => this.#deliverDue())
  }

  #deliverDue(): void {
    this.#cancel = undefined
    const nowMs = this.#clock.nowMs()
    const waiting = this.#queue.findIndex(({dueMs}) => dueMs > nowMs)
    const due = this.#queue.splice(0, waiting < 0 ? this.#queue.length : waiting)
    if (this.#queue.length > 0) this.#wait()
    for (const {deliver} of due) deliver()
  }
}

export class SlowWire implements Transport, SocketEvents {
  readonly #ends: WireEnds
  readonly #inward: Lane
  readonly #outward: Lane

  constructor(ends: WireEnds) {
    this.#ends = ends
    this.#inward = new Lane(ends.clock)
    this.#outward = new Lane(ends.clock)
  }

  /** Added to each round trip: one half on the way in, one on the way out. In ms. */
  set latencyMs(ms: number) {
    this.#inward.delayMs = ms / 2
    this.#outward.delayMs = ms / 2
  }

  /** The network is quick again: what is under way arrives now. Answers before what they did not wait for. */
  finish(): void {
    this.#outward.deliverAll()
    this.#inward.deliverAll()
  }

  /** The node is over: what is under way is lost with it. */
  destroy(): void {
    this.#inward.clear()
    this.#outward.clear()
  }

  /** What is to follow the answers to everything that came so far. */
  readonly afterAnswers = (follow: () => void): void => {
    this.#inward.send(() => this.#ends.pass(() => setImmediate(() => this.#outward.send(follow))))
  }

  clientOpened(id: ConnectionId, peer: Endpoint, local: Endpoint): void {
    this.#arrive((events) => events.clientOpened(id, peer, local))
  }

  clientBytes(id: ConnectionId, chunk: Uint8Array): void {
    const kept = new Uint8Array(chunk)
    this.#arrive((events) => events.clientBytes(id, kept))
  }

  /** Only the node's own account of what it has handed to the system. */
  clientDrained(id: ConnectionId, pendingBytes: number): void {
    this.#ends.events.clientDrained(id, pendingBytes)
  }

  clientClosed(id: ConnectionId): void {
    this.#arrive((events) => events.clientClosed(id))
  }

  linkOpened(id: LinkId, peer: Endpoint, local: Endpoint): void {
    this.#arrive((events) => events.linkOpened(id, peer, local))
  }

  linkAccepted(id: LinkId, peer: Endpoint, local: Endpoint): void {
    this.#arrive((events) => events.linkAccepted(id, peer, local))
  }

  linkBytes(id: LinkId, chunk: Uint8Array): void {
    const kept = new Uint8Array(chunk)
    this.#arrive((events) => events.linkBytes(id, kept))
  }

  linkDrained(id: LinkId, pendingBytes: number): void {
    this.#ends.events.linkDrained(id, pendingBytes)
  }

  linkClosed(id: LinkId, reason: string): void {
    this.#arrive((events) => events.linkClosed(id, reason))
  }

  dial(link: LinkId, to: Endpoint): void {
    this.#outward.send(() => this.#ends.transport.dial(link, to))
  }

  send(link: LinkId, bytes: Uint8Array): void {
    this.#outward.send(() => this.#ends.transport.send(link, bytes))
  }

  hangUp(link: LinkId): void {
    this.#outward.send(() => this.#ends.transport.hangUp(link))
  }

  gather(connection: ConnectionId): void {
    this.#ends.transport.gather(connection)
  }

  /** The output as it is now: the core goes on filling it. */
  flush({id, closing, output}: Connection): void {
    const chunks = output.isEmpty ? [] : output.take()
    const taken = {isEmpty: chunks.length === 0, take: () => chunks, takeText: () => undefined}
    this.#outward.send(() => this.#ends.transport.flush({id, closing, output: taken}))
  }

  #arrive(tell: (events: SocketEvents) => void): void {
    const {pass, events} = this.#ends
    this.#inward.send(() => pass(() => tell(events)))
  }
}
