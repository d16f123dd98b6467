/**
 * Slots that the servers move whole (atomic slot migration): clients see no redirection but the last, and no slot is ever
 * open. Tried a bounded number of times, each time only for what is still at the source.
 */
import {formatAddress} from '../../../model/address.js'
import type {NodeId} from '../../../model/node-id.js'
import type {SlotId} from '../../../model/slot.js'
import {SlotSet} from '../../../model/slot-set.js'
import {ManagerError} from '../../error.js'
import {readNode} from '../../observe.js'
import type {StepOf} from '../../plan/step.js'
import {countKeysInSlots} from '../../slot-counts.js'
import type {NodeView} from '../../view/node-view.js'
import {waitUntilClear} from '../patience.js'
import {checkpoint, type StepContext} from '../step-context.js'
import {slotsOf} from '../steps/node-commands.js'
import {attemptMigration} from './attempt.js'
import {cutRanges} from './cut-ranges.js'
import type {MigrationDriver} from './driver.js'
import {exportDriver} from './export-driver.js'
import {importDriver} from './import-driver.js'

/**
 * Valkey's migrations fail by chance while clients write to the slots (valkey#4545), so one that brought some ranges over is
 * worth another; above 30,000 writes a second they always fail.
 */
const FAILURES_IN_A_ROW = 3
const MOST_FAILURES = 10
const FIRST_BACKOFF_MS = 200
/** The target's memory is full: neither another attempt nor MIGRATE would fare better, and MIGRATE would leave slots open. */
const FINAL = /out of memory|\bOOM\b/i
const MORE_MEMORY = 'give the target more memory and run the command again'

/** What the servers did not move, and why not. Nothing of it is on its way, and none of it is open. */
export interface Unmoved {
  readonly slots: SlotSet
  readonly reason: string
  readonly failures: number
}

export type WholeLane = Pick<StepOf<'migrate-slots'>, 'slots' | 'source' | 'target' | 'asks'>

/**
 * @throws ManagerError `interrupted`; `stale-plan` when neither end has a slot; `error-reply` when the servers could not move
 *   the slots; or a node is lost
 */
export async function migrateWhole(lane: WholeLane, context: StepContext): Promise<void> {
  const unmoved = await tryToMigrate(lane, context, context.settings.timeoutMs)
  if (unmoved !== undefined) {
    throw migrationFailed(lane, context, unmoved.reason, 'run the command again, or with --no-atomic')
  }
}

/**
 * As `migrateWhole`, but a failure after which there may be another way is returned.
 * @param stallMs a stream that never drains is given up after this long without progress
 */
export async function tryToMigrate(
  lane: WholeLane,
  context: StepContext,
  stallMs: number,
): Promise<Unmoved | undefined> {
  checkpoint(context)
  const migration = await openMigration(lane, context)
  let left = await remaining(migration)
  let inARow = 0
  for (let failures = 1; left.size > 0; failures++) {
    checkpoint(context)
    const before = left
    const failure = await attemptMigration(context, {
      source: lane.source,
      driver: migration.driver,
      ranges: cutRanges(left, migration.keys, inARow),
      stallMs,
      moved: (slots) => tellMoved(migration, slots),
    })
    left = await remaining(migration)
    if (left.size === 0) break
    checkpoint(context)
    const reason = failure ?? 'slots stayed at their source'
    if (FINAL.test(reason)) throw migrationFailed(lane, context, reason, MORE_MEMORY)
    inARow = left.size < before.size ? 1 : inARow + 1
    if (inARow >= FAILURES_IN_A_ROW || failures >= MOST_FAILURES) return {slots: left, reason, failures}
    context.emit({kind: 'noted', step: context.id, message: `atomic slot migration failed: ${reason}; trying again`})
    await context.clock.sleep(FIRST_BACKOFF_MS * 2 ** (inARow - 1), context.stop)
  }
  return undefined
}

interface Migration {
  readonly lane: WholeLane
  readonly context: StepContext
  readonly driver: MigrationDriver
  readonly wanted: SlotSet
  /** By slot, as counted at the source before anything moved. */
  readonly keys: ReadonlyMap<SlotId, number>
  /** Slots of which it was told that they moved, or that had before. */
  told: SlotSet
}

async function openMigration(lane: WholeLane, context: StepContext): Promise<Migration> {
  const {source, target, asks} = lane
  const ends = {source, target, connect: (id: NodeId) => context.connect(id)}
  const driver = asks === 'target' ? importDriver(ends) : exportDriver(ends)
  const wanted = slotsOf(lane.slots)
  const [sourceView, targetView] = await Promise.all(
    [source, target].map(async (id) => readNode(await context.connect(id))),
  )
  const keys = await countKeys(sourceView!, [...wanted], context)
  const told = targetView!.line.slots.intersection(wanted)
  const left = [...wanted.minus(told)]
  const expected = left.reduce((sum, slot) => sum + (keys.get(slot) ?? 0), 0)
  if (left.length > 0) context.emit({kind: 'keys-counted', step: context.id, keys: expected})
  return {lane, context, driver, wanted, keys, told}
}

/** By slot, in all databases that have any keys. */
async function countKeys(
  {id, server}: NodeView,
  slots: readonly SlotId[],
  context: StepContext,
): Promise<ReadonlyMap<SlotId, number>> {
  const keys = new Map(slots.map((slot) => [slot, 0]))
  for (const database of server.keysByDatabase.keys()) {
    const node = await context.connectLines(id, `counts of ${database}`)
    await node.call(['SELECT', database])
    const counts = await countKeysInSlots(node, slots)
    slots.forEach((slot, index) => keys.set(slot, keys.get(slot)! + counts[index]!))
  }
  return keys
}

/**
 * What the target does not have yet, once no migration touches it any more: one that an earlier run of ours began and could
 * not see through is waited for, like anybody's. Slots that moved without our being told are told of now.
 * @throws ManagerError `stale-plan` when neither end has a slot
 */
async function remaining(migration: Migration): Promise<SlotSet> {
  const {lane, context, driver, wanted} = migration
  await waitUntilClear(context, () => driver.unfinished(wanted))
  let left = SlotSet.EMPTY
  await waitUntilClear(context, async () => {
    const [source, target] = await Promise.all([
      readNode(await context.connect(lane.source)),
      readNode(await context.connect(lane.target)),
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
  const {lane, context, keys: counts} = migration
  const news = slots.minus(migration.told)
  if (news.size === 0) return
  migration.told = migration.told.union(news)
  const moved = [...news].map((slot) => ({slot, keys: counts.get(slot) ?? 0}))
  const keys = moved.reduce((sum, each) => sum + each.keys, 0)
  if (keys > 0) context.emit({kind: 'keys-moved', step: context.id, keys})
  for (const each of moved) {
    context.emit({kind: 'slot-moved', step: context.id, source: lane.source, target: lane.target, ...each})
  }
}

function migrationFailed({source}: WholeLane, context: StepContext, reason: string, cure: string): ManagerError {
  return new ManagerError('error-reply', `atomic slot migration failed: ${reason}`, {
    node: formatAddress(context.addressOf(source)),
    reply: reason,
    hint: `no slot was left open; ${cure}`,
  })
}
