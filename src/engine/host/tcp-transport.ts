/** The sockets of one node: its client port, its bus port, its connections and its links. */
import type net from 'node:net'
import {type Connection, type Endpoint, type LinkId, type Transport} from '../ports.js'
import {type ClientEvents, ClientSockets} from './client-sockets.js'
import {Gate} from './gate.js'
import {type LinkEvents, LinkSockets} from './link-sockets.js'
import {listen, ListenError} from './listener.js'

export type SocketEvents = ClientEvents & LinkEvents

export interface ListenOptions {
  /** The words of the `bind` directive. */
  readonly bind: string
  readonly port: number
  /** Undefined for a node without a bus. */
  readonly busPort: number | undefined
  /** Connections that may wait to be accepted. */
  readonly backlog: number
}

/** How long a node that shuts down waits for its clients to take their last replies. */
const FAREWELL_MS = 1000

export class TcpTransport implements Transport {
  readonly #gate = new Gate()
  readonly #clients: ClientSockets
  readonly #links: LinkSockets
  readonly #servers: net.Server[] = []

  /** Tells nothing before `resume`. */
  constructor(events: SocketEvents) {
    this.#clients = new ClientSockets(events, this.#gate)
    this.#links = new LinkSockets(events, this.#gate)
  }

  /** Opens the ports. @throws ListenError naming the port that cannot be had; then none is open */
  async listen({bind, port, busPort, backlog}: ListenOptions): Promise<void> {
    try {
      const accept = (socket: net.Socket): void => this.#clients.accept(socket)
      this.#servers.push(...(await listen(bind, port, {accept, backlog})))
      if (this.#servers.length === 0) throw new ListenError(bind, port, 'EADDRNOTAVAIL')
      if (busPort === undefined) return
      const acceptLink = (socket: net.Socket): void => this.#links.accept(socket)
      this.#servers.push(...(await listen(bind, busPort, {accept: acceptLink, backlog})))
    } catch (error) {
      this.#stopListening()
      throw error
    }
  }

  dial(link: LinkId, to: Endpoint): void {
    this.#links.dial(link, to)
  }

  send(link: LinkId, bytes: Uint8Array): void {
    this.#links.send(link, bytes)
  }

  hangUp(link: LinkId): void {
    this.#links.hangUp(link)
  }

  flush(connection: Connection): void {
    this.#clients.flush(connection)
  }

  /** Links are dialled from this address from now on; empty: the system chooses. */
  callFrom(address: string): void {
    this.#links.sourceAddress = address
  }

  /** Every 100 ms: how far slow clients have come. */
  tick(): void {
    this.#clients.reportSlow()
  }

  /** Reads nothing and tells nothing until `resume`; the system goes on accepting and buffering. */
  pause(): void {
    this.#gate.close()
    this.#clients.pauseReading()
    this.#links.pauseReading()
  }

  resume(): void {
    this.#clients.resumeReading()
    this.#links.resumeReading()
    this.#gate.open()
  }

  /** Stops listening, lets the last replies leave, then closes everything. */
  async close(): Promise<void> {
    this.#stopListening()
    this.#gate.open()
    this.#links.destroyAll()
    await this.#clients.endAll(FAREWELL_MS)
  }

  /** As when the process dies: nothing that still waits is written. */
  destroy(): void {
    this.#stopListening()
    this.#links.destroyAll()
    this.#clients.destroyAll()
  }

  #stopListening(): void {
    for (const server of this.#servers) server.close()
    this.#servers.length = 0
  }
}
