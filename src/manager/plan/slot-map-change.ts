/** How scattered the slots are: the number of ranges, now and after a plan. */
import {SlotSet} from '../../model/slot-set.js'
import type {Topology} from '../view/topology.js'
import {isMove} from './lanes.js'
import type {Plan} from './plan.js'
import {predictPhases} from './predict.js'

export interface SlotMapChange {
  /** Ranges. */
  readonly before: number
  readonly after: number
  /** Slots that change hands. */
  readonly moved: number
}

/** Ranges of all primaries together: as many as there are primaries is the least there can be. */
export function rangeCount({primaries}: Topology): number {
  return primaries.reduce((sum, {slots}) => sum + slots.ranges().length, 0)
}

export function slotMapChange(topology: Topology, plan: Plan): SlotMapChange {
  const moves = plan.phases.flatMap(({steps}) => steps).filter(isMove)
  const moved = moves.reduce((sum, {slots}) => sum + (SlotSet.parse(slots) ?? SlotSet.EMPTY).size, 0)
  return {before: rangeCount(topology), after: rangeCount(predictPhases(topology, plan.phases)), moved}
}
