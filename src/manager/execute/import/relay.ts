/**
 * Keys from one server to another through our own hands: DUMP and PTTL there, RESTORE here. For where MIGRATE cannot be used:
 * it is forbidden, the source cannot reach the cluster, or only one of them speaks TLS.
 */
import {formatAddress} from '../../../model/address.js'
import {errorCode} from '../../../model/redis-error.js'
import {ManagerError, replyOf} from '../../error.js'
import type {Argument, NodeClient, Reply} from '../../ports.js'
import {allOk, numberReply} from '../../reply.js'
import {compareOnBothNodes} from '../migration/key-conflict.js'
import {explain, type Handover} from '../migration/migrate-keys.js'
import type {Route} from '../migration/route.js'

/** A key that changes more often than this while it is copied is being written to all the time. */
const MOST_TRIES = 20

interface Payload {
  readonly key: Uint8Array
  readonly bytes: Buffer
  /** 0: it stays for ever. */
  readonly ttlMs: number
}

/**
 * Hands over the keys that still exist at the source, with their times to live. Unless they are kept there, they are removed
 * in a transaction that WATCHes them: one that a client changed meanwhile is not lost but copied again. Until then both
 * servers have it; MIGRATE, which blocks them, has no such moment.
 * @param route its source connection must be used by nobody else meanwhile: WATCH belongs to a connection
 * @throws ManagerError `key-exists` when the target has one of them with another value and `replace` is off
 */
export async function relayKeys(route: Route, keys: readonly Uint8Array[]): Promise<Handover> {
  return relay(route, keys, route.settings.replace, 1)
}

async function relay(route: Route, keys: readonly Uint8Array[], replace: boolean, attempt: number): Promise<Handover> {
  const payloads = await readPayloads(route, keys)
  if (payloads.length === 0) return 'plain'
  const handover = await restore(route, payloads, replace)
  if (route.keepAtSource || (await removeUnchanged(route.source, payloads))) return handover
  if (attempt >= MOST_TRIES) throw alwaysChanging(route)
  // In halves, so that a busy key soon holds up only itself. What the target has now is our own copy of a moment ago.
  const middle = Math.ceil(keys.length / 2)
  const halves = [keys.slice(0, middle), keys.slice(middle)].filter((half) => half.length > 0)
  for (const half of halves) await relay(route, half, true, attempt + 1)
  return handover
}

async function readPayloads(route: Route, keys: readonly Uint8Array[]): Promise<Payload[]> {
  const {source, keepAtSource} = route
  const watch: Argument[][] = keepAtSource ? [] : [['UNWATCH'], ['WATCH', ...keys]]
  const replies = await source.pipeline(
    [
      ...watch,
      ...keys.flatMap((key) => [
        ['DUMP', key],
        ['PTTL', key],
      ]),
    ],
    {bytes: true},
  )
  allOk(replies)
  return keys.flatMap((key, index) => {
    const [bytes, ttl] = replies.slice(watch.length + index * 2) as [Reply, Reply]
    const ttlMs = numberReply(ttl, source)
    // -2: it expired between the two questions.
    return Buffer.isBuffer(bytes) && ttlMs !== -2 ? [{key, bytes, ttlMs: ttlMs < 0 ? 0 : Math.max(1, ttlMs)}] : []
  })
}

async function restore(route: Route, payloads: readonly Payload[], replace: boolean): Promise<Handover> {
  const refused = await sendPayloads(route, payloads, replace)
  if (refused.length === 0) return 'plain'
  // What an interrupted run left behind is the same value: to write it again changes nothing.
  await compareOnBothNodes(
    route,
    refused.map(({key}) => key),
  )
  await sendPayloads(route, refused, true)
  return 'compared'
}

/** @returns those that the target has already, where they must not be replaced */
async function sendPayloads(route: Route, payloads: readonly Payload[], replace: boolean): Promise<Payload[]> {
  const {target} = route
  const replies = await target.pipeline(
    payloads.map(({key, bytes, ttlMs}) => ['RESTORE', key, ttlMs, bytes, ...(replace ? ['REPLACE'] : [])]),
    {timeoutMs: route.settings.migrateTimeoutMs},
  )
  for (const reply of replies) {
    const code = errorCode(replyOf(reply))
    if (reply instanceof Error && code !== 'BUSYKEY') throw explain(reply, code, route)
  }
  return payloads.filter((_, index) => replies[index] instanceof Error)
}

/** @returns false when a client changed one of them since they were read: then all are still there */
async function removeUnchanged(source: NodeClient, payloads: readonly Payload[]): Promise<boolean> {
  const replies = await source.pipeline([['MULTI'], ['UNLINK', ...payloads.map(({key}) => key)], ['EXEC']])
  allOk(replies)
  return replies.at(-1) !== null
}

function alwaysChanging(route: Route): ManagerError {
  return new ManagerError('refused', 'clients write to the keys all the time: they cannot be removed without loss', {
    node: formatAddress(route.source.address),
    hint: 'stop the clients of the source, or leave its keys there with --copy',
  })
}
