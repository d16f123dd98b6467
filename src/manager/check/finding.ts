/** Something an operator should know about: found by `check`, or the reason why a plan is refused. */
import type {Address} from '../../model/address.js'
import type {NodeId} from '../../model/node-id.js'

export type Severity = 'error' | 'warning'

export interface Finding {
  /** Stable kebab-case word; documented in docs/findings.md. */
  readonly code: string
  readonly severity: Severity
  /** The node concerned; `null` when it is the cluster as a whole. */
  readonly node: {readonly id: NodeId; readonly address: Address} | null
  /** Slots concerned, as in "0-5460 6000"; '' when none. */
  readonly slots: string
  /** One sentence without the node's name, which is printed in front of it. */
  readonly message: string
  /** The command that repairs it; `null` when there is none. */
  readonly remedy: string | null
}

export function finding(
  code: string,
  severity: Severity,
  message: string,
  details: Partial<Pick<Finding, 'node' | 'slots' | 'remedy'>> = {},
): Finding {
  return {
    code,
    severity,
    message,
    node: details.node ?? null,
    slots: details.slots ?? '',
    remedy: details.remedy ?? null,
  }
}
