/** How many steps run side by side, and which must not. */
import type {NodeId} from '../../model/node-id.js'
import type {Step, StepOf} from '../plan/step.js'

/** Steps at once: enough for one lane per source in a large cluster, few enough for one operator's machine. */
export const STEPS_AT_ONCE = 32

/**
 * Whether `one` must wait for `other`: they keep the same node busy, or slots would go to a node that gives some away. Whoever
 * takes a slot raises its config epoch and announces all that it has; what it is giving away just then would be among that, and
 * with the higher epoch it would take it back from the new owner, together with the writes that this one has acknowledged.
 */
export function collide(one: Step, other: Step): boolean {
  const busy = busyNodes(other)
  if (busyNodes(one).some((node) => busy.includes(node))) return true
  return movesSlots(one) && movesSlots(other) && (one.source === other.target || one.target === other.source)
}

function movesSlots(step: Step): step is StepOf<'move-slots' | 'migrate-slots'> {
  return step.kind === 'move-slots' || step.kind === 'migrate-slots'
}

/**
 * A source hands out one batch of keys at a time, whatever the number of its targets, for a second one would only queue behind
 * the first and block the node's clients for longer. Redis 8.4 refuses a second migration on a node, be it the source or the
 * target of the first.
 */
function busyNodes(step: Step): readonly NodeId[] {
  switch (step.kind) {
    case 'move-slots':
    case 'collect-keys':
      return [step.source]
    case 'migrate-slots':
      return step.asks === 'target' ? [step.source, step.target] : [step.source]
    default:
      return []
  }
}

/** The nodes whose clients feel a step: those between which it moves keys. */
export function nodesFelt(step: Step): readonly NodeId[] {
  switch (step.kind) {
    case 'move-slots':
    case 'migrate-slots':
    case 'collect-keys':
      return [step.source, step.target]
    default:
      return []
  }
}
