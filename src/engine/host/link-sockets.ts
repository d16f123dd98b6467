/** Connections between nodes: those that the node dials, and those that it accepts on its bus port. */
import net from 'node:net'
import {LIMITS} from '../limits.js'
import {type Core, type Endpoint, type LinkId} from '../ports.js'
import {endpoint} from './client-sockets.js'
import {callerPort} from './bus-caller.js'
import {type Gate} from '../gate.js'
import {reasonOf} from './system-error.js'
import {type TlsSockets} from './tls-sockets.js'

export type LinkEvents = Pick<Core, 'linkOpened' | 'linkAccepted' | 'linkBytes' | 'linkDrained' | 'linkClosed'>

interface Link {
  readonly socket: net.Socket
  /** Why it ended, as far as is known. */
  reason: string
  /** Bytes of this pass of the loop wait to leave in one write. */
  corked: boolean
  /** Whom the node called; absent for a link that it accepted. */
  readonly to?: Endpoint
  /** Who called, once a packet has told. */
  from?: Endpoint
  /** A partition lies between its ends: what is sent waits, what arrives is not read. */
  severed: boolean
  /** What happened to a severed link: the other end hears of it when the network is whole, as after a lost packet. */
  afterwards?: () => void
}

export class LinkSockets {
  #events: LinkEvents
  readonly #gate: Gate
  readonly #tls: Pick<TlsSockets, 'dial'>
  readonly #links = new Map<LinkId, Link>()
  /** Hung up while they were severed: the other end does not know yet. */
  readonly #ghosts = new Set<Link>()
  /** Calls into a partition: they are made when it is over, unless the core has lost patience. */
  readonly #unheard = new Map<LinkId, Endpoint>()
  #isCutOff: (to: Endpoint) => boolean = () => false
  /** Behind a partition, and nobody can tell it to fall silent: its calls are not heard here. */
  #isUnheard: ((from: Endpoint) => boolean) | undefined
  #lastAccepted = 0
  /** The address that calls come from (`bind-source-addr`); empty: the system chooses. */
  sourceAddress = ''

  /** @param tls makes the connections that are to be encrypted */
  constructor(events: LinkEvents, gate: Gate, tls: Pick<TlsSockets, 'dial'>) {
    this.#events = events
    this.#gate = gate
    this.#tls = tls
  }

  /** Somebody else hears of them from now on. */
  tell(events: LinkEvents): void {
    this.#events = events
  }

  dial(id: LinkId, to: Endpoint): void {
    if (this.#isCutOff(to)) {
      this.#unheard.set(id, to)
      return
    }
    let socket: net.Socket
    try {
      socket = to.isSecure === true ? this.#tls.dial(to, this.sourceAddress) : this.#dialPlainly(to)
    } catch (error) {
      // No such port. The core hears of it in a turn of its own, as of any other failure.
      const reason = error instanceof Error ? error.message : String(error)
      setImmediate(() => this.#gate.pass(() => this.#events.linkClosed(id, reason)))
      return
    }
    const link = this.#add(id, socket, to)
    socket.once(to.isSecure === true ? 'secureConnect' : 'connect', () => {
      link.reason = 'connection closed by peer'
      this.#gate.pass(() => {
        if (this.#links.get(id) === link) this.#events.linkOpened(id, ...ends(socket))
      })
    })
  }

