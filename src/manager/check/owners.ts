/** Is every slot, and every key, in one place only? */
import type {NodeId} from '../../model/node-id.js'
import type {SlotId} from '../../model/slot.js'
import {SlotSet} from '../../model/slot-set.js'
import type {ClusterView} from '../view/cluster-view.js'
import type {NodeView} from '../view/node-view.js'
import {claimsOf, contestedSlots, doubtfulSlots} from './doubtful-slots.js'
import {finding, type Finding} from './finding.js'
import {command, counted, groupBy, listNames, nameOf, subjectOf} from './naming.js'

/** Keys of a slot on a primary that neither serves the slot nor is importing it. */
export interface StrayKeys {
  readonly slot: SlotId
  readonly node: NodeView
  readonly keys: number
}

/** @param everywhere judge all slots that were counted, not only the doubtful ones */
export function checkOwners(view: ClusterView, everywhere: boolean): Finding[] {
  return [...checkContested(view), ...checkStrayKeys(view, everywhere)]
}

/**
 * Keys that no client can reach: their slot is served elsewhere, and no move explains them. Uncovered slots have no owner
 * that the keys could be away from.
 */
export function findStrayKeys(view: ClusterView, everywhere: boolean): StrayKeys[] {
  if (view.keysInSlot.size === 0) return []
  const judged = everywhere ? SlotSet.ALL : doubtfulSlots(view)
  const primaries = view.nodes.filter(({line}) => !line.flags.has('replica'))
  const stray: StrayKeys[] = []
  for (const [slot, counts] of view.keysInSlot) {
    if (!judged.has(slot) || !primaries.some(({line}) => claimsOf(line).has(slot))) continue
    for (const node of primaries) {
      const keys = counts.get(node.id) ?? 0
      if (keys > 0 && !node.line.slots.has(slot) && !node.line.importing.has(slot)) stray.push({slot, node, keys})
    }
  }
  return stray
}

function checkContested(view: ClusterView): Finding[] {
  const claimants = (slot: SlotId): NodeId[] =>
    view.nodes.filter(({line}) => claimsOf(line).has(slot)).map(({id}) => id)
  const groups = groupBy(contestedSlots(view), (slot) => claimants(slot).join(' '))
  return [...groups.values()].map((slots) => {
    const names = claimants(slots[0]!).map((id) => nameOf(view, id))
    const message = `${counted(slots.length, 'slot is', 'slots are')} claimed by ${listNames(names)} at once.`
    return finding('slots-contested', 'error', message, {
      slots: SlotSet.of(slots).toString(),
      remedy: command(view, 'fix'),
    })
  })
}

function checkStrayKeys(view: ClusterView, everywhere: boolean): Finding[] {
  const byNode = groupBy(findStrayKeys(view, everywhere), ({node}) => node)
  return [...byNode].map(([node, stray]) => {
    const keys = stray.reduce((sum, each) => sum + each.keys, 0)
    const message = `holds ${counted(keys, 'key')} of ${counted(stray.length, 'slot')} that other nodes serve: no client can reach them`
    return finding('stray-keys', 'error', message, {
      node: subjectOf(node),
      slots: SlotSet.of(stray.map(({slot}) => slot)).toString(),
      remedy: command(view, 'fix', ...(everywhere ? ['--search-multiple-owners'] : [])),
    })
  })
}
