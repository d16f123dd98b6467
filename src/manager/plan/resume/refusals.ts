/** Why an operation is not begun, or not gone on with. */
import {finding, type Finding} from '../../check/finding.js'

/** @param remedy the commands that finish it or give it up */
export function unfinishedOperation(message: string, remedy: string): Finding {
  return finding('unfinished-operation', 'error', message, {remedy})
}

/** Where the slots are to go instead is not ours to decide. */
export function targetLost(node: NonNullable<Finding['node']>): Finding {
  const message = 'was to receive slots, does not answer, and has no successor'
  return finding('target-lost', 'error', message, {node, remedy: 'start it, or `tscluster abort`'})
}
