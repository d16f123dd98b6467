/** One connection per address and channel, opened at first use, closed together. */
import {isIP, Socket} from 'node:net'
import type {RedisOptions} from 'ioredis'
import {formatAddress, type Address} from '../../model/address.js'
import type {ManagerError} from '../error.js'
import type {Credentials, NodeClient, NodePool, SnapshotReader, SnapshotSource} from '../ports.js'
import {openLineClient} from './line-client.js'
import {IoredisNodeClient} from './node-client.js'
import type {PoolSettings} from './pool-settings.js'
import {openSnapshot} from './snapshot-stream.js'
import {tlsOptions} from './tls-options.js'
import {handshakeTimedOut, translateError} from './translate-error.js'

const KEEP_ALIVE_MS = 15_000
const PROBE_TIMEOUT_MS = 1_000
const DISCONNECT_TIMEOUT_MS = 50

interface PooledClient extends NodeClient {
  readonly usable: boolean
  close(): void
}

/** The library that speaks to nodes; whoever knows that it will be needed calls this while there is time. */
export const loadClient = () => import('ioredis')

export class IoredisNodePool implements NodePool, SnapshotReader {
  readonly credentials: Credentials
  readonly #settings: PoolSettings
  readonly #clients = new Map<string, Promise<PooledClient>>()
  #closed = false

  constructor(settings: PoolSettings) {
    this.#settings = settings
    this.credentials = settings.credentials
  }

  connect(address: Address, channel = ''): Promise<NodeClient> {
    return this.#connect(`${formatAddress(address)}/${channel}`, () => this.#open(address))
  }

  connectLines(address: Address, channel = ''): Promise<NodeClient> {
    return this.#connect(`${formatAddress(address)}/lines ${channel}`, () => openLineClient(this.#settings, address))
  }

  probe(host: string, port: number): Promise<'open' | 'refused' | 'unknown'> {
    return new Promise((resolve) => {
      const socket = new Socket()
      const end = (verdict: 'open' | 'refused' | 'unknown'): void => {
        socket.destroy()
        resolve(verdict)
      }
      socket.setTimeout(PROBE_TIMEOUT_MS, () => end('unknown'))
      socket.once('connect', () => end('open'))
      socket.once('error', (error: NodeJS.ErrnoException) => end(error.code === 'ECONNREFUSED' ? 'refused' : 'unknown'))
      socket.connect(port, host)
    })
  }

  async resolve(host: string): Promise<string> {
    if (isIP(host) !== 0) return host
    try {
      const {lookup} = await import('node:dns/promises')
      return (await lookup(host, {family: this.#settings.family})).address
    } catch (error) {
      throw translateError(error, {host, port: 0, busPort: 0, hostname: ''})
    }
  }

  snapshot(address: Address, signal: AbortSignal): Promise<SnapshotSource> {
    return openSnapshot(this.#settings, address, signal)
  }

  close(): void {
    this.#closed = true
    for (const opening of this.#clients.values()) {
      opening.then(
        (client) => client.close(),
        () => undefined, // it never opened
      )
    }
    this.#clients.clear()
  }

  async #open(address: Address): Promise<IoredisNodeClient> {
    const {credentials, commandTimeoutMs} = this.#settings
    const {Redis} = await loadClient()
    const redis = new Redis(this.#options(address))
    let failure: Error | undefined
    redis.on('error', (error: Error) => (failure ??= error))
    try {
      await redis.connect()
    } catch (error) {
      redis.disconnect()
      throw await this.#whyNotOpen(failure ?? error, address)
    }
    const client = new IoredisNodeClient(redis, address, commandTimeoutMs)
    if (credentials.password !== undefined) await this.#logIn(client, credentials)
    return client
  }

  async #connect(key: string, open: () => Promise<PooledClient>): Promise<NodeClient> {
    const known = this.#clients.get(key)
    if (known !== undefined) {
      const client = await known
      if (client.usable) return client
    }
    const opening = open()
    this.#clients.set(key, opening)
    try {
      const client = await opening
      if (this.#closed) client.close()
      return client
    } catch (error) {
      this.#clients.delete(key)
      throw error
    }
  }

  /** ioredis has one limit for the connection and the TLS handshake: whether the port is open tells which of them it was. */
  async #whyNotOpen(error: unknown, address: Address): Promise<ManagerError> {
    const translated = translateError(error, address)
    const isLate = this.#settings.tls !== undefined && error instanceof Error && error.message.includes('ETIMEDOUT')
    return isLate && (await this.probe(address.host, address.port)) === 'open' ? handshakeTimedOut(address) : translated
  }

  async #logIn(client: IoredisNodeClient, {username, password}: Credentials): Promise<void> {
    try {
      await client.call(username === undefined ? ['AUTH', password!] : ['AUTH', username, password!])
    } catch (error) {
      client.close()
      throw error
    }
  }

  #options(address: Address): RedisOptions & {replyMapping: 'legacy'} {
    const {tls, connectTimeoutMs, family} = this.#settings
    const options: RedisOptions & {replyMapping: 'legacy'} = {
      host: address.host,
      port: address.port,
      family,
      connectTimeout: connectTimeoutMs,
      keepAlive: KEEP_ALIVE_MS,
      // ioredis waits this long for a stream to close, even for one that never opened: the process would linger.
      disconnectTimeout: DISCONNECT_TIMEOUT_MS,
      lazyConnect: true,
      // We reconnect, log in and repeat commands ourselves, where repeating is known to be safe.
      retryStrategy: null,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      enableOfflineQueue: false,
      enableReadyCheck: false,
      disableClientInfo: true,
      protocol: 2,
      replyMapping: 'legacy',
    }
    if (tls !== undefined) options.tls = tlsOptions(tls)
    return options
  }
}
