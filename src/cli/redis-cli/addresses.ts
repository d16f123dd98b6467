/** Addresses as redis-cli's cluster manager reads them. */
import {address, isPort, type Address} from '../../model/address.js'

/**
 * `HOST:PORT[@BUSPORT…]`: cut at the last `@`, then split at the last `:`, so that IPv6 needs no brackets; they are accepted
 * too. `undefined` when there is no port from 1 to 65535.
 */
export function parseHostPort(text: string): Address | undefined {
  const at = text.lastIndexOf('@')
  const endpoint = at < 0 ? text : text.slice(0, at)
  const colon = endpoint.lastIndexOf(':')
  return colon < 0 ? undefined : hostAndPort(endpoint.slice(0, colon), endpoint.slice(colon + 1))
}

/** A host and a port that were typed as two words. */
export function hostAndPort(host: string, port: string): Address | undefined {
  if (!/^\d+$/.test(port) || !isPort(Number(port))) return undefined
  return address(/^\[(.*)\]$/.exec(host)?.[1] ?? host, Number(port))
}
