/** Slots of an unfinished operation that no longer are as a move leaves them: repaired as `fix` repairs them. */
import type {NodeId} from '../../../model/node-id.js'
import type {SlotId} from '../../../model/slot.js'
import {SlotSet} from '../../../model/slot-set.js'
import type {ClusterView} from '../../view/cluster-view.js'
import {linesOf} from '../../view/lines.js'
import type {NodeView} from '../../view/node-view.js'
import {planActions, planFix} from '../fix.js'
import {readSlots, type FixAction, type FixCase} from '../fix-action.js'
import {isMove} from '../lanes.js'
import type {Phase, Plan} from '../plan.js'
import type {Step} from '../step.js'

/** Of slots that have an owner. Uncovered ones are a matter for `fix`, where the operator decides what may be lost. */
const OPEN: ReadonlySet<FixCase> = new Set<FixCase>([
  ...(['case-1', 'case-2', 'case-3-move', 'case-3-close', 'case-4'] as const),
  ...(['many-sided', 'no-owner', 'several-owners', 'stray-keys', 'stale-marker'] as const),
])

export interface Settlement {
  readonly phases: readonly Phase[]
  /** What cannot be done now, and why not. */
  readonly withheld: readonly string[]
}

/** Every slot that a step of the plan moves, or whose keys it moves. */
export function slotsAtWork({phases}: Plan): SlotSet {
  const touched = phases.flatMap(({steps}) => steps.map(slotsOfStep))
  return touched.reduce((all, slots) => all.union(slots), SlotSet.EMPTY)
}

/**
 * @param carried by slot: who gives it away in what is left of the plan, which closes it on both ends by itself
 */
export function settle(
  view: ClusterView,
  plan: Plan,
  slots: SlotSet,
  carried: ReadonlyMap<SlotId, NodeId> = new Map(),
): Settlement {
  const request = {acceptDataLoss: false, withUnreachablePrimaries: false, searchMultipleOwners: true}
  const {diagnosis} = planFix(view, {...request, settings: plan.settings})
  const actions = diagnosis
    .flatMap(({action}) => action ?? [])
    .filter((action) => OPEN.has(action.case) && readSlots(action.slots).intersects(slots))
    .flatMap((action) => (isCarried(action, carried) ? onlyTold(view, action, carried) : [action]))
  const feasible = actions.filter(({withheld}) => withheld === null)
  const planned = planActions(view, feasible, plan.settings)
  return {
    phases: planned.ok && feasible.length > 0 ? planned.plan.phases : [],
    withheld: actions.flatMap(({withheld}) => withheld?.reason ?? []),
  }
}

/** The move repairs it on its way: it opens on both ends what was open on one, and takes along what has stayed behind. */
function isCarried({slots, case: situation, source, owner}: FixAction, carried: ReadonlyMap<SlotId, NodeId>): boolean {
  if (situation === 'several-owners' || situation === 'many-sided') return false
  return [...readSlots(slots)].every((slot) => {
    const giver = carried.get(slot)
    return giver !== undefined && (giver === source || giver === owner)
  })
}

/** A node that believes in an owner which is dead refuses what the move would bring: it has to be put right before. */
function onlyTold(view: ClusterView, action: FixAction, carried: ReadonlyMap<SlotId, NodeId>): FixAction[] {
  const steps = action.steps.filter((step) => {
    if (step.kind !== 'assign-slots' && step.kind !== 'close-slots') return false
    const account = view.nodes.find(({id}) => id === step.node)
    return (
      account !== undefined && [...readSlots(step.slots)].some((slot) => !credits(account, slot, carried.get(slot)))
    )
  })
  return steps.length === 0 ? [] : [{...action, steps}]
}

function credits(account: NodeView, slot: SlotId, owner: NodeId | undefined): boolean {
  return linesOf(account).some(({id, slots}) => id === owner && slots.has(slot))
}

function slotsOfStep(step: Step): SlotSet {
  if (isMove(step)) return readSlots(step.slots)
  if (step.kind === 'collect-keys') return SlotSet.of([step.slot])
  const isAboutOwners = step.kind === 'claim-slots' || step.kind === 'assign-slots' || step.kind === 'close-slots'
  return isAboutOwners ? readSlots(step.slots) : SlotSet.EMPTY
}
