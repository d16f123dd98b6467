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

/** So many slots are too many there (positive) or too few (negative). */
export interface Balance {
  readonly id: NodeId
  readonly surplus: number
}

/** Moves whole slots with their keys: `migrate-slots` where the servers do it by themselves, else `move-slots`. */
export type MoveStep = StepOf<'move-slots' | 'migrate-slots'>

export function isMove(step: Step): step is MoveStep {
  return step.kind === 'move-slots' || step.kind === 'migrate-slots'
}

/**
 * From those with too many to those with too few, few lanes: the biggest giver always gives to the biggest taker, so each
 * lane settles one of them. Every giver gives its lowest slots. The surpluses add up to 0.
 */
export function lanesBetween(topology: Topology, balances: readonly Balance[]): Lane[] {
  const givers = balances.filter(({surplus}) => surplus > 0).map(({id, surplus}) => ({id, left: surplus}))
  const takers = balances.filter(({surplus}) => surplus < 0).map(({id, surplus}) => ({id, left: -surplus}))
  const remaining = new Map(topology.primaries.map(({id, slots}) => [id, slots]))
  const lanes: Lane[] = []
  for (;;) {
    const giver = biggest(givers)
    const taker = biggest(takers)
    if (giver === undefined || taker === undefined) return lanes
    const count = Math.min(giver.left, taker.left)
    const slots = remaining.get(giver.id)!.lowest(count)
    remaining.set(giver.id, remaining.get(giver.id)!.minus(slots))
    lanes.push({source: giver.id, target: taker.id, slots})
    giver.left -= count
    taker.left -= count
  }
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

/** The one with the most left; the first of equals; `undefined` when all are settled. */
function biggest<Party extends {readonly left: number}>(parties: readonly Party[]): Party | undefined {
  let best: Party | undefined
  for (const party of parties) if (party.left > (best?.left ?? 0)) best = party
  return best
}
