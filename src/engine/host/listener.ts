/** Listening on a port, on every address that `bind` names. */
import net from 'node:net'

/** What went wrong, in one line that names the port. `code` is the system's: EADDRINUSE, EACCES… */
export class ListenError extends Error {
  readonly port: number
  readonly code: string

  constructor(host: string, port: number, code: string) {
    super(`Could not listen on ${host.includes(':') ? `[${host}]` : host}:${port}: ${REASONS[code] ?? code}`)
    this.name = 'ListenError'
    this.port = port
    this.code = code
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

/**
 * Listens on each address; the sockets handed to `accept` are not read from yet.
 * @throws ListenError when an address cannot be had; then none is kept
 */
export async function listen(
  bind: string,
  port: number,
  {accept, backlog}: {readonly accept: (socket: net.Socket) => void; readonly backlog: number},
): Promise<readonly net.Server[]> {
  const servers: net.Server[] = []
  try {
    for (const {host, optional} of parseBind(bind)) {
      const server = await listenOn(host, port, backlog).catch((error: unknown) => {
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

function listenOn(host: string, port: number, backlog: number): Promise<net.Server> {
  return new Promise((resolve, reject) => {
    const server = net.createServer({pauseOnConnect: true, allowHalfOpen: true, noDelay: true})
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new ListenError(host, port, error.code ?? error.message)),
    )
    server.listen({host, port, backlog, ipv6Only: host.includes(':'), exclusive: true}, () => resolve(server))
  })
}
