/** Brings the keys of a slot from a node that does not own it to the owner. */
import type {StepOf} from '../../plan/step.js'
import {moveKeys, openLane} from '../migration/lane.js'
import {countKeysInSlots} from '../../slot-counts.js'
import {checkpoint, type StepContext} from '../step-context.js'

/**
 * MIGRATE serves keys of a slot that the node does not own only while the slot is marked as importing there; without the
 * mark it answers MOVED and the keys stay stranded.
 */
export async function collectKeys(step: StepOf<'collect-keys'>, context: StepContext): Promise<void> {
  checkpoint(context)
  const lane = await openLane(step.source, step.target, context)
  const {sourceNode} = lane
  if (lane.source.line.importing.get(step.slot) !== step.target) {
    await sourceNode.call(['CLUSTER', 'SETSLOT', step.slot, 'IMPORTING', step.target])
  }
  const counts = await countKeysInSlots(sourceNode, [step.slot])
  const {failed} = await moveKeys(lane, [step.slot], counts)
  const error = failed.get(step.slot)
  if (error !== undefined) throw error
  await sourceNode.call(['CLUSTER', 'SETSLOT', step.slot, 'STABLE'])
}
