/** Listening on a port, on every address that `bind` names, or on a socket in the file system. */
import {chmodSync, rmSync} from 'node:fs'
import net from 'node:net'
import {getSystemErrorName} from 'node:util'

/** What went wrong, in one line that names the port. `code` is the system's: EADDRINUSE, EACCES… */
export class ListenError extends Error {
  readonly port: number
  readonly host: string
  readonly code: string
  /** It was to be a TLS port. */
  readonly isSecure: boolean

  constructor({host, port, isSecure = false}: Place, code: string) {
    super(`Could not listen on ${host.includes(':') ? `[${host}]` : host}:${port}: ${REASONS[code] ?? code}`)
    this.name = 'ListenError'
    this.port = port
    this.host = host
    this.code = code
    this.isSecure = isSecure
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'address already in use',
  EACCES: 'permission denied',
  EADDRNOTAVAIL: 'no interface has this address',
  ENOTFOUND: 'this name has no address',
}

/** As Redis' log has it; whoever waits for a server to start looks for these words. */
export function listenWarning({host, port, code, message}: ListenError): string {
  const shown = host === '0.0.0.0' ? '*' : host === '::' ? '::*' : host
  return `Warning: Could not create server TCP listening socket ${shown}:${port}: bind: ${BIND_REASONS[code] ?? message}`
}

const BIND_REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'Address already in use',
  EADDRNOTAVAIL: 'Cannot assign requested address',
  EACCES: 'Permission denied',
}

interface BindAddress {
  readonly host: string
  /** `-` before it: this machine may lack the address, or IPv6 altogether. */
  readonly optional: boolean
}

/** The words of `bind`: `*` is every IPv4 address, `::*` every IPv6 one. Source: redis.conf of Redis 7.0. */
export function parseBind(text: string): readonly BindAddress[] {
  return text
    .split(/\s+/)
    .filter((word) => word !== '' && word !== '""')
    .map((word) => {
      const optional = word.startsWith('-')
      const address = optional ? word.slice(1) : word
      return {host: address === '*' ? '0.0.0.0' : address === '::*' ? '::' : address, optional}
    })
}

/** Where to listen. */
export interface Place {
  readonly host: string
  readonly port: number
  /** It is to speak TLS: only for what an error says. */
  readonly isSecure?: boolean
}

/** What to do with connections. */
export interface Accepting {
  /** Gets sockets that are not read from yet. */
  readonly accept: (socket: net.Socket) => void
  /** Connections that may wait to be accepted. */
  readonly backlog: number
}

const UNAVAILABLE = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EPROTONOSUPPORT', 'ENOPROTOOPT', 'ENOTFOUND'])

/** This machine lacks such an address: no failure where it is an optional one. */
export function isUnavailable(error: unknown): error is ListenError {
  return error instanceof ListenError && UNAVAILABLE.has(error.code)
}

/** @throws ListenError */
export function listen(place: Place, {accept, backlog}: Accepting): Promise<net.Server> {
  const {host, port} = place
  return new Promise((resolve, reject) => {
    const server = makeServer()
    server.once('error', (error: NodeJS.ErrnoException) => reject(new ListenError(place, error.code ?? error.message)))
    server.listen({host, port, backlog, ipv6Only: host.includes(':'), exclusive: true}, () => {
      server.on('connection', accept)
      resolve(server)
    })
  })
}

/** A listening socket as Node has it inside, or the system's error number. */
interface ListenHandle {
  listen(backlog: number): number
  close(): void
}
type HandleMaker = (host: string, port: number, family: number, fd: undefined, flags: number) => ListenHandle | number

/** libuv's UV_TCP_IPV6ONLY. */
const IPV6_ONLY = 1

/**
 * The same at once, for CONFIG SET, whose client is told in the same turn whether it could be done. Node's own `listen` tells later;
 * the maker of its handles, no public interface, tells now. Names have no address here: that is looked up at the start only.
 * @throws ListenError; its code is ENOTSUP where this Node does not show the maker
 */
export function listenNow(place: Place, {accept, backlog}: Accepting): net.Server {
  const {host, port} = place
  const {_createServerHandle: makeHandle} = net as unknown as {readonly _createServerHandle?: HandleMaker}
  const family = net.isIP(host)
  if (family === 0) throw new ListenError(place, 'ENOTFOUND')
  if (makeHandle === undefined) throw new ListenError(place, 'ENOTSUP')
  const handle = makeHandle(host, port, family, undefined, family === 6 ? IPV6_ONLY : 0)
  if (typeof handle === 'number') throw new ListenError(place, getSystemErrorName(handle))
  const fault = handle.listen(backlog)
  if (fault !== 0) {
    handle.close()
    throw new ListenError(place, getSystemErrorName(fault))
  }
  const server = makeServer()
  server.listen(handle, backlog)
  server.on('connection', accept)
  return server
}

function makeServer(): net.Server {
  return net.createServer({pauseOnConnect: true, allowHalfOpen: true, noDelay: true})
}

/**
 * Listens on a socket in the file system; what a former server left there is removed.
 * @param permissions octal bits; 0: as the system makes it
 * @throws Error in the words of Redis' log
 */
export function listenOnPath(path: string, permissions: number, {accept, backlog}: Accepting): Promise<net.Server> {
  return new Promise((resolve, reject) => {
    rmSync(path, {force: true})
    const server = net.createServer({pauseOnConnect: true, allowHalfOpen: true})
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new Error(`Failed opening Unix socket: bind: ${PATH_REASONS[error.code ?? ''] ?? error.message}`)),
    )
    server.listen({path, backlog}, () => {
      if (permissions !== 0) chmodSync(path, permissions)
      server.on('connection', accept)
      resolve(server)
    })
  })
}

const PATH_REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'No such file or directory',
  EACCES: 'Permission denied',
  EADDRINUSE: 'Address already in use',
}
