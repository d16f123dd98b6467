/** Which slots a plan puts its hands on: those whose keys are looked at before and after. */
import type {Plan} from '../plan/plan.js'
import type {Step} from '../plan/step.js'
import {SlotSet} from '../../model/slot-set.js'

export function slotsAtStake(plan: Plan): SlotSet {
  const steps = plan.phases.flatMap((phase) => phase.steps)
  return steps.reduce((slots, step) => slots.union(slotsOf(step)), SlotSet.EMPTY)
}

/** Whether keys come in from a server outside the cluster. */
export function bringsKeys(plan: Plan): boolean {
  return plan.phases.some(({steps}) => steps.some(({kind}) => kind === 'copy-keys'))
}

function slotsOf(step: Step): SlotSet {
  switch (step.kind) {
    case 'move-slots':
    case 'migrate-slots':
    case 'claim-slots':
    case 'assign-slots':
    case 'close-slots':
    case 'del-slots':
    case 'add-slots':
      return SlotSet.parse(step.slots) ?? SlotSet.EMPTY
    case 'collect-keys':
      return SlotSet.of([step.slot])
    default:
      return SlotSet.EMPTY
  }
}
