/** Everything that moving keys from one node to another needs, opened once per step. */
import {formatAddress, type Address} from '../../../model/address.js'
import type {NodeId} from '../../../model/node-id.js'
import type {SlotId} from '../../../model/slot.js'
import {isManagerError, ManagerError} from '../../error.js'
import {connectDatabase, readNode} from '../../observe.js'
import type {NodeClient} from '../../ports.js'
import {countKeysInSlots} from '../../slot-counts.js'
import type {NodeView} from '../../view/node-view.js'
import type {StepContext} from '../step-context.js'
import {BatchSize} from './batch-size.js'
import {BigKeys} from './big-keys.js'
import {mustLookFirst, tellLeftRaised} from './look-first.js'
import {KeyWeights} from './key-weights.js'
import {migrateKeys} from './migrate-keys.js'
import {moveBigKeys} from './move-big-keys.js'
import {readNodeTimeout} from './node-timeouts.js'
import {assertNotReplaced} from './replaced.js'
import type {Route} from './route.js'
import {fullSlots, keysOfSlots} from './slot-keys.js'

export interface Lane {
  readonly context: StepContext
  readonly source: NodeView
  readonly target: NodeView
  readonly sourceNode: NodeClient
  readonly targetNode: NodeClient
  readonly databases: readonly LaneDatabase[]
  readonly batch: BatchSize
  readonly bigKeys: BigKeys
  /** Sizes have to be known before a window is opened. */
  readonly looksFirst: boolean
}

/** An account that took longer to come is asked for again. Less than the shortest node timeout that anybody uses. */
const FRESH_MS = 500
const MOST_LOOKS = 3

interface LaneDatabase {
  readonly route: Route
  /** More connections to the source: their answers must not wait behind a MIGRATE. */
  readonly scout: NodeClient
  /** For numbers of keys, slot by slot. */
  readonly counter: NodeClient
  readonly weights: KeyWeights
}

/** @throws ManagerError `stale-plan` when one of the two was replaced by its replica */
export async function openLane(source: NodeId, target: NodeId, context: StepContext): Promise<Lane> {
  await context.stalls.untilClear([source, target])
  const [sourceNode, targetNode] = await Promise.all([context.connect(source), context.connect(target)])
  const [[sourceView, targetView], ...timeouts] = await Promise.all([
    lookAtBoth(sourceNode, targetNode, context),
    readNodeTimeout(sourceNode),
    readNodeTimeout(targetNode),
  ])
  assertNotReplaced(sourceView, targetView)
  tellLeftRaised(context, sourceView, timeouts[0])
  const count = await databaseCount(sourceNode, sourceView)
  const databases: LaneDatabase[] = []
  for (let database = 0; database < count; database++) {
    databases.push(await openDatabase(database, context, context.addressOf(source), context.addressOf(target)))
  }
  return {
    context,
    source: sourceView,
    target: targetView,
    sourceNode,
    targetNode,
    databases,
    batch: new BatchSize(context.settings.pipeline),
    bigKeys: new BigKeys(context, sourceView, targetView),
    looksFirst: mustLookFirst(context, sourceView, timeouts),
  }
}

/** What was under way for long is no news: a node that is silent may be replaced meanwhile. A busy one gets no quicker, so not for ever. */
async function lookAtBoth(source: NodeClient, target: NodeClient, {clock}: StepContext): Promise<[NodeView, NodeView]> {
  for (let looks = 1; ; looks++) {
    const startedMs = clock.nowMs()
    const views = await Promise.all([readNode(source), readNode(target)])
    if (clock.nowMs() - startedMs <= FRESH_MS || looks === MOST_LOOKS) return views
  }
}

/** What became of the keys of some slots. */
export interface MovedKeys {
  /** Keys moved per slot. */
  readonly moved: ReadonlyMap<SlotId, number>
  /** The slots that still have keys at the source, and why. */
  readonly failed: ReadonlyMap<SlotId, ManagerError>
}

/**
 * Moves all keys of `slots`, in all databases, and counts afterwards: a slot that still holds a key at the source when it is
 * handed over would lose it.
 * @param counts keys per slot, as counted before
 * @throws ManagerError when a node was lost or the operator wants to stop at once: then the slots stay as they are
 */
export async function moveKeys(lane: Lane, slots: readonly SlotId[], counts: readonly number[]): Promise<MovedKeys> {
  const moved = new Map<SlotId, number>(slots.map((slot) => [slot, 0]))
  const failed = new Map<SlotId, ManagerError>()
  for (const database of lane.databases) {
    let open = slots
    let expected = counts
    while (open.length > 0) {
      const pass = {slots: open, counts: expected, moved, failed}
      // Big keys only when nothing else is left: who waits for another key should not wait for them.
      const found = (await moveOnce(lane, database, pass)) || (await moveBigKeys(lane, database, pass))
      const left = await countKeysInSlots(database.counter, open)
      const again = open
        .map((slot, index) => ({slot, keys: left[index]!, wasAsked: expected[index]! > 0}))
        .filter(({keys}) => keys > 0)
      for (const {slot, wasAsked} of again) {
        if (found === 0 && wasAsked && !failed.has(slot)) failed.set(slot, immovable(lane, slot))
      }
      const next = again.filter(({slot}) => !failed.has(slot))
      open = next.map(({slot}) => slot)
      expected = next.map(({keys}) => keys)
    }
  }
  lane.bigKeys.endWindow()
  return {moved, failed}
}

