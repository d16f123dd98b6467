/** Moves the big keys that were kept back: one MIGRATE each, and none that could make its nodes look dead unprotected. */
import {formatAddress} from '../../../model/address.js'
import type {SlotId} from '../../../model/slot.js'
import {SlotSet} from '../../../model/slot-set.js'
import {isManagerError, ManagerError} from '../../error.js'
import {payloadBytes} from '../../plan/stall.js'
import type {NodeClient} from '../../ports.js'
import type {NodeView} from '../../view/node-view.js'
import type {StepContext} from '../step-context.js'
import type {BigKeys, FoundKey} from './big-keys.js'
import {migrateKeys} from './migrate-keys.js'
import {judgesAmong} from './node-timeouts.js'
import type {Route} from './route.js'

/** Of the lane, what a big key needs. */
export interface BigKeyLane {
  readonly context: StepContext
  readonly source: NodeView
  readonly target: NodeView
  readonly targetNode: NodeClient
  readonly bigKeys: BigKeys
}

/** MIGRATE's own limit counts each read and write; the longest is the wait until the target has built the key. */
const MIGRATE_MARGIN = 4

/** proto-max-bulk-len where the target does not tell: the default of Redis and Valkey. */
const DEFAULT_BULK_BYTES = 512 * 1024 * 1024

export interface Pass {
  readonly slots: readonly SlotId[]
  readonly moved: Map<SlotId, number>
  readonly failed: Map<SlotId, ManagerError>
}

/**
 * The kept keys of one database whose slots have not failed, the longest stall last. A key that cannot go fails its slot.
 * @returns how many were moved
 */
export async function moveBigKeys(
  lane: BigKeyLane,
  {route}: {readonly route: Route},
  {slots, moved, failed}: Pass,
): Promise<number> {
  const {context, bigKeys} = lane
  let count = 0
  for (const found of bigKeys.kept(route.database, SlotSet.of(slots))) {
    if (failed.has(found.slot)) continue
    const {bytes} = found.size
    const ticket = await context.pace.admit(1, bytes, () => route.source.call(['PING']))
    if (context.kill.aborted) throw new ManagerError('interrupted', 'stopped at once by the operator')
    const startedMs = context.clock.nowMs()
    try {
      // It may have grown since it was found, or be gone.
      bigKeys.release(found)
      const [now] = await bigKeys.find(route.database, [{slot: found.slot, keys: [found.key]}])
      await moveOne(lane, route, now ?? found)
    } catch (error) {
      if (!isManagerError(error, 'key-exists', 'error-reply', 'not-permitted', 'big-key')) throw error
      failed.set(found.slot, error)
      continue
    } finally {
      context.pace.sent(ticket, {keys: 1, bytes, elapsedMs: context.clock.nowMs() - startedMs})
    }
    count++
    moved.set(found.slot, (moved.get(found.slot) ?? 0) + 1)
    context.emit({kind: 'keys-moved', step: context.id, keys: 1, bytes})
  }
  return count
}

async function moveOne(lane: BigKeyLane, route: Route, found: FoundKey): Promise<void> {
  const {context, source, target} = lane
  await refuseTooLarge(lane, found)
  const {settings} = route
  const migrateTimeoutMs = Math.max(settings.migrateTimeoutMs, Math.ceil(found.stallMs * MIGRATE_MARGIN))
  const patient = {...route, settings: {...settings, migrateTimeoutMs}}
  const members = judgesAmong(source, source.peers)
  try {
    const move = async (): Promise<void> => void (await migrateKeys(patient, [found.key]))
    const onRaised = (ms: number): void => {
      const message = `cluster-node-timeout is at least ${ms} ms on ${members.length} nodes while ${describe(found)} moves`
      context.emit({kind: 'noted', step: context.id, message})
    }
    await context.stalls.move({stallMs: found.stallMs, members, ends: [source.id, target.id], onRaised}, move)
  } catch (error) {
    throw isManagerError(error, 'big-key') ? about(found, source, error, WAYS_OUT_OPEN) : error
  }
}

/**
 * Before a slot is opened, while there is still a choice: can the big keys of it be moved at all?
 * @throws ManagerError `big-key` naming the first that cannot
 */
export async function refuseHopeless(lane: BigKeyLane, found: readonly FoundKey[]): Promise<void> {
  const {context, source} = lane
  const longest = found.toSorted((a, b) => b.stallMs - a.stallMs)[0]
  if (longest === undefined) return
  for (const each of found) await refuseTooLarge(lane, each)
  const error = await context.stalls.refusal(longest.stallMs, judgesAmong(source, source.peers))
  if (error !== undefined) throw about(longest, source, error, WAYS_OUT)
}

const WAYS_OUT = 'let the user CONFIG SET cluster-node-timeout; or --big-keys skip, or atomic where the servers can'
const WAYS_OUT_OPEN = 'let the user CONFIG SET cluster-node-timeout on all nodes'

async function refuseTooLarge(lane: BigKeyLane, found: FoundKey): Promise<void> {
  const bytes = payloadBytes(found.size)
  const limit = bytes <= SMALLEST_BULK_LIMIT ? Infinity : await bulkLimit(lane.targetNode)
  if (bytes <= limit) return
  const target = formatAddress(lane.target.address)
  throw new ManagerError(
    'big-key',
    `${describe(found)} cannot be moved by MIGRATE: its payload of about ${mebibytes(bytes)} is more than the ` +
      `proto-max-bulk-len of ${target}, ${mebibytes(limit)}`,
    {
      node: formatAddress(lane.source.address),
      hint: `on ${target} CONFIG SET proto-max-bulk-len ${Math.ceil(bytes * 1.5)}; or --big-keys skip, or atomic where the servers can`,
    },
  )
}

/** The server takes no smaller value than this: below it nobody needs to be asked. */
const SMALLEST_BULK_LIMIT = 1024 * 1024

async function bulkLimit(node: NodeClient): Promise<number> {
  const [reply] = await node.pipeline([['CONFIG', 'GET', 'proto-max-bulk-len']])
  const value = Array.isArray(reply) ? Number(reply[1]) : NaN
  return Number.isFinite(value) && value > 0 ? value : DEFAULT_BULK_BYTES
}

function about(found: FoundKey, source: NodeView, error: ManagerError, ways: string): ManagerError {
  const stall = `would stop its nodes for about ${Math.round(found.stallMs)} ms`
  const at = error.node === undefined ? '' : `${error.node} `
  return new ManagerError('big-key', `${describe(found)} ${stall}, but ${at}${error.message}`, {
    node: formatAddress(source.address),
    reply: error.reply,
    hint: ways,
    cause: error,
  })
}

function describe({key, slot, size}: FoundKey): string {
  return `key ${JSON.stringify(Buffer.from(key).toString())} of slot ${slot} (${size.type}, ${mebibytes(size.bytes)})`
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`
}
