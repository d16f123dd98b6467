/** What one node believes about who serves which slots: nodes agree when they believe the same. */
import type {NodeLine} from '../../model/cluster-nodes.js'
import type {NodeId} from '../../model/node-id.js'
import type {SlotSet} from '../../model/slot-set.js'
import type {NodeView} from './node-view.js'

/** Who has slots, and which. Open slots, roles, epochs and nodes without slots do not count, as in redis-cli. */
export type Assignment = ReadonlyMap<NodeId, SlotSet>

export function assignmentOf(view: NodeView): Assignment {
  const assignment = new Map<NodeId, SlotSet>()
  for (const {id, slots} of [view.line, ...view.peers]) if (slots.size > 0) assignment.set(id, slots)
  return assignment
}

/** Whether the account of this node assigns the slots in this way. */
export function assigns(view: NodeView, assignment: Assignment): boolean {
  let owners = 0
  const differs = ({id, slots}: NodeLine): boolean => {
    if (slots.size === 0) return false
    owners++
    return assignment.get(id)?.equals(slots) !== true
  }
  return !differs(view.line) && !view.peers.some(differs) && owners === assignment.size
}

/**
 * Whether all accounts assign the slots alike. As in redis-cli a single account always agrees with itself, and several
 * that know of no slot at all do not agree.
 */
export function assignmentsAgree(views: readonly NodeView[]): boolean {
  const [first, ...others] = views
  if (first === undefined || others.length === 0) return true
  const assignment = assignmentOf(first)
  return assignment.size > 0 && others.every((view) => assigns(view, assignment))
}