  /** Takes a connection to the bus port, opened with `pauseOnConnect`. */
  accept(socket: net.Socket): void {
    socket.on('error', () => undefined)
    this.#gate.pass(() => {
      if (socket.destroyed) return
      const id = --this.#lastAccepted
      this.#add(id, socket)
      socket.once('end', () => socket.destroySoon())
      this.#events.linkAccepted(id, ...ends(socket))
      socket.resume()
    })
  }

  /** Everything that is sent in one pass of the loop leaves in one write. */
  send(id: LinkId, bytes: Uint8Array): void {
    const link = this.#links.get(id)
    if (link === undefined || !link.socket.writable) return
    const {socket} = link
    // A single message may be larger than the limit (a big key that moves); what may not grow is a queue of them.
    if (socket.writableLength > LIMITS.linkQueueBytes) {
      link.reason = 'link queue over its limit'
      socket.destroy()
      return
    }
    if (!link.corked) {
      link.corked = true
      socket.cork()
      process.nextTick(() => {
        uncork(link)
        if (socket.writableNeedDrain) this.#tellPending(id, link)
      })
    }
    socket.write(bytes)
  }

  /** The core hears no more of it. What was sent before is handed to the system first. */
  hangUp(id: LinkId): void {
    this.#unheard.delete(id)
    const link = this.#links.get(id)
    if (link === undefined) return
    this.#links.delete(id)
    uncork(link)
    if (!link.severed) {
      link.socket.destroy()
      return
    }
    this.#ghosts.add(link)
    link.afterwards = () => link.socket.destroy()
  }

  /**
   * A partition: links that the node calls these by stand still, both ways, and new ones do not come about. Those of whom that is no
   * longer true go on where they stopped: nothing on them is lost. Both sides must be told, each sees to the links that it calls.
   * @param isUnheard of whom that is not true: links that they call us by stand still as well, from their first packet on
   */
  cutOff(isCutOff: (to: Endpoint) => boolean, isUnheard?: (from: Endpoint) => boolean): void {
    this.#isCutOff = isCutOff
    this.#isUnheard = isUnheard
    for (const link of [...this.#links.values(), ...this.#ghosts]) {
      const severed = link.to === undefined ? this.#isFromUnheard(link) : isCutOff(link.to)
      if (severed === link.severed) continue
      link.severed = severed
      if (severed) sever(link)
      else this.#mend(link)
    }
    for (const [id, to] of this.#unheard) {
      if (isCutOff(to)) continue
      this.#unheard.delete(id)
      this.dial(id, to)
    }
  }

  pauseReading(): void {
    for (const {socket} of this.#links.values()) socket.pause()
  }

  resumeReading(): void {
    for (const {socket, severed} of this.#links.values()) if (!severed) socket.resume()
  }

  destroyAll(): void {
    for (const {socket} of [...this.#links.values(), ...this.#ghosts]) socket.destroy()
    this.#links.clear()
    this.#ghosts.clear()
    this.#unheard.clear()
  }

  /** How much waits for a slow peer; told when it begins to wait, and when it has left. */
  #tellPending(id: LinkId, link: Link): void {
    this.#gate.pass(() => {
      if (this.#links.get(id) === link) this.#events.linkDrained(id, link.socket.writableLength)
    })
  }

  #dialPlainly({host, port}: Endpoint): net.Socket {
    const {sourceAddress: localAddress} = this
    return net.connect({host, port, noDelay: true, ...(localAddress !== '' && {localAddress})})
  }

  /** @returns true for somebody who must not be heard: the chunk is kept until the network is whole */
  #identify(link: Link, chunk: Buffer): boolean {
    const {socket} = link
    const port = callerPort(chunk)
    if (port === undefined) return false
    link.from = endpoint(socket.remoteAddress, port)
    if (!this.#isFromUnheard(link)) return false
    link.severed = true
    sever(link)
    socket.unshift(chunk)
    this.#dropEarlierCalls(link)
    return true
  }

  #isFromUnheard({from}: Link): boolean {
    return from !== undefined && this.#isUnheard?.(from) === true
  }

  /** Who calls again has given up the call before, which cannot be seen on a link that is not read. */
  #dropEarlierCalls(latest: Link): void {
    for (const link of this.#links.values()) {
      if (link === latest || !link.severed || link.from?.port !== latest.from?.port) continue
      link.severed = false
      link.socket.destroy()
    }
  }

  #mend(link: Link): void {
    this.#ghosts.delete(link)
    link.socket.uncork()
    if (this.#gate.isOpen) link.socket.resume()
    link.afterwards?.()
    delete link.afterwards
  }

  #add(id: LinkId, socket: net.Socket, to?: Endpoint): Link {
    const reason = 'connection closed by peer'
    const link: Link = {socket, reason, corked: false, severed: false, ...(to !== undefined && {to})}
    this.#links.set(id, link)
    socket.on('error', (error: NodeJS.ErrnoException) => (link.reason = wordsOf(error)))
    socket.on('data', (chunk: Buffer) => {
      if (to === undefined && link.from === undefined && this.#identify(link, chunk)) return
      this.#gate.pass(() => {
        if (this.#links.get(id) === link) this.#events.linkBytes(id, chunk)
      })
    })
    socket.on('drain', () => this.#tellPending(id, link))
    const closed = (): void => {
      this.#gate.pass(() => {
        if (this.#links.get(id) !== link) return
        this.#links.delete(id)
        this.#events.linkClosed(id, link.reason)
      })
    }
    socket.on('close', () => {
      if (link.severed) link.afterwards = closed
      else closed()
    })
    return link
  }
}

/** In the stream that is the socket: there it counts among what waits to leave. */
function sever({socket}: Link): void {
  socket.cork()
  socket.pause()
}

/** Of a name that has no address Node says more than the system. */
function wordsOf(error: NodeJS.ErrnoException): string {
  return /^(?:ENOTFOUND|EAI_|EINVAL)/.test(error.code ?? '') ? error.message : reasonOf(error)
}

function uncork(link: Link): void {
  if (!link.corked) return
  link.corked = false
  link.socket.uncork()
}

function ends(socket: net.Socket): [peer: Endpoint, local: Endpoint] {
  return [endpoint(socket.remoteAddress, socket.remotePort), endpoint(socket.localAddress, socket.localPort)]
}
