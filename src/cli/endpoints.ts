/** Addresses as an operator types them. */
import {isIPv6} from 'node:net'
import {address, isPort, type Address} from '../model/address.js'

export interface Endpoints {
  readonly addresses: readonly Address[]
  /** From `redis://user:password@…`; absent when no URL says so. */
  readonly user?: string
  readonly password?: string
  /** `rediss://` or `valkeys://`. */
  readonly tls: boolean
}

/** A range of more ports than this is a mistyped one. */
const LARGEST_RANGE = 1000

/**
 * Reads `host:port`, `host port`, `:port` and `port` (loopback), `127.0.0.1:7000-7005`, `[::1]:7000`, `::1 7000` and
 * `redis://user:password@host:port`. What follows an `@` after the port is a bus port and ignored, as redis-cli does.
 * @returns the addresses, or a sentence that says which word cannot be read
 */
export function parseEndpoints(words: readonly string[]): Endpoints | string {
  const addresses: Address[] = []
  let login: Pick<Endpoints, 'user' | 'password'> = {}
  let tls = false
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!
    const next = words[index + 1]
    if (/^(redis|valkey)s?:\/\//.test(word)) {
      const url = parseUrl(word)
      if (typeof url === 'string') return url
      addresses.push(url.address)
      login = {...login, ...url.login}
      tls ||= url.tls
    } else if (isBareHost(word) && next !== undefined && /^\d+$/.test(next)) {
      if (!isPort(Number(next))) return badPort(next, `${word} ${next}`)
      addresses.push(address(word, Number(next)))
      index++
    } else {
      const parsed = parseHostAndPorts(word)
      if (typeof parsed === 'string') return parsed
      addresses.push(...parsed)
    }
  }
  return {addresses, ...login, tls}
}

/** A name or an address without a port. */
function isBareHost(word: string): boolean {
  if (/^\d+$/.test(word)) return false
  // Node's isIPv6 compiles a large expression at its first use, 5 ms: not for host:port.
  const first = word.indexOf(':')
  return first < 0 || (word.includes(':', first + 1) && isIPv6(word))
}

function parseHostAndPorts(word: string): Address[] | string {
  const [withoutBus = ''] = word.split('@')
  const match = /^(?:\[(?<bracketed>[^\]]*)\]:|(?<plain>.*):)?(?<first>\d+)(?:-(?<last>\d+))?$/.exec(withoutBus)
  if (match?.groups === undefined) return `"${word}" is not an address: write host:port`
  const {bracketed, plain, first, last} = match.groups
  const host = bracketed ?? plain ?? ''
  if (bracketed !== undefined && !isIPv6(bracketed)) return `"${bracketed}" is not an IPv6 address`
  const from = Number(first)
  const to = last === undefined ? from : Number(last)
  if (!isPort(from)) return badPort(first!, word)
  if (!isPort(to)) return badPort(last!, word)
  if (to < from || to - from >= LARGEST_RANGE) return `"${word}" is not a range of ports`
  const ports = Array.from({length: to - from + 1}, (_, index) => from + index)
  return ports.map((port) => address(host === '' ? '127.0.0.1' : host, port))
}

function parseUrl(
  word: string,
): {address: Address; login: Pick<Endpoints, 'user' | 'password'>; tls: boolean} | string {
  let url: URL
  try {
    url = new URL(word)
  } catch {
    // The word itself may hold a password.
    return 'the redis:// URL cannot be read: write redis://user:password@host:port'
  }
  const port = url.port === '' ? 6379 : Number(url.port)
  const user = decodeURIComponent(url.username)
  const password = decodeURIComponent(url.password)
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  return {
    address: address(host === '' ? '127.0.0.1' : host, port),
    login: {...(user !== '' && {user}), ...(password !== '' && {password})},
    tls: url.protocol === 'rediss:' || url.protocol === 'valkeys:',
  }
}

function badPort(port: string, word: string): string {
  return `"${word}" has no valid port: ${port} is not between 1 and 65535`
}
