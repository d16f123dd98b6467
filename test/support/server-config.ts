/** How a test's server is configured: what a test may ask for, and the file that comes of it. */
import {TLS_FILES} from './tls-files.js'

export interface StartOptions {
  /** Default true. */
  readonly cluster?: boolean
  /** More lines for the configuration file; they win over the defaults of the harness. */
  readonly config?: Readonly<Record<string, string | number>>
  /** requirepass and primaryauth. */
  readonly password?: string
  /** An ACL user with all rights; the default user is then off. */
  readonly aclUser?: {readonly name: string; readonly password: string}
  /** TLS on the client port and on the bus, nothing in the clear. */
  readonly tls?: boolean
  /** A loopback address, or one for each node: `127.0.0.1`, `127.0.0.2`, `::1`. Default 127.0.0.1. */
  readonly host?: string | ((index: number) => string)
}

/** Small, quick and without disk work, except for what a test asks for itself. */
export function configFile(host: string, port: number, directory: string, options: StartOptions): string {
  const lines: Record<string, string | number> = {
    bind: host,
    // Peers take the sender's address for the node's own: 127.0.0.2 must not call from 127.0.0.1.
    'bind-source-addr': host,
    port: options.tls === true ? 0 : port,
    dir: directory,
    logfile: 'server.log',
    'protected-mode': 'no',
    save: '""',
    appendonly: 'no',
    'repl-diskless-sync-delay': 0,
    'enable-debug-command': 'yes',
    ...(options.cluster === false ? {} : clusterLines()),
    ...(options.tls === true ? tlsLines(port) : {}),
    ...loginLines(options),
    ...options.config,
  }
  const users = options.aclUser === undefined ? [] : aclLines(options.aclUser)
  return [...Object.entries(lines).map(([name, value]) => `${name} ${value}`), ...users, ''].join('\n')
}

function clusterLines(): Record<string, string | number> {
  return {'cluster-enabled': 'yes', 'cluster-config-file': 'nodes.conf', 'cluster-node-timeout': 2000}
}

function tlsLines(port: number): Record<string, string | number> {
  return {
    'tls-port': port,
    'tls-cluster': 'yes',
    'tls-replication': 'yes',
    'tls-ca-cert-file': TLS_FILES.ca,
    'tls-cert-file': TLS_FILES.serverCert,
    'tls-key-file': TLS_FILES.serverKey,
  }
}

function loginLines({password, aclUser}: StartOptions): Record<string, string> {
  if (aclUser !== undefined) return {masteruser: aclUser.name, masterauth: aclUser.password}
  return password === undefined ? {} : {requirepass: password, masterauth: password}
}

function aclLines({name, password}: {readonly name: string; readonly password: string}): string[] {
  return ['user default off', `user ${name} on >${password} ~* &* +@all`]
}
