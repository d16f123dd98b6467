/** Slots that somebody moved to a node since it was to leave its cluster: they must not leave with it. */
import type {NodeId} from '../../../model/node-id.js'
import {SlotSet} from '../../../model/slot-set.js'
import {findNode} from '../../view/topology.js'
import {planDelNode} from '../del-node.js'
import {readSlots} from '../fix-action.js'
import {isMove} from '../lanes.js'
import type {Phase, Plan, Planned} from '../plan.js'
import type {Truth} from './truth.js'

/** A plan of its own for the node with slots that nothing of `phases` takes away; `undefined` when there is none. */
export function drainAgain(phases: readonly Phase[], {settings}: Plan, {topology}: Truth): Planned | undefined {
  const steps = phases.flatMap((phase) => phase.steps)
  const leaving = new Set(steps.flatMap((step) => (step.kind === 'forget' ? [step.node] : [])))
  const isForgottenWithSlots = (id: NodeId): boolean => {
    const moved = steps.flatMap((step) => (isMove(step) && step.source === id ? [readSlots(step.slots)] : []))
    const taken = moved.reduce((all, slots) => all.union(slots), SlotSet.EMPTY)
    return (findNode(topology, id)?.slots ?? SlotSet.EMPTY).minus(taken).size > 0
  }
  const victim = [...leaving].find(isForgottenWithSlots)
  return victim === undefined ? undefined : planDelNode(topology, victim, {drain: true, settings})
}
