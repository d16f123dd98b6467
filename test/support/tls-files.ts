/** The committed test certificates (made by scripts/make-test-certificates): paths for servers and flags, contents for clients. */
import {readFileSync} from 'node:fs'
import path from 'node:path'
import {PROJECT_ROOT} from './project-root.js'

const directory = path.join(PROJECT_ROOT, 'test', 'support', 'tls')

/** Absolute paths. `untrustedCa` signed none of the others. */
export const TLS_FILES = {
  ca: path.join(directory, 'ca.crt'),
  serverCert: path.join(directory, 'server.crt'),
  serverKey: path.join(directory, 'server.key'),
  clientCert: path.join(directory, 'client.crt'),
  clientKey: path.join(directory, 'client.key'),
  untrustedCa: path.join(directory, 'untrusted-ca.crt'),
} as const

export interface TlsMaterial {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

/** What a client of a TLS server needs, as PEM text. */
export function clientTls(): TlsMaterial {
  return {
    ca: readFileSync(TLS_FILES.ca, 'utf8'),
    cert: readFileSync(TLS_FILES.clientCert, 'utf8'),
    key: readFileSync(TLS_FILES.clientKey, 'utf8'),
  }
}

/** What a TLS server needs, as PEM text. */
export function serverTls(): TlsMaterial {
  return {
    ca: readFileSync(TLS_FILES.ca, 'utf8'),
    cert: readFileSync(TLS_FILES.serverCert, 'utf8'),
    key: readFileSync(TLS_FILES.serverKey, 'utf8'),
  }
}
