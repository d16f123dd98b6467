/** What `--verify` found, as `--json` prints it: docs/json.md. */
import type {CanaryReport} from '../../manager/verify/canary/canaries.js'
import type {KeysVerdict} from '../../manager/verify/judge.js'

export type VerificationStatus =
  /** Every key is what it was, and no acknowledged write was lost. */
  | 'passed'
  /** A key or an acknowledged write was lost, damaged or doubled, or is on the wrong node. */
  | 'failed'
  /** Keys changed or went while clients wrote: by them, or not. No canary lost anything. */
  | 'undecided'
  /** Not all of it could be looked at. */
  | 'unfinished'

export interface VerificationReport {
  readonly status: VerificationStatus
  /** `null` when they were not read again. */
  readonly keys: KeysVerdict | null
  /** `null` where none were written. */
  readonly canaries: CanaryReport | null
  /** Canary keys of a run that was killed, found and removed. */
  readonly leftoversRemoved: number
}

/** @param applied the plan was carried out to its end: then no key may stand on a node that does not own its slot */
export function statusOf(
  keys: KeysVerdict | null,
  canaries: CanaryReport | null,
  applied: boolean,
): VerificationStatus {
  const strays = applied ? (keys?.strays ?? 0) : 0
  const damage = (keys?.lost ?? 0) + (keys?.damaged ?? 0) + strays + (canaries?.lost ?? 0) + (canaries?.doubled ?? 0)
  if (damage > 0) return 'failed'
  if (keys === null || canaries?.complete === false) return 'unfinished'
  return keys.gone + keys.changed > 0 ? 'undecided' : 'passed'
}
