/** Peers that misbehave, on loopback: what an operator's typing mistake or a broken network puts in a node's place. */
import net from 'node:net'
import tls from 'node:tls'
import {freePort} from './free-ports.js'
import {serverTls} from './tls-files.js'

export type Misbehaviour =
  /** Nothing listens: connections are refused. */
  | 'closed'
  /** Accepts, reads, never answers. */
  | 'silent'
  /** Accepts and hangs up at once. */
  | 'hangs-up'
  /** Begins a bulk reply and sends no more. */
  | 'half-reply'
  /** Begins a bulk reply and hangs up. */
  | 'cut-reply'
  /** A web server. */
  | 'http'
  /** Bytes without meaning. */
  | 'garbage'
  /** Answers a valid reply, one byte each 100 ms. */
  | 'slow'
  /** A reply that never ends. */
  | 'endless'
  /** Speaks TLS to whoever speaks TLS, and an alert to others. */
  | 'tls-only'
  /** A server that is not in cluster mode. */
  | 'not-a-cluster'

export interface BadServer {
  readonly host: string
  readonly port: number
  readonly address: string
  close(): Promise<void>
}

const SLOW_BYTE_MS = 100
const ENDLESS_CHUNK = Buffer.alloc(64 * 1024, 'x')

/** Starts one; close it in an `after` hook. */
export async function startBadServer(kind: Misbehaviour): Promise<BadServer> {
  const host = '127.0.0.1'
  const port = await freePort(host)
  const sockets = new Set<net.Socket>()
  const serve = (socket: net.Socket): void => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    behave(kind, socket)
  }
  const server = kind === 'tls-only' ? tls.createServer(serverTls(), serve) : net.createServer(serve)
  server.on('tlsClientError', () => undefined)
  if (kind !== 'closed') await new Promise<void>((resolve) => server.listen(port, host, resolve))
  return {
    host,
    port,
    address: `${host}:${port}`,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function behave(kind: Misbehaviour, socket: net.Socket): void {
  switch (kind) {
    case 'closed':
      return
    case 'silent':
      socket.resume()
      return
    case 'hangs-up':
      socket.destroy()
      return
    case 'half-reply':
      socket.on('data', () => socket.write('$1000\r\nabc'))
      return
    case 'cut-reply':
      socket.on('data', () => socket.end('$1000\r\nabc'))
      return
    case 'http':
      socket.on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'))
      return
    case 'garbage':
      socket.on('data', () => socket.write(Buffer.from([0x00, 0xff, 0x13, 0x37, 0x0d, 0x0a, 0x80, 0x0d, 0x0a])))
      return
    case 'slow':
      socket.on('data', () => drip(socket, '$600\r\n'.padEnd(606, 'z')))
      return
    case 'endless':
      socket.once('data', () => pour(socket))
      return
    case 'tls-only':
      socket.on('data', () => socket.write('-ERR this is no cluster\r\n'))
      return
    case 'not-a-cluster':
      socket.on('data', () => socket.write('-ERR This instance has cluster support disabled\r\n'))
  }
}

function drip(socket: net.Socket, text: string): void {
  let sent = 0
  const timer = setInterval(() => socket.write(text[sent++ % text.length]!), SLOW_BYTE_MS)
  socket.once('close', () => clearInterval(timer))
}

function pour(socket: net.Socket): void {
  socket.write('$536870912\r\n')
  const more = (): void => {
    while (!socket.destroyed && socket.write(ENDLESS_CHUNK)) continue
    socket.once('drain', more)
  }
  more()
}
