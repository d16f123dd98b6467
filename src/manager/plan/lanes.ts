/** Slots on their way from one primary to another: what reshard, rebalance and a drain have in common. */
import type {NodeId} from '../../model/node-id.js'
import {type SlotSet} from '../../model/slot-set.js'
import type {Finding} from '../check/finding.js'
import {findNode, type Topology} from '../view/topology.js'
import {agreement, nodeRefusal, subjectOf} from './build.js'
import type {Phase} from './plan.js'
import type {Step, StepOf} from './step.js'

/** All that goes from one primary to one other. */
export interface Lane {
  readonly source: NodeId
  readonly target: NodeId
  readonly slots: SlotSet
}

/** Moves whole slots with their keys: `migrate-slots` where the servers do it by themselves, else `move-slots`. */
export type MoveStep = StepOf<'move-slots' | 'migrate-slots'>

export function isMove(step: Step): step is MoveStep {
  return step.kind === 'move-slots' || step.kind === 'migrate-slots'
}

/**
 * The steps for the lanes, and the wait for agreement after them; empty when there is nothing to move.
 *
 * @param witnesses who has to agree
 */
export function lanePhases(
  title: string,
  lanes: readonly Lane[],
  {atomic = false, witnesses}: {readonly atomic: boolean | undefined; readonly witnesses: readonly NodeId[]},
): Phase[] {
  const kind = atomic ? 'migrate-slots' : 'move-slots'
  const steps = lanes
    .filter(({slots}) => slots.size > 0)
    .map(({source, target, slots}): MoveStep => ({kind, slots: slots.toString(), source, target}))
  if (steps.length === 0) return []
  return [{title, steps}, agreement(witnesses, {push: false})]
}

/**
 * Atomic slot migration (CLUSTER MIGRATESLOTS, Valkey 9.0 and the bundled engine) asks something of both ends. Who asked for it has a reason, such as
 * keys too big for MIGRATE, so nothing else is silently put in its place.
 */
export function atomicRefusals(topology: Topology, lanes: readonly Lane[]): Finding[] {
  const ends = new Set(lanes.flatMap(({source, target}) => [source, target]))
  return [...ends]
    .filter((id) => findNode(topology, id)?.capabilities.has('slot-migration-export') !== true)
    .map((id) =>
      nodeRefusal(
        'atomic-not-supported',
        subjectOf(topology, id),
        'cannot move slots atomically: that takes Valkey 9.0 or the bundled engine',
        {
          remedy: 'leave out --atomic',
        },
      ),
    )
}
