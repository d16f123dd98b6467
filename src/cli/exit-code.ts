/** The frozen table of exit codes: docs/exit-codes.md. Scripts branch on it. */
import type {ManagerError, ManagerErrorCode} from '../manager/error.js'
import type {Outcome} from '../manager/execute/outcome.js'

export const EXIT = {
  /** Done, or healthy. */
  done: 0,
  /** Failed, or unhealthy. */
  failed: 1,
  /** Wrong usage: nothing was sent to a node. */
  usage: 2,
  /** Refused, or declined: nothing was changed. */
  refused: 3,
  /** Could not connect or log in. */
  connection: 4,
  /** Stopped half-way: can be continued. */
  halfDone: 5,
  /** Timed out. */
  timedOut: 6,
  /** Ctrl-C before anything was changed, or after all was undone. */
  interrupted: 130,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

const BY_ERROR: {readonly [Code in ManagerErrorCode]: ExitCode} = {
  unreachable: EXIT.connection,
  'timed-out': EXIT.timedOut,
  'login-failed': EXIT.connection,
  'tls-failed': EXIT.connection,
  'not-permitted': EXIT.refused,
  'not-a-cluster-node': EXIT.refused,
  protocol: EXIT.connection,
  'error-reply': EXIT.failed,
  'key-exists': EXIT.failed,
  'big-key': EXIT.refused,
  'stale-plan': EXIT.refused,
  claimed: EXIT.refused,
  'claim-lost': EXIT.halfDone,
  refused: EXIT.refused,
  usage: EXIT.usage,
  io: EXIT.failed,
  interrupted: EXIT.interrupted,
  internal: EXIT.failed,
}

/** For an error before anything was changed. */
export function exitCodeOfError(error: ManagerError): ExitCode {
  return BY_ERROR[error.code]
}

/** For a plan that was begun. */
export function exitCodeOfOutcome(outcome: Outcome): ExitCode {
  const {status, error, touched, undone, stepsDone, slotsMoved, keysMoved} = outcome
  if (status === 'applied' || error === undefined) return EXIT.done
  if (touched && !undone && (stepsDone > 0 || slotsMoved > 0 || keysMoved > 0)) return EXIT.halfDone
  return exitCodeOfError(error)
}
