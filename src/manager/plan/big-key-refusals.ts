/** Why big keys cannot be handled as was asked for. */
import type {Topology} from '../view/topology.js'
import type {Finding} from '../check/finding.js'
import {atomicRefusals} from './lane-way.js'
import type {Lane} from './lanes.js'
import type {PlanSettings} from './plan.js'

/** Slots with big keys can go whole only where both ends can do that; a refusal is better than the stall that was to be avoided. */
export function bigKeyRefusals(
  topology: Topology,
  lanes: readonly Lane[],
  settings: PlanSettings | undefined,
): Finding[] {
  if (settings?.bigKeys?.handling !== 'atomic') return []
  const used = lanes.filter(({slots}) => slots.size > 0)
  return atomicRefusals(topology, used).map((refusal) => ({...refusal, remedy: '--big-keys last, or skip'}))
}
