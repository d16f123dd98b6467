/**
 * What of a plan is left to do, worked out from what is true now and not from what was noted while it ran: a note may be lost, and
 * somebody may have gone on meanwhile.
 */
import {formatAddress} from '../../../model/address.js'
import type {NodeId} from '../../../model/node-id.js'
import type {SlotId} from '../../../model/slot.js'
import {predictPhases} from '../predict.js'
import type {Phase, Plan, PlanNode} from '../plan.js'
import {nodesOfStep} from '../step-nodes.js'
import type {Step} from '../step.js'
import {readSlots} from '../fix-action.js'
import {isMove} from '../lanes.js'
import {owedPhases} from './owed.js'
import {remainingStep} from './rules.js'
import {settle, slotsAtWork} from './settle.js'
import type {Truth} from './truth.js'

/** A plan for the rest; of where the cluster stands it says only where its nodes are. */
export interface Rest {
  readonly phases: readonly Phase[]
  /** To be run however the rest ends. */
  readonly lastly: readonly Phase[]
  /** What cannot be settled now, and why not. */
  readonly withheld: readonly string[]
}

export const NOTHING_LEFT: Rest = {phases: [], lastly: [], withheld: []}

/** What finishes the plan. */
export function remainingPlan(plan: Plan, truth: Truth): Rest {
  const carried = givers(remainingPhases(plan.phases, plan, truth))
  const {phases: settling, withheld} = settle(truth.view, plan, slotsAtWork(plan), carried)
  const topology = settling.length === 0 ? truth.topology : predictPhases(truth.topology, settling)
  const phases = remainingPhases(plan.phases, plan, {...truth, topology})
  return withOwed([...settling, ...phases], owedPhases(plan, truth), withheld)
}

/** Without waits there is nothing to put back: what is owed is then the work itself. */
export function withOwed(phases: readonly Phase[], owed: readonly Phase[], withheld: readonly string[]): Rest {
  return phases.length === 0 ? {phases: owed, lastly: [], withheld} : {phases, lastly: owed, withheld}
}

/** Phases whose steps are all done are left out; so are waits for what was not done. */
export function remainingPhases(phases: readonly Phase[], plan: Plan, truth: Truth): Phase[] {
  let works = false
  const left = phases.map(({title, steps}): Phase => {
    const rest = steps
      .filter((step) => !onlySavesTime(step, plan))
      .flatMap((step) => (works && isWait(step) ? withoutLost(step, truth) : remainingStep(step, truth)))
    works ||= rest.length > 0
    return {title, steps: rest}
  })
  return left.filter(({steps}) => steps.length > 0)
}

/** Every node that the rest names, where it is now. */
export function nodesOfRest(rest: Rest, plan: Plan, {view}: Truth): PlanNode[] {
  const named = new Set([...rest.phases, ...rest.lastly].flatMap(({steps}) => steps.flatMap(nodesOfStep)))
  const known = new Map<NodeId, string>(plan.nodes.map(({id, address}) => [id, address]))
  for (const {line} of view.silent) known.set(line.id, known.get(line.id) ?? formatAddress(line.address))
  for (const {id, address} of view.nodes) known.set(id, formatAddress(address))
  return [...named].flatMap((id) => {
    const address = known.get(id)
    return address === undefined ? [] : [{id, address}]
  })
}

/** A wait that comes after work is waited for once more; its nodes that do not answer any more are not. */
function withoutLost(step: Step, {view}: Truth): Step[] {
  const isThere = (id: NodeId): boolean => view.nodes.some((node) => node.id === id)
  // The nodes themselves must have been reached: who is away comes back with all that it knew.
  if (step.kind === 'wait-alone') return [{...step, members: step.members.filter(isThere)}]
  if (step.kind !== 'wait-agreement' && step.kind !== 'wait-forgotten') return [step]
  const nodes = step.nodes.filter(isThere)
  return nodes.length === 0 ? [] : [{...step, nodes}]
}

function isWait({kind}: Step): boolean {
  return kind === 'wait-agreement' || kind === 'wait-sync' || kind === 'wait-forgotten' || kind === 'wait-alone'
}

/** A setting that the plan puts back in the end: the rest does without it. */
function onlySavesTime(step: Step, {lastly = []}: Plan): boolean {
  if (step.kind !== 'set-config') return false
  const {node, parameter} = step
  return lastly.some(({steps}) =>
    steps.some((other) => other.kind === 'set-config' && other.node === node && other.parameter === parameter),
  )
}

function givers(phases: readonly Phase[]): ReadonlyMap<SlotId, NodeId> {
  const moves = phases.flatMap(({steps}) => steps.filter(isMove))
  return new Map(moves.flatMap(({slots, source}) => [...readSlots(slots)].map((slot) => [slot, source] as const)))
}
