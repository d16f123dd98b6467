/** What the tls-* directives say, read from the disk: certificates, keys, protocols and ciphers, as node:tls takes them. */
import {readdirSync, readFileSync} from 'node:fs'
import path from 'node:path'
import tls from 'node:tls'
import {constants} from 'node:crypto'
import {type Config} from '../server/config.js'

/** TLS that cannot be had as it is configured: one line in Redis' words. */
export class TlsError extends Error {}

/** Who has to show a certificate on the client port: `tls-auth-clients`. */
export type ClientAuth = 'yes' | 'no' | 'optional'

export interface TlsMaterial {
  /** For connections that come in. */
  readonly server: tls.SecureContextOptions
  /** For connections that the node makes. */
  readonly client: tls.SecureContextOptions
  readonly clientAuth: ClientAuth
  readonly sessions: SessionRules
}

/** The sessions that a client may resume: `tls-session-caching`, `-cache-size` (0: no bound), `-cache-timeout`. */
export interface SessionRules {
  readonly areKept: boolean
  readonly most: number
  readonly timeoutSeconds: number
}

/** In the order of their age. */
const PROTOCOLS: readonly {readonly name: tls.SecureVersion; readonly refusal: number}[] = [
  {name: 'TLSv1', refusal: constants.SSL_OP_NO_TLSv1},
  {name: 'TLSv1.1', refusal: constants.SSL_OP_NO_TLSv1_1},
  {name: 'TLSv1.2', refusal: constants.SSL_OP_NO_TLSv1_2},
  {name: 'TLSv1.3', refusal: constants.SSL_OP_NO_TLSv1_3},
]

/** Whether anything of this node is encrypted: only then the other directives are looked at. */
export function wantsTls(config: Config): boolean {
  return config.number('tls-port') !== 0 || config.flag('tls-replication') || config.flag('tls-cluster')
}

/**
 * Reads what the directives name; relative paths begin in `directory`. Source: Redis 7.0's tlsConfigure.
 * @throws TlsError
 */
export function readTlsMaterial(config: Config, directory: string): TlsMaterial {
  const text = (name: string): string => config.text(name)
  if (text('tls-cert-file') === '') throw new TlsError('No tls-cert-file configured!')
  if (text('tls-key-file') === '') throw new TlsError('No tls-key-file configured!')
  const clientAuth = text('tls-auth-clients') as ClientAuth
  const hasCa = text('tls-ca-cert-file') !== '' || text('tls-ca-cert-dir') !== ''
  if (!hasCa && (clientAuth !== 'no' || config.flag('tls-cluster') || config.flag('tls-replication'))) {
    throw new TlsError(
      'Either tls-ca-cert-file or tls-ca-cert-dir must be specified when tls-cluster, tls-replication or tls-auth-clients are enabled!',
    )
  }
  const sessions: SessionRules = {
    areKept: config.flag('tls-session-caching'),
    most: config.number('tls-session-cache-size'),
    timeoutSeconds: config.number('tls-session-cache-timeout'),
  }
  const rules = {...protocolsOf(text('tls-protocols'), sessions.areKept), ...ciphersOf(config)}
  const shared = {...rules, ...authorities(config, directory)}
  const server = {
    ...shared,
    ...credentials(config, directory, 'tls-'),
    ...diffieHellman(text('tls-dh-params-file'), directory),
    honorCipherOrder: config.flag('tls-prefer-server-ciphers'),
    sessionIdContext: 'redis',
    sessionTimeout: sessions.timeoutSeconds,
  }
  const hasOwnIdentity = text('tls-client-cert-file') !== '' && text('tls-client-key-file') !== ''
  const client = {...shared, ...credentials(config, directory, hasOwnIdentity ? 'tls-client-' : 'tls-')}
  for (const options of [server, client]) tryOut(options, config)
  return {server, client, clientAuth, sessions}
}

/** @param prefix `tls-`, or `tls-client-` for an identity of its own towards other nodes */
function credentials(config: Config, directory: string, prefix: string): tls.SecureContextOptions {
  const [certFile, keyFile] = [config.text(`${prefix}cert-file`), config.text(`${prefix}key-file`)]
  const passphrase = config.text(`${prefix}key-file-pass`)
  const cert = readFile(certFile, directory, (why) => `Failed to load certificate: ${certFile}: ${why}`)
  const key = readFile(keyFile, directory, (why) => `Failed to load private key: ${keyFile}: ${why}`)
  const identity = {key, ...(passphrase !== '' && {passphrase})}
  check({cert}, (why) => `Failed to load certificate: ${certFile}: ${why}`)
  check({cert, ...identity}, (why) => `Failed to load private key: ${keyFile}: ${why}`)
  return {cert, ...identity}
}

