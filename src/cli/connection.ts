/** From what the operator says about logging in to the settings of a pool. Secrets come in here and go nowhere else. */
import type {PoolSettings, TlsSettings} from '../manager/io/pool-settings.js'
import type {Credentials, NodePool, SnapshotReader} from '../manager/ports.js'
import {usage} from './flags.js'
import {readTextFile} from './text-file.js'

/** As flags, URL and environment give it. */
export interface ConnectionOptions {
  readonly user?: string | undefined
  readonly password?: string | undefined
  readonly tls: boolean
  readonly cacert?: string | undefined
  readonly cacertdir?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
  readonly sni?: string | undefined
  readonly insecure: boolean
  readonly tlsCiphers?: string | undefined
  readonly connectTimeoutMs?: number | undefined
  readonly commandTimeoutMs?: number | undefined
  readonly family?: 4 | 6 | undefined
}

/** @throws ManagerError `usage` for a certificate that cannot be read */
export async function openPool(options: ConnectionOptions): Promise<NodePool & SnapshotReader> {
  const [{IoredisNodePool}, {DEFAULT_COMMAND_TIMEOUT_MS, DEFAULT_CONNECT_TIMEOUT_MS}] = await Promise.all([
    import('../manager/io/node-pool.js'),
    import('../manager/io/pool-settings.js'),
  ])
  const settings: PoolSettings = {
    credentials: credentialsOf(options),
    tls: options.tls ? await tlsSettings(options) : undefined,
    connectTimeoutMs: options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
    commandTimeoutMs: options.commandTimeoutMs ?? DEFAULT_COMMAND_TIMEOUT_MS,
    family: options.family ?? 0,
  }
  return new IoredisNodePool(settings)
}

/** A user without a password cannot log in: the name alone is ignored, as redis-cli does, and never reaches MIGRATE. */
function credentialsOf({user, password}: ConnectionOptions): Credentials {
  if (password === undefined) return {}
  return user === undefined ? {password} : {username: user, password}
}

async function tlsSettings(options: ConnectionOptions): Promise<TlsSettings> {
  const [ca, cert, key] = await Promise.all([
    authorities(options),
    options.cert === undefined ? undefined : readPem(options.cert),
    options.key === undefined ? undefined : readPem(options.key),
  ])
  return {
    ca,
    cert,
    key,
    serverName: options.sni,
    insecure: options.insecure,
    ciphers: options.tlsCiphers,
  }
}

async function authorities({cacert, cacertdir}: ConnectionOptions): Promise<string[]> {
  const inFolder = cacertdir === undefined ? [] : await certificatesIn(cacertdir)
  const files = [...(cacert === undefined ? [] : [cacert]), ...inFolder]
  return Promise.all(files.map(readPem))
}

async function certificatesIn(folder: string): Promise<string[]> {
  const {readdir} = await import('node:fs/promises')
  try {
    const names = await readdir(folder)
    return names.filter((name) => /\.(pem|crt|cer|0)$/.test(name)).map((name) => `${folder}/${name}`)
  } catch {
    throw usage(`cannot read the folder ${folder}`, 'give a readable folder of PEM files')
  }
}

/** node:tls passes over what is no PEM: the operator would hear only that the server cannot be trusted. */
async function readPem(file: string): Promise<string> {
  const text = await readTextFile(file, 'give a readable PEM file')
  if (!/^-----BEGIN [A-Z0-9 ]+-----/m.test(text)) throw usage(`${file} is not a PEM file`, 'give a readable PEM file')
  return text
}
