/** The connections of a node's clients: bytes in, replies out, and what to do when a client does not read them. */
import {type Socket} from 'node:net'
import {LIMITS} from '../limits.js'
import {type Connection, type ConnectionId, type Core, type Endpoint} from '../ports.js'
import {type Gate} from '../gate.js'
import {QueuedReplySocket} from './queued-reply-socket.js'
import {ReplySocket} from './reply-socket.js'
import {ReadBuffer, readShared} from './shared-read.js'

export type ClientEvents = Pick<Core, 'clientOpened' | 'clientBytes' | 'clientDrained' | 'clientClosed'>

/** A closing connection that takes no more bytes for so long is cut off. */
const CLOSING_TIMEOUT_MS = 10_000

export class ClientSockets {
  #events: ClientEvents
  #afterAnswers: (follow: () => void) => void = setImmediate
  readonly #gate: Gate
  readonly #readBuffer = new ReadBuffer()
  readonly #sockets = new Map<ConnectionId, ReplySocket>()
  /** Clients whose socket holds bytes that the kernel would not take yet. */
  readonly #slow = new Set<ConnectionId>()
  /** Of these, the ones that are not read from until they have read themselves. */
  readonly #stalled = new Set<ConnectionId>()
  #lastId = 0

  constructor(events: ClientEvents, gate: Gate) {
    this.#events = events
    this.#gate = gate
  }

  /**
   * Somebody else hears of them from now on.
   * @param afterAnswers puts something off until what came so far is answered
   */
  tell(events: ClientEvents, afterAnswers: (follow: () => void) => void = setImmediate): void {
    this.#events = events
    this.#afterAnswers = afterAnswers
  }

  /** Takes a connection that was opened with `pauseOnConnect`. @param path of the socket in the file system that it came by */
  accept(accepted: Socket, path?: string): void {
    // It may fail while the gate is closed; a socket without a listener for that would stop the process.
    accepted.on('error', ignore)
    this.#gate.pass(() => this.#open(accepted, path))
  }

  /** TCP_NODELAY goes: what is written soon afterwards may share a packet. */
  gather(id: ConnectionId): void {
    this.#sockets.get(id)?.socket.setNoDelay(false)
  }

  /** Writes what the connection's output holds, in one piece, and closes it if it asks for that. */
  flush(connection: Connection): void {
    const {id, closing, output} = connection
    const client = this.#sockets.get(id)
    if (client === undefined) return
    const {socket} = client
    if (closing === 'now') {
      socket.destroy()
      return
    }
    if (!output.isEmpty && socket.writable) client.write(output)
    if (closing === 'after-output') closeAfterOutput(socket)
    else if (client.unsentBytes > 0) this.#noteSlow(id, client)
  }

  /** Tells how far the slow ones have come. Every 100 ms. */
  reportSlow(): void {
    for (const id of this.#slow) this.#reportDrained(id)
  }

  pauseReading(): void {
    for (const {socket} of this.#sockets.values()) socket.pause()
  }

  resumeReading(): void {
    for (const [id, {socket}] of this.#sockets) if (!this.#stalled.has(id)) socket.resume()
  }

  /** Closes each when its output has left, or when the time is over. */
  endAll(timeoutMs: number): Promise<void> {
    const left = new Set([...this.#sockets.values()].map(({socket}) => socket))
    if (left.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.destroyAll(), timeoutMs)
      for (const socket of left) {
        socket.once('close', () => {
          left.delete(socket)
          if (left.size > 0) return
          clearTimeout(timer)
          resolve()
        })
        closeAfterOutput(socket)
      }
    })
  }

  cut(id: ConnectionId): void {
    this.#sockets.get(id)?.socket.destroy()
  }

  destroyAll(): void {
    for (const {socket} of this.#sockets.values()) socket.destroy()
  }

  #open(accepted: Socket, path: string | undefined): void {
    if (accepted.destroyed) return
    const id = ++this.#lastId
    const peer = endpoint(path ?? accepted.remoteAddress, accepted.remotePort)
    const isSecure = 'encrypted' in accepted
    const local = {...endpoint(path ?? accepted.localAddress, accepted.localPort), ...(isSecure && {isSecure})}
    this.#events.clientOpened(id, peer, local)
    const socket = readShared(accepted, this.#readBuffer, (chunk) => this.#events.clientBytes(id, chunk))
    const drained = (): void => this.#gate.pass(() => this.#reportDrained(id))
    this.#sockets.set(id, isSecure ? new QueuedReplySocket(socket, drained) : new ReplySocket(socket, drained))
    socket.setNoDelay(true)
    socket.on('error', ignore)
    // Its last requests are answered before the connection goes: a client may close its half after the last one.
    socket.on('end', () =>
      this.#gate.pass(() => {
        this.#events.clientClosed(id)
        this.#afterAnswers(() => closeAfterOutput(socket))
      }),
    )
    socket.on('close', () => this.#gate.pass(() => this.#closed(id)))
  }

  #closed(id: ConnectionId): void {
    this.#sockets.delete(id)
    this.#slow.delete(id)
    this.#stalled.delete(id)
    this.#events.clientClosed(id)
  }

  #noteSlow(id: ConnectionId, {socket, unsentBytes}: ReplySocket): void {
    this.#slow.add(id)
    if (unsentBytes <= LIMITS.unsentReplyBytes || this.#stalled.has(id)) return
    this.#stalled.add(id)
    socket.pause()
  }

  #reportDrained(id: ConnectionId): void {
    const client = this.#sockets.get(id)
    if (client === undefined || !this.#slow.has(id)) return
    const pending = client.unsentBytes
    if (pending === 0) this.#slow.delete(id)
    if (pending <= LIMITS.unsentReplyBytes && this.#stalled.delete(id)) client.socket.resume()
    this.#events.clientDrained(id, pending)
  }
}

function closeAfterOutput(socket: Socket): void {
  socket.pause()
  socket.setTimeout(CLOSING_TIMEOUT_MS, () => socket.destroy())
  socket.destroySoon()
}

/** A socket's end as the node speaks of it; one that is gone already has none. */
export function endpoint(host: string | undefined, port: number | undefined): Endpoint {
  return {host: host ?? '?', port: port ?? 0}
}

function ignore(): void {
  // `close` follows, and says all that the node needs to know.
}
