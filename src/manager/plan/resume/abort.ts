/** What brings a cluster back to a clean state after an operation that is not to be finished. */
import {counted} from '../../check/naming.js'
import {finding, type Finding} from '../../check/finding.js'
import {keyCount} from '../../view/node-view.js'
import type {Phase, Plan} from '../plan.js'
import {owedPhases} from './owed.js'
import {remainingPhases, withOwed, type Rest} from './remaining.js'
import {settle, slotsAtWork} from './settle.js'
import {accountOf, type Truth} from './truth.js'

export type Abortion =
  {readonly ok: true; readonly rest: Rest} | {readonly ok: false; readonly refusals: readonly Finding[]}

/**
 * A plan that can be undone is undone, unless its new nodes hold keys by now. Of any other plan, slots that are half moved are
 * completed or closed, as `fix` decides; those that have arrived stay. A farewell that has begun is completed: a node that only
 * some have forgotten is worse than either end.
 */
export function abortPlan(plan: Plan, truth: Truth): Abortion {
  const owed = owedPhases(plan, truth)
  if (plan.undo !== undefined) {
    const refusals = keysInTheWay(plan, truth)
    if (refusals.length > 0) return {ok: false, refusals}
    return {ok: true, rest: withOwed(remainingPhases(plan.undo, plan, truth), owed, [])}
  }
  const {phases, withheld} = settle(truth.view, plan, slotsAtWork(plan))
  return {ok: true, rest: withOwed([...phases, ...begunFarewell(plan, truth)], owed, withheld)}
}

/**
 * Some of the new nodes have another identity by now: an earlier run had begun to take everything back. The nodes that the plan
 * names are no more, so it can only be undone to the end.
 */
export function undoHasBegun({undo, newcomers}: Plan, {replaced}: Truth): boolean {
  return undo !== undefined && newcomers.some((id) => replaced.has(id))
}

/** A replica's keys are its primary's; a primary's are nobody else's. */
function keysInTheWay(plan: Plan, truth: Truth): Finding[] {
  return plan.newcomers.flatMap((id) => {
    const account = accountOf(truth, id)
    if (account === undefined || account.line.flags.has('replica')) return []
    const keys = keyCount(account.server)
    const isEstablished = plan.entries.length > 0 && account.line.slots.size > 0
    if (keys === 0 && !isEstablished) return []
    const holds = keys > 0 ? counted(keys, 'key') : counted(account.line.slots.size, 'slot')
    const node = {id, address: account.address}
    return [finding('in-use', 'error', `holds ${holds} by now: to undo the operation would lose them`, {node})]
  })
}

/** From the first FORGET on, where at least one node has forgotten. */
function begunFarewell(plan: Plan, truth: Truth): Phase[] {
  const first = plan.phases.findIndex(({steps}) => steps.some(({kind}) => kind === 'forget'))
  if (first < 0) return []
  const farewell = plan.phases.slice(first)
  const left = remainingPhases(farewell, plan, truth)
  const count = (phases: readonly Phase[]): number =>
    phases.flatMap(({steps}) => steps).filter(({kind}) => kind === 'forget').length
  return count(left) < count(farewell) ? left : []
}