/** A folder counts with all its files, hashed names or not; one that cannot be read holds none, as for OpenSSL. */
function authorities(config: Config, directory: string): tls.SecureContextOptions {
  const failure = (why: string): string => `Failed to configure CA certificate(s) file/directory: ${why}`
  const ca: Buffer[] = []
  const [file, folder] = [config.text('tls-ca-cert-file'), config.text('tls-ca-cert-dir')]
  if (file !== '') ca.push(readFile(file, directory, failure))
  if (folder !== '') {
    const whole = path.resolve(directory, folder)
    for (const each of namesIn(whole)) {
      const text = readFile(path.join(whole, each), directory, failure)
      if (text.includes('-----BEGIN CERTIFICATE-----')) ca.push(text)
    }
  }
  if (ca.length > 0) check({ca}, failure)
  // Without any, nobody is believed: Node would take the authorities of the web.
  return {ca}
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder, {withFileTypes: true})
      .filter((each) => !each.isDirectory())
      .map(({name}) => name)
      .sort()
  } catch {
    return []
  }
}

function diffieHellman(file: string, directory: string): tls.SecureContextOptions {
  if (file === '') return {}
  const dhparam = readFile(file, directory, (why) => `Failed to load ${file}: ${why.replace(/^.*::/, '')}`)
  check({dhparam}, () => `${file}: failed to read DH params`)
  return {dhparam}
}

function protocolsOf(text: string, hasSessions: boolean): tls.SecureContextOptions {
  const words = text.split(' ').filter((word) => word !== '')
  const wanted = words.map((word) => PROTOCOLS.findIndex(({name}) => name.toLowerCase() === word.toLowerCase()))
  if (wanted.includes(-1)) {
    throw new TlsError(
      "Invalid tls-protocols specified. Use a combination of 'TLSv1', 'TLSv1.1', 'TLSv1.2' and 'TLSv1.3'.",
    )
  }
  if (wanted.length === 0) wanted.push(2, 3)
  const refused = PROTOCOLS.filter((_, index) => !wanted.includes(index))
  const noTickets = hasSessions ? 0 : constants.SSL_OP_NO_TICKET
  return {
    minVersion: PROTOCOLS[Math.min(...wanted)]!.name,
    maxVersion: PROTOCOLS[Math.max(...wanted)]!.name,
    secureOptions: refused.reduce((options, {refusal}) => options | refusal, noTickets),
  }
}

/** One list for node:tls: the suites of TLS 1.3 (`tls-ciphersuites`), then the ciphers before it (`tls-ciphers`). */
function ciphersOf(config: Config): tls.SecureContextOptions {
  const [ciphers, suites] = [config.text('tls-ciphers'), config.text('tls-ciphersuites')]
  if (ciphers === '' && suites === '') return {}
  const usual = tls.DEFAULT_CIPHERS.split(':')
  const usualSuites = usual.filter((each) => each.startsWith('TLS_')).join(':')
  const usualCiphers = usual.filter((each) => !each.startsWith('TLS_')).join(':')
  if (suites !== '') check({ciphers: `${suites}:${usualCiphers}`}, () => `Failed to configure ciphersuites: ${suites}`)
  if (suites !== '' && suites.split(':').some((each) => !each.startsWith('TLS_'))) {
    throw new TlsError(`Failed to configure ciphersuites: ${suites}`)
  }
  if (ciphers !== '') check({ciphers}, () => `Failed to configure ciphers: ${ciphers}`)
  return {ciphers: `${suites === '' ? usualSuites : suites}:${ciphers === '' ? usualCiphers : ciphers}`}
}

function readFile(file: string, directory: string, failure: (why: string) => string): Buffer {
  try {
    return readFileSync(path.resolve(directory, file))
  } catch (error) {
    const {code, message} = error as NodeJS.ErrnoException
    const reasons: Readonly<Record<string, string>> = {
      ENOENT: 'error:80000002:system library::No such file or directory',
      EACCES: 'error:8000000D:system library::Permission denied',
      EISDIR: 'error:80000015:system library::Is a directory',
    }
    throw new TlsError(failure(reasons[code ?? ''] ?? message))
  }
}

function check(options: tls.SecureContextOptions, failure: (why: string) => string): void {
  try {
    tls.createSecureContext(options)
  } catch (error) {
    throw new TlsError(failure(error instanceof Error ? error.message : String(error)))
  }
}

/** All of it together: what OpenSSL only notices then. */
function tryOut(options: tls.SecureContextOptions, config: Config): void {
  check(options, (why) => `Failed to configure TLS with ${config.text('tls-cert-file')}: ${why}`)
}
