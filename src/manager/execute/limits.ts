/** How many steps run side by side, and which must not. */
import type {NodeId} from '../../model/node-id.js'
import type {Step} from '../plan/step.js'

/** Steps at once: enough for one lane per source in a large cluster, few enough for one operator's machine. */
export const STEPS_AT_ONCE = 32

/**
 * The node that a step keeps busy: a source hands out one batch of keys at a time, whatever the number of its targets, for a
 * second one would only queue behind the first and block the node's clients for longer.
 */
export function busyNode(step: Step): NodeId | null {
  switch (step.kind) {
    case 'move-slots':
    case 'migrate-slots':
    case 'collect-keys':
      return step.source
    default:
      return null
  }
}
