/** Slots that the servers move whole; where that was not asked for by name, MIGRATE takes over what they could not move. */
import {formatAddress} from '../../../model/address.js'
import {counted} from '../../check/naming.js'
import type {StepOf} from '../../plan/step.js'
import {migrateWhole, tryToMigrate} from '../atomic/migrate-whole.js'
import type {StepContext} from '../step-context.js'
import {moveSlots} from './move-slots.js'

/** With another way to take, it is not worth more than that to wait for a stream that never drains. */
const FALLBACK_STALL_MS = 10_000

export async function migrateSlots(step: StepOf<'migrate-slots'>, context: StepContext): Promise<void> {
  if (step.fallback !== true) return migrateWhole(step, context)
  const unmoved = await tryToMigrate(step, context, Math.min(FALLBACK_STALL_MS, context.settings.timeoutMs))
  if (unmoved === undefined) return
  const {slots, reason, failures} = unmoved
  const {source, target} = step
  const name = formatAddress(context.addressOf(source))
  const message = `${name} falls back to MIGRATE for ${counted(slots.size, 'slot')}, because atomic slot migration failed ${failures} times: ${reason}`
  context.emit({kind: 'noted', step: context.id, message})
  await moveSlots({kind: 'move-slots', slots: slots.toString(), source, target}, context)
}
