/** The sockets of one node: its client port, its bus port, its connections and its links. */
import type net from 'node:net'
import {type Connection, type ConnectionId, type Endpoint, type LinkId, type Transport} from '../ports.js'
import {type ClientEvents, ClientSockets} from './client-sockets.js'
import {Gate} from './gate.js'
import {type LinkEvents, LinkSockets} from './link-sockets.js'
import {type Accepting, listen, listenOnPath} from './listener.js'
import {TlsSockets, type TlsSocketsOptions} from './tls-sockets.js'

export type SocketEvents = ClientEvents & LinkEvents

export interface ListenOptions {
  /** The words of the `bind` directive. */
  readonly bind: string
  /** 0: none, here and below. */
  readonly port: number
  /** For clients that speak TLS. */
  readonly tlsPort: number
  /** Undefined for a node without a bus. */
  readonly busPort: number | undefined
  /** The bus speaks TLS. */
  readonly isBusSecure: boolean
  /** Connections that may wait to be accepted. */
  readonly backlog: number
  /** A socket in the file system, too: its absolute path, and its permissions (0: as the system makes it). */
  readonly unixSocket?: {readonly path: string; readonly permissions: number}
}

/** How long a node that shuts down waits for its clients to take their last replies. */
const FAREWELL_MS = 1000

export class TcpTransport implements Transport {
  readonly #gate = new Gate()
  readonly #clients: ClientSockets
  readonly #links: LinkSockets
  readonly #servers: net.Server[] = []
  #holdsClients = false
  /** Certificates; CONFIG SET has them read again. */
  readonly tls: TlsSockets
  /** Connections of clients ask the other end now and then whether it is there: `tcp-keepalive`. 0: never. */
  keepAliveSeconds = 0

  /** Tells nothing before `resume`. */
  constructor(events: SocketEvents, tls: TlsSocketsOptions) {
    this.#clients = new ClientSockets(events, this.#gate)
    this.tls = new TlsSockets(tls, {
      client: (socket) => this.#clients.accept(socket),
      peer: (socket) => this.#links.accept(socket),
    })
    this.#links = new LinkSockets(events, this.#gate, this.tls)
  }

  /**
   * Opens the ports.
   * @throws ListenError naming the port that cannot be had, Error when none is configured; then none is open
   */
  async listen({bind, port, tlsPort, busPort, isBusSecure, backlog, unixSocket}: ListenOptions): Promise<void> {
    const open = async (at: number, accepting: Accepting): Promise<void> => {
      this.#servers.push(...(await listen(bind, at, accepting)))
    }
    const acceptPlain = (socket: net.Socket): void => this.#acceptClient(socket, () => this.#clients.accept(socket))
    const acceptSecure = (socket: net.Socket): void =>
      this.#acceptClient(socket, () => this.#gate.pass(() => this.tls.acceptClient(socket)))
    try {
      if (port !== 0) await open(port, {accept: acceptPlain, backlog})
      if (tlsPort !== 0) await open(tlsPort, {accept: acceptSecure, backlog, isSecure: true})
      if (unixSocket !== undefined) {
        const {path, permissions} = unixSocket
        const accept = (socket: net.Socket): void => this.#clients.accept(socket, path)
        this.#servers.push(await listenOnPath(path, permissions, {accept, backlog}))
      }
      if (this.#servers.length === 0) throw new Error('Configured to not listen anywhere, exiting.')
      if (busPort === undefined) return
      const acceptPeer = (socket: net.Socket): void => this.#gate.pass(() => this.tls.acceptPeer(socket))
      const acceptLink = (socket: net.Socket): void => this.#links.accept(socket)
      await open(busPort, {accept: isBusSecure ? acceptPeer : acceptLink, backlog})
    } catch (error) {
      this.#stopListening()
      throw error
    }
  }

  #acceptClient(socket: net.Socket, accept: () => void): void {
    if (this.keepAliveSeconds > 0) socket.setKeepAlive(true, this.keepAliveSeconds * 1000)
    accept()
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

  gather(connection: ConnectionId): void {
    this.#clients.gather(connection)
  }

  flush(connection: Connection): void {
    this.#clients.flush(connection)
  }

  /** Links are dialled from this address from now on; empty: the system chooses. */
  callFrom(address: string): void {
    this.#links.sourceAddress = address
  }

  /** A partition: whom the node cannot reach from now on. */
  cutOff(isCutOff: (to: Endpoint) => boolean): void {
    this.#links.cutOff(isCutOff)
  }

  /**
   * Somebody else hears of the sockets from now on.
   * @param afterAnswers puts something off until what came so far is answered; default: until the turn in hand is over
   */
  tell(events: SocketEvents, afterAnswers?: (follow: () => void) => void): void {
    this.#clients.tell(events, afterAnswers)
    this.#links.tell(events)
  }

  /** Tells something as the sockets do: now, or when the node goes on. */
  pass(tell: () => void): void {
    this.#gate.pass(tell)
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
    if (!this.#holdsClients) this.#clients.resumeReading()
    this.#links.resumeReading()
    this.#gate.open()
  }

  /** Clients are not read from, or are again; the links are. */
  holdClients(isHeld: boolean): void {
    this.#holdsClients = isHeld
    if (isHeld) this.#clients.pauseReading()
    else if (this.#gate.isOpen) this.#clients.resumeReading()
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
