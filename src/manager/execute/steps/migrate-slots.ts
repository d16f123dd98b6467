/**
 * Slots that the servers move whole (atomic slot migration): clients see no redirection but the last, and no slot is ever
 * open. Tried a bounded number of times, each time only for what is still at the source; what was not asked for by name then
 * goes with MIGRATE.
 */
import {formatAddress} from '../../../model/address.js'
import type {NodeId} from '../../../model/node-id.js'
import type {SlotId} from '../../../model/slot.js'
import {SlotSet} from '../../../model/slot-set.js'
import {ManagerError} from '../../error.js'
import {countKeysOnNode, readNode} from '../../observe.js'
import type {StepOf} from '../../plan/step.js'
import {attemptMigration} from '../atomic/attempt.js'
import {cutRanges} from '../atomic/cut-ranges.js'
import type {MigrationDriver} from '../atomic/driver.js'
import {exportDriver} from '../atomic/export-driver.js'
import {importDriver} from '../atomic/import-driver.js'
import {waitUntilClear} from '../patience.js'
import {checkpoint, type StepContext} from '../step-context.js'
import {moveSlots} from './move-slots.js'
import {slotsOf} from './node-commands.js'

/** Valkey's migrations fail by chance while clients write to the slots (valkey#4545): the first retry often does. */
const ATTEMPTS = 3
const FIRST_BACKOFF_MS = 200
/** With another way to take, it is not worth more than that to wait for a stream that never drains. */
const FALLBACK_STALL_MS = 10_000
/** The target's memory is full: MIGRATE would fare no better, and would leave slots open. */
const FINAL = /out of memory|\bOOM\b/i

export async function migrateSlots(step: StepOf<'migrate-slots'>, context: StepContext): Promise<void> {
  checkpoint(context)
  const migration = await openMigration(step, context)
  let failure: string | undefined
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const left = await remaining(migration)
    if (left.size === 0) return
    checkpoint(context)
    if (failure !== undefined) await pauseBefore(attempt, failure, migration)
    checkpoint(context)
    failure = await attemptMigration(context, {
      source: step.source,
      driver: migration.driver,
      ranges: cutRanges(left, migration.keys, attempt),
      stallMs:
        step.fallback === true ? Math.min(FALLBACK_STALL_MS, context.settings.timeoutMs) : context.settings.timeoutMs,
      moved: (slots) => tellMoved(migration, slots),
    })
    if (failure !== undefined && FINAL.test(failure)) break
  }
  const left = await remaining(migration)
  if (left.size === 0) return
  checkpoint(context)
  await otherwise(migration, left, failure ?? 'slots stayed at their source')
}

interface Migration {
  readonly step: StepOf<'migrate-slots'>
  readonly context: StepContext
  readonly driver: MigrationDriver
  readonly wanted: SlotSet
  /** By slot, as counted at the source before anything moved. */
  readonly keys: ReadonlyMap<SlotId, number>
  /** Slots of which it was told that they moved, or that had before. */
  told: SlotSet
}

async function openMigration(step: StepOf<'migrate-slots'>, context: StepContext): Promise<Migration> {
  const {source, target} = step
  const ends = {source, target, connect: (id: NodeId) => context.connect(id)}
  const driver = step.asks === 'target' ? importDriver(ends) : exportDriver(ends)
  const wanted = slotsOf(step.slots)
  const [sourceView, targetView] = await Promise.all(
    [source, target].map(async (id) => readNode(await context.connect(id))),
  )
  const list = [...wanted]
  const counts = await countKeysOnNode(context.pool, sourceView!, list)
  const keys = new Map(list.map((slot, index) => [slot, counts[index]!]))
  return {step, context, driver, wanted, keys, told: targetView!.line.slots.intersection(wanted)}
}

/**
 * What the target does not have yet, once no migration touches it any more: one that an earlier run of ours began and could
 * not see through is waited for, like anybody's. Slots that moved without our being told are told of now.
 * @throws ManagerError `stale-plan` when neither end has a slot
 */
async function remaining(migration: Migration): Promise<SlotSet> {
  const {step, context, driver, wanted} = migration
  await waitUntilClear(context, () => driver.unfinished(wanted))
  let left = SlotSet.EMPTY
  await waitUntilClear(context, async () => {
    const [source, target] = await Promise.all([
      readNode(await context.connect(step.source)),
      readNode(await context.connect(step.target)),
    ])
    const arrived = target.line.slots.intersection(wanted)
    left = wanted.minus(arrived)
    const both = arrived.intersection(source.line.slots)
    const name = formatAddress(source.address)
    if (both.size > 0) return [{reason: `has not heard yet that slots ${both} left it`, node: name}]
    const lost = left.minus(source.line.slots)
    if (lost.size > 0) throw notOwned(lost, name)
    return []
  })
  tellMoved(migration, wanted.minus(left))
  return left
}

function notOwned(slots: SlotSet, node: string): ManagerError {
  return new ManagerError('stale-plan', `does not own slots ${slots} any more`, {
    node,
    hint: 'run the command again: it plans anew',
  })
}

function tellMoved(migration: Migration, slots: SlotSet): void {
  const {step, context, keys: counts} = migration
  const news = slots.minus(migration.told)
  if (news.size === 0) return
  migration.told = migration.told.union(news)
  const moved = [...news].map((slot) => ({slot, keys: counts.get(slot) ?? 0}))
  const keys = moved.reduce((sum, each) => sum + each.keys, 0)
  if (keys > 0) context.emit({kind: 'keys-moved', step: context.id, keys})
  for (const each of moved) {
    context.emit({kind: 'slot-moved', step: context.id, source: step.source, target: step.target, ...each})
  }
}

async function pauseBefore(attempt: number, failure: string, {context}: Migration): Promise<void> {
  context.emit({kind: 'noted', step: context.id, message: `atomic slot migration failed: ${failure}; trying again`})
  await context.clock.sleep(FIRST_BACKOFF_MS * 2 ** (attempt - 1), context.stop)
}

/** With MIGRATE, or not at all. Nothing of the slots is on its way, and none is open. */
async function otherwise({step, context}: Migration, left: SlotSet, failure: string): Promise<void> {
  const isFinal = FINAL.test(failure)
  if (step.fallback !== true || isFinal) throw failed(step, context, failure, isFinal)
  const {source, target} = step
  const name = formatAddress(context.addressOf(source))
  context.emit({
    kind: 'noted',
    step: context.id,
    message: `${name} falls back to MIGRATE for ${left.size} slots, because atomic slot migration failed ${ATTEMPTS} times: ${failure}`,
  })
  await moveSlots({kind: 'move-slots', slots: left.toString(), source, target}, context)
}

function failed(
  step: StepOf<'migrate-slots'>,
  context: StepContext,
  failure: string,
  isOutOfMemory: boolean,
): ManagerError {
  const cure = isOutOfMemory
    ? 'give the target more memory and run the command again'
    : 'run the command again, or with --no-atomic'
  return new ManagerError('error-reply', `atomic slot migration failed: ${failure}`, {
    node: formatAddress(context.addressOf(step.source)),
    reply: failure,
    hint: `no slot was left open; ${cure}`,
  })
}
