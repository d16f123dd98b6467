/** How many steps run side by side, and what each of them takes for itself. */
import type {NodeId} from '../../model/node-id.js'
import type {Step, StepOf} from '../plan/step.js'

/** Steps at once: enough for one lane per source in a large cluster, few enough for one operator's machine. */
export const STEPS_AT_ONCE = 32

/** Whether slots change hands between two primaries, and the target takes a higher config epoch for it. */
export function movesSlots(step: Step): step is StepOf<'move-slots' | 'migrate-slots'> {
  return step.kind === 'move-slots' || step.kind === 'migrate-slots'
}

/**
 * A source hands out one batch of keys at a time, whatever the number of its targets, for a second one would only queue behind
 * the first and block the node's clients for longer. Redis 8.4 refuses a second migration on a node, be it the source or the
 * target of the first.
 */
export function busyNodes(step: Step): readonly NodeId[] {
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
