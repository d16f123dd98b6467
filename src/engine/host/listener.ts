/** Listening on a port, on every address that `bind` names, or on a socket in the file system. */
import {chmodSync, rmSync} from 'node:fs'
import net from 'node:net'

/** What went wrong, in one line that names the port. `code` is the system's: EADDRINUSE, EACCES… */
export class ListenError extends Error {
  readonly port: number
  readonly host: string
  readonly code: string
  /** It was to be a TLS port. */
  readonly isSecure: boolean

  constructor(host: string, port: number, code: string, isSecure = false) {
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

const UNAVAILABLE = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EPROTONOSUPPORT', 'ENOPROTOOPT', 'ENOTFOUND'])

/** What to do with connections. */
export interface Accepting {
  readonly accept: (socket: net.Socket) => void
  /** Connections that may wait to be accepted. */
  readonly backlog: number
  /** It is to speak TLS: only for what an error says. */
  readonly isSecure?: boolean
}

/**
 * Listens on each address; the sockets handed to `accept` are not read from yet.
 * @throws ListenError when an address cannot be had; then none is kept
 */
export async function listen(
  bind: string,
  port: number,
  {accept, backlog, isSecure = false}: Accepting,
): Promise<readonly net.Server[]> {
  const servers: net.Server[] = []
  try {
    for (const {host, optional} of parseBind(bind)) {
      const server = await listenOn(host, port, backlog, isSecure).catch((error: unknown) => {
        if (optional && error instanceof ListenError && UNAVAILABLE.has(error.code)) return undefined
        throw error
      })
      if (server === undefined) continue
      server.on('connection', accept)
      servers.push(server)
    }
  } catch (error) {
    for (const server of servers) server.close()
    throw error
  }
  return servers
}

function listenOn(host: string, port: number, backlog: number, isSecure: boolean): Promise<net.Server> {
  return new Promise((resolve, reject) => {
    const server = net.createServer({pauseOnConnect: true, allowHalfOpen: true, noDelay: true})
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new ListenError(host, port, error.code ?? error.message, isSecure)),
    )
    server.listen({host, port, backlog, ipv6Only: host.includes(':'), exclusive: true}, () => resolve(server))
  })
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
