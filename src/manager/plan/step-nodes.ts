/** Which nodes a step speaks of. */
import {unreachable} from '../../model/assert.js'
import type {NodeId} from '../../model/node-id.js'
import type {Step} from './step.js'

/** Every node that the step names; the one that carries it out comes first. */
export function nodesOfStep(step: Step): readonly NodeId[] {
  switch (step.kind) {
    case 'set-config':
    case 'set-config-epoch':
    case 'add-slots':
    case 'claim-slots':
    case 'close-slots':
    case 'del-slots':
    case 'reset':
    case 'flush-functions':
      return [step.node]
    case 'meet':
      return [step.node, ...step.peers]
    case 'replicate':
      return [step.replica, step.primary]
    case 'wait-agreement':
      return step.nodes
    case 'wait-forgotten':
      return [...step.nodes, step.node]
    case 'wait-alone':
      return [...step.nodes, ...step.members]
    case 'copy-functions':
      return [step.to, step.from]
    case 'move-slots':
    case 'migrate-slots':
    case 'collect-keys':
      return [step.source, step.target]
    case 'assign-slots':
      return [step.node, step.owner]
    case 'forget':
      return [step.by, step.node]
    case 'failover':
    case 'wait-sync':
      return [step.replica]
    case 'copy-keys':
      return []
    default:
      return unreachable(step)
  }
}
