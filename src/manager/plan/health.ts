/** Slots are moved only in a cluster that is whole: anything else is for `fix` to sort out first. */
import {finding, type Finding} from '../check/finding.js'
import {command, counted} from '../check/naming.js'
import {SlotSet} from '../../model/slot-set.js'
import type {Topology} from '../view/topology.js'

/** Why no slot may be moved now: open slots, slots of nobody, slots of several nodes. Empty when all is well. */
export function healthRefusals(topology: Topology): Finding[] {
  const unhealthy = (slots: SlotSet, what: string): Finding[] =>
    slots.size === 0
      ? []
      : [
          finding('cluster-not-healthy', 'error', `${counted(slots.size, 'slot is', 'slots are')} ${what}`, {
            slots: slots.toString(),
            remedy: command(topology, 'fix'),
          }),
        ]
  return [
    ...unhealthy(SlotSet.of(topology.openSlots.map(({slot}) => slot)), 'half-way from one node to another'),
    ...unhealthy(uncoveredSlots(topology), 'without an owner that answers'),
    ...unhealthy(contestedSlots(topology), 'claimed by more than one node'),
  ]
}

export function uncoveredSlots(topology: Topology): SlotSet {
  return SlotSet.ALL.minus(claimedSlots(topology))
}

function contestedSlots(topology: Topology): SlotSet {
  const claims = topology.primaries.reduce((sum, {slots}) => sum + slots.size, 0)
  if (claims === claimedSlots(topology).size) return SlotSet.EMPTY
  let seen = SlotSet.EMPTY
  let contested = SlotSet.EMPTY
  for (const {slots} of topology.primaries) {
    contested = contested.union(seen.intersection(slots))
    seen = seen.union(slots)
  }
  return contested
}

function claimedSlots(topology: Topology): SlotSet {
  return topology.primaries.reduce((all, {slots}) => all.union(slots), SlotSet.EMPTY)
}
