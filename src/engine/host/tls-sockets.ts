/** Encrypted connections of one node: those that come in, and those that it makes to other nodes. */
import {type Socket} from 'node:net'
import tls from 'node:tls'
import {type Endpoint, type LogLevel} from '../ports.js'
import {type Config} from '../server/config.js'
import {
  type ClientAuth,
  readTlsMaterial,
  type SessionRules,
  TlsError,
  type TlsMaterial,
  wantsTls,
} from './tls-material.js'

/** The directives that a change of which makes the certificates be read again. */
export const TLS_RULES: readonly string[] = [
  'tls-port',
  'tls-cluster',
  'tls-replication',
  'tls-cert-file',
  'tls-key-file',
  'tls-key-file-pass',
  'tls-client-cert-file',
  'tls-client-key-file',
  'tls-client-key-file-pass',
  'tls-dh-params-file',
  'tls-ca-cert-file',
  'tls-ca-cert-dir',
  'tls-protocols',
  'tls-ciphers',
  'tls-ciphersuites',
  'tls-prefer-server-ciphers',
  'tls-session-caching',
  'tls-session-cache-size',
  'tls-session-cache-timeout',
  'tls-auth-clients',
]

export interface TlsSocketsOptions {
  readonly config: Config
  /** Where relative paths begin. */
  readonly directory: string
  readonly log: (level: LogLevel, text: string) => void
}

/** Who takes a connection when its handshake is over. */
export interface TlsAccept {
  readonly client: (socket: Socket) => void
  readonly peer: (socket: Socket) => void
}

/** A handshake that takes longer is ended. */
const HANDSHAKE_MS = 60_000

/** A plain connection never comes here. */
export class TlsSockets {
  readonly #options: TlsSocketsOptions
  readonly #accept: TlsAccept
  #material: TlsMaterial | undefined
  #clients: tls.Server | undefined
  #peers: tls.Server | undefined

  constructor(options: TlsSocketsOptions, accept: TlsAccept) {
    this.#options = options
    this.#accept = accept
  }

  /**
   * Reads certificates and rules anew; connections that stand keep theirs.
   * @throws TlsError when they cannot be used; the former ones stay
   */
  load(): void {
    const {config, directory} = this.#options
    if (!wantsTls(config)) return
    const material = readTlsMaterial(config, directory)
    this.#material = material
    this.#clients = this.#server(material, material.clientAuth, this.#accept.client)
    // Nodes always show each other who they are.
    this.#peers = this.#server(material, 'yes', this.#accept.peer)
  }

  /** The same for CONFIG SET. @returns the error for its client; the log says more */
  reload(): string | undefined {
    try {
      this.load()
      return undefined
    } catch (error) {
      if (!(error instanceof TlsError)) throw error
      this.#options.log('warning', error.message)
      return 'Unable to update TLS configuration. Check server logs.'
    }
  }

  /** A connection to the TLS port, opened with `pauseOnConnect`. */
  acceptClient(raw: Socket): void {
    begin(this.#clients, raw)
  }

  /** A connection to the bus port. */
  acceptPeer(raw: Socket): void {
    begin(this.#peers, raw)
  }

  /**
   * Calls another node. Its certificate must come from our authority; the name in it does not matter, for nodes are called by address.
   * @param localAddress empty: the system chooses
   * @throws Error when the port is none
   */
  dial({host, port}: Endpoint, localAddress: string): tls.TLSSocket {
    const socket = tls.connect({
      ...this.#material?.client,
      ...{host, port, checkServerIdentity: () => undefined},
      ...(localAddress !== '' && {localAddress}),
    })
    socket.setNoDelay(true)
    return socket
  }

  /** It listens nowhere: connections are handed to it. */
  #server({server: options, sessions}: TlsMaterial, auth: ClientAuth, accept: TlsAccept['client']): tls.Server {
    const server = tls.createServer({
      ...options,
      requestCert: auth !== 'no',
      rejectUnauthorized: auth === 'yes',
      allowHalfOpen: true,
      handshakeTimeout: HANDSHAKE_MS,
    })
    server.on('secureConnection', (socket) => {
      if (auth !== 'optional' || socket.authorized || !hasCertificate(socket)) return accept(socket)
      this.#refused(String(socket.authorizationError), socket)
      socket.destroy()
    })
    server.on('tlsClientError', (error, socket) => this.#refused(error.message, socket))
    if (sessions.areKept) keepSessions(server, sessions)
    return server
  }

  #refused(why: string, socket: tls.TLSSocket): void {
    const from = socket.remoteAddress === undefined ? '' : ` (addr=${socket.remoteAddress}:${socket.remotePort ?? 0})`
    this.#options.log('verbose', `Error accepting a client connection: ${why.trim()}${from}`)
  }
}

function begin(server: tls.Server | undefined, raw: Socket): void {
  raw.on('error', () => raw.destroy())
  if (server === undefined) raw.destroy()
  else if (!raw.destroyed) server.emit('connection', raw)
}

function hasCertificate(socket: tls.TLSSocket): boolean {
  return Object.keys(socket.getPeerCertificate()).length > 0
}

/** For clients without session tickets: the latest sessions, the oldest of which goes when there are too many. */
function keepSessions(server: tls.Server, {most}: SessionRules): void {
  const sessions = new Map<string, Buffer>()
  server.on('newSession', (id: Buffer, data: Buffer, done: () => void) => {
    sessions.set(id.toString('latin1'), data)
    const [oldest] = sessions.keys()
    if (most > 0 && sessions.size > most) sessions.delete(oldest!)
    done()
  })
  server.on('resumeSession', (id: Buffer, done: (error: Error | null, data: Buffer | null) => void) =>
    done(null, sessions.get(id.toString('latin1')) ?? null),
  )
}
