/** How nodes are connected to. */
import type {Credentials} from '../ports.js'

/** Certificates and keys as PEM text. The chain is verified, host names are not: nodes are announced by IP address. */
export interface TlsSettings {
  readonly ca: readonly string[]
  readonly cert: string | undefined
  readonly key: string | undefined
  /** Sent to every node; none when absent. */
  readonly serverName: string | undefined
  /** Accept any certificate. */
  readonly insecure: boolean
  readonly ciphers: string | undefined
}

export interface PoolSettings {
  readonly credentials: Credentials
  readonly tls: TlsSettings | undefined
  readonly connectTimeoutMs: number
  /** For a command's reply, when the call does not say. */
  readonly commandTimeoutMs: number
  /** 4 or 6: the address family when a host name has both; 0: either. */
  readonly family: 0 | 4 | 6
}

export const DEFAULT_CONNECT_TIMEOUT_MS = 5_000
export const DEFAULT_COMMAND_TIMEOUT_MS = 5_000
