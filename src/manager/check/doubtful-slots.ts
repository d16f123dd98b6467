/** The slots about which the nodes' words do not suffice: to judge them one must count the keys that each node holds there. */
import type {NodeLine} from '../../model/cluster-nodes.js'
import type {NodeId} from '../../model/node-id.js'
import type {SlotId} from '../../model/slot.js'
import {SlotSet} from '../../model/slot-set.js'
import type {ClusterView} from '../view/cluster-view.js'
import {distinctLines} from '../view/lines.js'

/**
 * Open slots, uncovered ones, those that several primaries claim, and those that one node credits to another owner than
 * the node that claims them. Nodes that did not answer claim nothing.
 */
export function doubtfulSlots(view: ClusterView): SlotSet {
  const claimed = claimedSlots(view)
  return SlotSet.ALL.minus(claimed)
    .union(openSlots(view))
    .union(contestedSlots(view))
    .union(miscreditedSlots(view, claimed))
}

/** Slots that at least one primary that answered claims for itself. */
export function claimedSlots(view: ClusterView): SlotSet {
  let claimed = SlotSet.EMPTY
  for (const {line} of view.nodes) if (claimsOf(line).size > 0) claimed = claimed.union(line.slots)
  return claimed
}

/** Slots with a marker on any node that answered, replicas included (Valkey 8 keeps markers there too). */
export function openSlots(view: ClusterView): SlotSet {
  const open = new Set<SlotId>()
  for (const {line} of view.nodes) {
    for (const slot of line.migrating.keys()) open.add(slot)
    for (const slot of line.importing.keys()) open.add(slot)
  }
  return SlotSet.of(open)
}

/** Slots that more than one primary claims for itself. */
export function contestedSlots(view: ClusterView): SlotSet {
  let once = SlotSet.EMPTY
  let again = SlotSet.EMPTY
  for (const {line} of view.nodes) {
    const claims = claimsOf(line)
    if (claims.size === 0) continue
    if (once.intersects(claims)) again = again.union(once.intersection(claims))
    once = once.union(claims)
  }
  return again
}

/** Slots that some node credits to a node which answered and does not claim them, while another one does. */
function miscreditedSlots(view: ClusterView, claimed: SlotSet): SlotSet {
  const claims = new Map<NodeId, SlotSet>(view.nodes.map(({id, line}) => [id, claimsOf(line)]))
  let miscredited = SlotSet.EMPTY
  for (const {id, slots} of distinctLines(view.nodes)) {
    const own = claims.get(id) ?? SlotSet.EMPTY
    if (slots.size === 0 || slots.equals(own)) continue
    miscredited = miscredited.union(slots.minus(own).intersection(claimed))
  }
  return miscredited
}

/** The slots that a node claims by its own line; a replica claims none. */
export function claimsOf(line: NodeLine): SlotSet {
  return line.flags.has('replica') ? SlotSet.EMPTY : line.slots
}
