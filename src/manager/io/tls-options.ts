/** TLS settings in the words of node:tls: for ioredis and for sockets of our own. */
import type {ConnectionOptions} from 'node:tls'
import type {TlsSettings} from './pool-settings.js'

export function tlsOptions(tls: TlsSettings): ConnectionOptions {
  return {
    ...(tls.ca.length > 0 && {ca: [...tls.ca]}),
    ...(tls.cert !== undefined && {cert: tls.cert}),
    ...(tls.key !== undefined && {key: tls.key}),
    ...(tls.serverName !== undefined && {servername: tls.serverName}),
    ...(tls.ciphers !== undefined && {ciphers: tls.ciphers}),
    rejectUnauthorized: !tls.insecure,
    checkServerIdentity: () => undefined,
  }
}
