/** Slots on their way from one primary to another: what reshard, rebalance and a drain have in common. */
import type {NodeId} from '../../model/node-id.js'
import {type SlotSet} from '../../model/slot-set.js'
import type {Topology} from '../view/topology.js'
import {agreement} from './build.js'
import {wayOf, type WayRequest} from './lane-way.js'
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

/** How the lanes go, and who has to agree afterwards. */
export interface LaneOptions extends WayRequest {
  readonly witnesses: readonly NodeId[]
}

/** The steps for the lanes, and the wait for agreement after them; empty when there is nothing to move. */
export function lanePhases(
  topology: Topology,
  title: string,
  lanes: readonly Lane[],
  {witnesses, ...request}: LaneOptions,
): Phase[] {
  const steps = lanes
    .filter(({slots}) => slots.size > 0)
    .map((lane): MoveStep => {
      const {source, target, slots} = lane
      return {...wayOf(topology, lane, request), slots: slots.toString(), source, target}
    })
  if (steps.length === 0) return []
  return [{title, steps}, agreement(witnesses, {push: false})]
}