interface Pass {
  readonly slots: readonly SlotId[]
  readonly counts: readonly number[]
  readonly moved: Map<SlotId, number>
  readonly failed: Map<SlotId, ManagerError>
}

/** One pass over the slots. @returns how many keys it found */
async function moveOnce(lane: Lane, database: LaneDatabase, {slots, counts, moved, failed}: Pass): Promise<number> {
  let found = 0
  const waiting = new Set(slots)
  // A slot that had none when it was counted may have got some before it was opened: the count afterwards tells.
  for await (const {slot, keys} of keysOfSlots(database.scout, fullSlots(slots, counts))) {
    const {count, error} = await moveSlotKeys(lane, database, slot, keys)
    found += count
    moved.set(slot, moved.get(slot)! + count)
    if (error === undefined) {
      waiting.delete(slot)
      continue
    }
    failed.set(slot, error)
    if (error.code === 'key-exists') continue
    // A target without memory, or a user without rights, refuses the next slot as well.
    for (const other of waiting) failed.set(other, error)
    break
  }
  return found
}

interface Sent {
  readonly count: number
  readonly error?: ManagerError
}

/** All keys but the big ones, which are kept back as far as they are known. */
async function moveSlotKeys(
  lane: Lane,
  database: LaneDatabase,
  slot: SlotId,
  keys: readonly Uint8Array[],
): Promise<Sent> {
  let left = await lane.bigKeys.withhold(database.route.database, slot, keys)
  let total = 0
  while (left.length > 0) {
    await lane.context.stalls.untilClear([lane.source.id, lane.target.id])
    const {count, error} = await moveBatches(lane, database, left)
    total += count
    if (error !== undefined) return {count: total, error}
    left = count === left.length ? [] : await lane.bigKeys.withhold(database.route.database, slot, left.slice(count))
  }
  return {count: total}
}

/** Returns early after a batch that was so slow that the sizes of what is left should be looked at. */
async function moveBatches(
  lane: Lane,
  {route, scout, weights}: LaneDatabase,
  keys: readonly Uint8Array[],
): Promise<Sent> {
  const {context, batch, bigKeys} = lane
  const {pace} = context
  const keepAwake = (): Promise<unknown> =>
    Promise.all(
      [lane.sourceNode, lane.targetNode, route.source, route.target, scout].map((node) => node.call(['PING'])),
    )
  const weighed = await weights.of(keys, pace.weighsEachKey)
  for (let from = 0; from < keys.length;) {
    const wanted = Math.min(batch.keys, keys.length - from)
    const ticket = await pace.admit(wanted, weighed.sum(from, wanted) / wanted, keepAwake)
    if (context.kill.aborted) throw new ManagerError('interrupted', 'stopped at once by the operator')
    const part = keys.slice(from, from + ticket.keys)
    const startedMs = context.clock.nowMs()
    try {
      await migrateKeys(route, part)
    } catch (error) {
      // A refused key leaves what was moved to be handed over; a lost node does not.
      if (isManagerError(error, 'key-exists', 'error-reply', 'not-permitted')) return {count: from, error}
      throw error
    }
    const moved = {keys: part.length, bytes: weighed.sum(from, part.length)}
    const elapsedMs = context.clock.nowMs() - startedMs
    batch.learn(part.length, elapsedMs)
    pace.sent(ticket, {...moved, elapsedMs})
    context.emit({kind: 'keys-moved', step: context.id, ...moved})
    from += part.length
    if (bigKeys.wasSlow(elapsedMs)) return {count: from}
  }
  return {count: keys.length}
}

function immovable(lane: Lane, slot: SlotId): ManagerError {
  return new ManagerError('error-reply', `counts keys in slot ${slot}, but does not name them`, {
    node: formatAddress(lane.source.address),
  })
}

async function openDatabase(
  database: number,
  context: StepContext,
  source: Address,
  target: Address,
): Promise<LaneDatabase> {
  const {pool, settings, clock} = context
  const [sourceNode, targetNode] = await Promise.all([
    connectDatabase(pool, source, database),
    connectDatabase(pool, target, database),
  ])
  const scout = await pool.connect(source, `scout ${database}`)
  const counter = await pool.connectLines(source, `counter ${database}`)
  if (database > 0) await Promise.all([scout, counter].map((each) => each.call(['SELECT', database])))
  const route: Route = {
    source: sourceNode,
    target: targetNode,
    targetAddress: target,
    database,
    credentials: pool.credentials,
    settings,
    clock,
    keepAtSource: false,
  }
  return {route, scout, counter, weights: new KeyWeights(scout, clock)}
}

/** Clusters have one database, except on Valkey 9, where `cluster-databases` allows more. */
async function databaseCount(node: NodeClient, view: NodeView): Promise<number> {
  if (!view.server.capabilities.has('multiple-databases')) return 1
  const reply = await node.call(['CONFIG', 'GET', 'cluster-databases'])
  const value = Array.isArray(reply) ? Number(reply[1]) : 1
  return Number.isInteger(value) && value > 0 ? value : 1
}
