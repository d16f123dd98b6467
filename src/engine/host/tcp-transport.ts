/** The sockets of one node: its client port, its bus port, its connections and its links. */
import type net from 'node:net'
import {type Connection, type ConnectionId, type Endpoint, type LinkId, type Transport} from '../ports.js'
import {type ClientEvents, ClientSockets} from './client-sockets.js'
import {Gate} from '../gate.js'
import {type LinkEvents, LinkSockets} from './link-sockets.js'
import {type ListenError, listenOnPath} from './listener.js'
import {OpenPorts, type PortsWish} from './open-ports.js'
import {TlsSockets, type TlsSocketsOptions} from './tls-sockets.js'

export type SocketEvents = ClientEvents & LinkEvents

export interface ListenOptions extends PortsWish {
  /** Undefined for a node without a bus. */
  readonly busPort: number | undefined
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
  #holdsClients = false
  readonly #clientPorts: OpenPorts
  readonly #busPorts: OpenPorts
  #pathServer: net.Server | undefined
  /** Calls on the bus port are to be encrypted from now on: `tls-cluster`. */
  isBusSecure = false
  /** Certificates; CONFIG SET has them read again. */
  readonly tls: TlsSockets
  /** Connections of clients ask the other end now and then whether it is there: `tcp-keepalive`. 0: never. */
  keepAliveSeconds = 0

  /**
   * Tells nothing before `resume`.
   * @param missed hears of addresses in `bind` that this machine lacks and need not have
   */
  constructor(events: SocketEvents, tls: TlsSocketsOptions, missed: (error: ListenError) => void) {
    this.#clients = new ClientSockets(events, this.#gate)
    this.tls = new TlsSockets(tls, {
      client: (socket) => this.#clients.accept(socket),
      peer: (socket) => this.#links.accept(socket),
    })
    this.#links = new LinkSockets(events, this.#gate, this.tls)
    this.#clientPorts = new OpenPorts(
      {
        plain: (socket) => this.#acceptClient(socket, () => this.#clients.accept(socket)),
        secure: (socket) => this.#acceptClient(socket, () => this.#gate.pass(() => this.tls.acceptClient(socket))),
      },
      missed,
    )
    const acceptPeer = (socket: net.Socket): void => this.#acceptPeer(socket)
    this.#busPorts = new OpenPorts({plain: acceptPeer, secure: acceptPeer}, missed)
  }

  /**
   * Opens the ports.
   * @throws ListenError naming the port that cannot be had, Error when none is configured; then none is open
   */
  async listen({busPort, backlog, unixSocket, ...ports}: ListenOptions): Promise<void> {
    try {
      await this.#clientPorts.open(ports, backlog)
      if (unixSocket !== undefined) {
        const {path, permissions} = unixSocket
        const accept = (socket: net.Socket): void => this.#clients.accept(socket, path)
        this.#pathServer = await listenOnPath(path, permissions, {accept, backlog})
      }
      if (this.#clientPorts.isEmpty && this.#pathServer === undefined) {
        throw new Error('Configured to not listen anywhere, exiting.')
      }
      if (busPort !== undefined) await this.#busPorts.open({bind: ports.bind, port: busPort, tlsPort: 0}, backlog)
    } catch (error) {
      this.#stopListening()
      throw error
    }
  }

  /**
   * Clients call here from now on; the bus port stays, as in Redis.
   * @throws ListenError naming the port that cannot be had; then all is as it was
   */
  moveClientPorts(ports: PortsWish): void {
    this.#clientPorts.change(ports)
  }

  #acceptPeer(socket: net.Socket): void {
    if (this.isBusSecure) this.#gate.pass(() => this.tls.acceptPeer(socket))
    else this.#links.accept(socket)
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

  /** A partition: whom the node cannot reach from now on, and whose calls it does not hear. */
  cutOff(isCutOff: (to: Endpoint) => boolean, isUnheard?: (from: Endpoint) => boolean): void {
    this.#links.cutOff(isCutOff, isUnheard)
  }

  /** As when a connection of a client breaks. */
  cutConnection(id: ConnectionId): void {
    this.#clients.cut(id)
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
    this.#clientPorts.close()
    this.#busPorts.close()
    this.#pathServer?.close()
    this.#pathServer = undefined
  }
}
