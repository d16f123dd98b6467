/** Where a node listens: host and client port, and what CLUSTER NODES adds to them. */

/** `busPort` is 0 when unknown: the convention is then port + 10000. */
export interface Address {
  readonly host: string
  readonly port: number
  readonly busPort: number
  readonly hostname: string
}

export const BUS_PORT_OFFSET = 10_000

export function address(host: string, port: number, busPort = 0, hostname = ''): Address {
  return {host, port, busPort, hostname}
}

export function isPort(value: number): boolean {
  return Number.isInteger(value) && value > 0 && value <= 65_535
}

/** `host:port`, IPv6 in brackets: what we print and accept. */
export function formatAddress(address: Pick<Address, 'host' | 'port'>): string {
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}

/** `host:port` without brackets: what redis-cli prints. */
export function formatPlainAddress(address: Pick<Address, 'host' | 'port'>): string {
  return `${address.host}:${address.port}`
}

export function sameAddress(a: Pick<Address, 'host' | 'port'>, b: Pick<Address, 'host' | 'port'>): boolean {
  return a.host === b.host && a.port === b.port
}

/** Reads what `formatAddress` prints. `undefined` when it is anything else. */
export function parseAddress(text: string): Address | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d+)$/.exec(text)
  if (match === null) return undefined
  const port = Number(match[3])
  return isPort(port) ? address(match[1] ?? match[2]!, port) : undefined
}

/**
 * The address column of CLUSTER NODES and nodes.conf: `ip:port[@bus][,hostname[,aux=value…]]`. An IPv6 address stands there
 * without brackets, so the port is what follows the last colon. `undefined` when it cannot be read.
 */
export function parseNodeAddress(text: string): Address | undefined {
  const [endpoint = '', hostname = ''] = text.split(',')
  const at = endpoint.lastIndexOf('@')
  const clientPart = at < 0 ? endpoint : endpoint.slice(0, at)
  const busPort = at < 0 ? 0 : Number(endpoint.slice(at + 1))
  const colon = clientPart.lastIndexOf(':')
  if (colon < 0) return undefined
  const port = Number(clientPart.slice(colon + 1))
  if (!Number.isInteger(port) || !Number.isInteger(busPort)) return undefined
  return {host: clientPart.slice(0, colon), port, busPort, hostname}
}
