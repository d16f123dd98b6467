/** Connections between nodes: those that the node dials, and those that it accepts on its bus port. */
import net from 'node:net'
import {LIMITS} from '../limits.js'
import {type Core, type Endpoint, type LinkId} from '../ports.js'
import {endpoint} from './client-sockets.js'
import {type Gate} from './gate.js'

export type LinkEvents = Pick<Core, 'linkOpened' | 'linkAccepted' | 'linkBytes' | 'linkDrained' | 'linkClosed'>

interface Link {
  readonly socket: net.Socket
  /** Why it ended, as far as is known. */
  reason: string
  /** Bytes of this pass of the loop wait to leave in one write. */
  corked: boolean
}

export class LinkSockets {
  readonly #events: LinkEvents
  readonly #gate: Gate
  readonly #links = new Map<LinkId, Link>()
  #lastAccepted = 0
  /** The address that calls come from (`bind-source-addr`); empty: the system chooses. */
  sourceAddress = ''

  constructor(events: LinkEvents, gate: Gate) {
    this.#events = events
    this.#gate = gate
  }

  dial(id: LinkId, {host, port}: Endpoint): void {
    let socket: net.Socket
    try {
      const {sourceAddress: localAddress} = this
      socket = net.connect({host, port, noDelay: true, ...(localAddress !== '' && {localAddress})})
    } catch (error) {
      // No such port. The core hears of it in a turn of its own, as of any other failure.
      const reason = error instanceof Error ? error.message : String(error)
      setImmediate(() => this.#gate.pass(() => this.#events.linkClosed(id, reason)))
      return
    }
    const link = this.#add(id, socket)
    socket.once('connect', () => {
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
    const link = this.#links.get(id)
    if (link === undefined) return
    this.#links.delete(id)
    uncork(link)
    link.socket.destroy()
  }

  pauseReading(): void {
    for (const {socket} of this.#links.values()) socket.pause()
  }

  resumeReading(): void {
    for (const {socket} of this.#links.values()) socket.resume()
  }

  destroyAll(): void {
    for (const {socket} of this.#links.values()) socket.destroy()
    this.#links.clear()
  }

  /** How much waits for a slow peer; told when it begins to wait, and when it has left. */
  #tellPending(id: LinkId, link: Link): void {
    this.#gate.pass(() => {
      if (this.#links.get(id) === link) this.#events.linkDrained(id, link.socket.writableLength)
    })
  }

  #add(id: LinkId, socket: net.Socket): Link {
    const link: Link = {socket, reason: 'connection closed by peer', corked: false}
    this.#links.set(id, link)
    socket.on('error', (error: NodeJS.ErrnoException) => (link.reason = error.message))
    socket.on('data', (chunk: Buffer) => {
      this.#gate.pass(() => {
        if (this.#links.get(id) === link) this.#events.linkBytes(id, chunk)
      })
    })
    socket.on('drain', () => this.#tellPending(id, link))
    socket.on('close', () => {
      this.#gate.pass(() => {
        if (this.#links.get(id) !== link) return
        this.#links.delete(id)
        this.#events.linkClosed(id, link.reason)
      })
    })
    return link
  }
}

function uncork(link: Link): void {
  if (!link.corked) return
  link.corked = false
  link.socket.uncork()
}

function ends(socket: net.Socket): [peer: Endpoint, local: Endpoint] {
  return [endpoint(socket.remoteAddress, socket.remotePort), endpoint(socket.localAddress, socket.localPort)]
}
