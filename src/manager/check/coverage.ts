/** Does somebody serve every slot? */
import {SlotSet} from '../../model/slot-set.js'
import type {ClusterView} from '../view/cluster-view.js'
import {claimedSlots} from './doubtful-slots.js'
import {finding, type Finding} from './finding.js'
import {command, counted} from './naming.js'

/** Slots that no node which answered claims for itself: as redis-cli sees it, a silent primary serves nothing. */
export function uncoveredSlots(view: ClusterView): SlotSet {
  return SlotSet.ALL.minus(claimedSlots(view))
}

export function checkCoverage(view: ClusterView): Finding[] {
  const uncovered = uncoveredSlots(view)
  if (uncovered.size === 0) return []
  const message = `${counted(uncovered.size, 'slot is', 'slots are')} not served by any node that answers.`
  return [finding('slots-uncovered', 'error', message, {slots: uncovered.toString(), remedy: command(view, 'fix')})]
}
