/** What can go wrong outside our own code, told to an operator: the node, what failed, and what to do next. */
import type {ClaimOwner} from './claim-owner.js'
import type {ErrorInfo} from './error-info.js'

/** Stable: scripts and `--json` readers branch on these. Documented in docs/errors.md. */
export type ManagerErrorCode =
  | 'unreachable' // no connection, or it was lost
  | 'timed-out' // connected, but no answer or no progress in time
  | 'login-failed' // wrong or missing password, unknown user
  | 'tls-failed' // handshake or certificate
  | 'not-permitted' // the user may not run the command
  | 'not-a-cluster-node' // answers, but cluster mode is off
  | 'protocol' // what answers does not speak RESP, or its answer cannot be read
  | 'error-reply' // the node refused the command
  | 'key-exists' // MIGRATE met the key at the target, with another value
  | 'big-key' // a key is too big to be moved without harm, or was left where it is
  | 'stale-plan' // the cluster is no longer what the plan was made for
  | 'claimed' // another operation works on this cluster
  | 'claim-lost' // another operation took this cluster over, or may have
  | 'refused' // our own rules forbid it; nothing was changed
  | 'usage' // the invocation is wrong
  | 'io' // a local file
  | 'interrupted'
  | 'internal' // a bug of ours

export class ManagerError extends Error implements ErrorInfo {
  override readonly name = 'ManagerError'
  readonly code: ManagerErrorCode
  /** `host:port` of the node concerned, where there is one. */
  readonly node: string | undefined
  /** What to do next: a sentence or a command. */
  readonly hint: string | undefined
  /** The node's own words, when it answered with an error. */
  readonly reply: string | undefined
  /** Who works on the cluster, where that is the reason. */
  readonly claim: ClaimOwner | undefined

  constructor(code: ManagerErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : {cause: details.cause})
    this.code = code
    this.node = details.node
    this.hint = details.hint
    this.reply = details.reply
    this.claim = details.claim
  }
}

export interface ErrorDetails {
  readonly node?: string | undefined
  readonly hint?: string | undefined
  readonly reply?: string | undefined
  readonly claim?: ClaimOwner | undefined
  readonly cause?: unknown
}

/** The error reply of a node, or '' when `error` is something else. */
export function replyOf(error: unknown): string {
  return error instanceof ManagerError ? (error.reply ?? '') : ''
}

export function isManagerError(error: unknown, ...codes: readonly ManagerErrorCode[]): error is ManagerError {
  return error instanceof ManagerError && (codes.length === 0 || codes.includes(error.code))
}

/** Anything thrown, as a ManagerError. What is not one already is a fault of a local file or a bug of ours. */
export function toManagerError(error: unknown): ManagerError {
  if (error instanceof ManagerError) return error
  const message = error instanceof Error ? error.message : String(error)
  const isSystemError = error instanceof Error && 'syscall' in error
  if (isSystemError) return new ManagerError('io', message, {cause: error})
  return new ManagerError('internal', message, {
    cause: error,
    hint: 'a bug in tscluster: please report it with what DEBUG=1 shows; `tscluster check` tells the state of the cluster',
  })
}
