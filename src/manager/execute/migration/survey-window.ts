/** Looks at the sizes of all keys of a window before its slots are opened: while there is still a choice. */
import type {SlotId} from '../../../model/slot.js'
import {SlotSet} from '../../../model/slot-set.js'
import type {BigKeyHandling} from '../../plan/big-keys.js'
import {countKeysInSlots} from '../../slot-counts.js'
import type {Shelf, FoundKey} from './big-keys.js'
import {refuseHopeless, type BigKeyLane} from './move-big-keys.js'
import {fullSlots, slotsTogether} from './slot-keys.js'

/** Keys of one slot that are listed at once. To list more would itself stop the node; they are looked at as they go. */
const LISTED_AT_MOST = 200_000

/**
 * What is to be set aside: slots that hold a big key and are to be skipped or to go whole. Other big keys are kept back.
 * A slot that is open already is never set aside: it has to be finished.
 * @throws ManagerError `big-key` when one cannot be moved, or not without making its nodes look dead: nothing was opened
 */
export async function surveyWindow(
  lane: BigKeyLane & {readonly databases: readonly Shelf[]},
  slots: readonly SlotId[],
): Promise<SlotSet> {
  const {bigKeys, source, target} = lane
  const found: FoundKey[] = []
  for (const shelf of lane.databases) {
    const counts = await countKeysInSlots(shelf.counter, slots)
    if (counts.some((keys) => keys > LISTED_AT_MOST)) bigKeys.lookAhead()
    for await (const groups of slotsTogether(shelf.scout, fullSlots(slots, counts), LISTED_AT_MOST)) {
      found.push(...(await bigKeys.find(shelf.route.database, groups)))
    }
  }
  const treatment = TREATMENTS[bigKeys.settings.handling]
  const isOpen = ({slot}: FoundKey): boolean => source.line.migrating.has(slot) || target.line.importing.has(slot)
  const isMovedHere = (each: FoundKey): boolean => treatment === 'last' || isOpen(each)
  await refuseHopeless(lane, found.filter(isMovedHere))
  for (const each of found) bigKeys.keep(each, isMovedHere(each) ? 'last' : treatment)
  return SlotSet.of(found.filter((each) => !isMovedHere(each)).map(({slot}) => slot))
}

const TREATMENTS = {last: 'last', 'as-they-come': 'last', skip: 'left', atomic: 'atomic'} as const satisfies {
  readonly [Handling in BigKeyHandling]: unknown
}
