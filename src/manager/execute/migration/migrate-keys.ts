/** One batch of keys from one node to another: MIGRATE, https://redis.io/docs/latest/commands/migrate/ */
import {formatAddress} from '../../../model/address.js'
import {errorCode, targetError} from '../../../model/redis-error.js'
import {ManagerError, replyOf} from '../../error.js'
import type {Argument} from '../../ports.js'
import {compareOnBothNodes} from './key-conflict.js'
import type {Route} from './route.js'

/** For 13 s in all: a primary that has come back refuses for up to 5 s, one that is being replaced for longer than its node timeout. */
const RETRIES = 8
const FIRST_RETRY_MS = 50
/** A target that is gone answers nothing: each attempt takes the whole time limit of MIGRATE, and one of those is enough. */
const PATIENCE_MS = 15_000
/** The node's own limit counts per read or write; the whole command may take longer. */
const REPLY_GRACE_MS = 10_000

/** Refusals that pass by themselves. */
export const PASSING: ReadonlySet<string> = new Set([
  'TRYAGAIN',
  'LOADING',
  'CLUSTERDOWN',
  'IOERR',
  'BUSY',
  'MASTERDOWN',
  'NOREPLICAS',
])

/** `compared`: the target had some of the keys. The time that took says nothing about the size of the batch. */
export type Handover = 'plain' | 'compared'

/**
 * Moves the keys that still exist at the source; those that expired meanwhile are no error.
 * @throws ManagerError `key-exists` when the target has one of them with another value and `replace` is off
 */
export async function migrateKeys(route: Route, keys: readonly Uint8Array[]): Promise<Handover> {
  let replace = route.settings.replace
  let handover: Handover = 'plain'
  const startedMs = route.clock.nowMs()
  for (let attempt = 1; ; attempt++) {
    try {
      await route.source.call(migrateCommand(route, keys, replace), {
        timeoutMs: route.settings.migrateTimeoutMs * 2 + REPLY_GRACE_MS,
      })
      return handover
    } catch (error) {
      const reply = replyOf(error)
      const code = errorCode(targetError(reply) ?? reply)
      if (code === 'BUSYKEY' && !replace) {
        // What an interrupted MIGRATE left behind is the same value: to write it again changes nothing.
        await compareOnBothNodes(route, keys)
        replace = true
        handover = 'compared'
        continue
      }
      const isOver = attempt > RETRIES || route.clock.nowMs() - startedMs > PATIENCE_MS
      if (!PASSING.has(code) || isOver) throw explain(error, code, route)
      // The target may have stored a batch whose answer was lost: it then meets its own copies, and compares them.
      await route.clock.sleep(FIRST_RETRY_MS * 2 ** (attempt - 1))
    }
  }
}

function migrateCommand(route: Route, keys: readonly Uint8Array[], replace: boolean): Argument[] {
  const {targetAddress, database, credentials, settings, keepAtSource} = route
  const {username, password} = credentials
  return [
    'MIGRATE',
    targetAddress.host,
    targetAddress.port,
    '',
    database,
    settings.migrateTimeoutMs,
    ...(keepAtSource ? ['COPY'] : []),
    ...(replace ? ['REPLACE'] : []),
    ...(password === undefined ? [] : username === undefined ? ['AUTH', password] : ['AUTH2', username, password]),
    'KEYS',
    ...keys,
  ]
}

const HINTS: ReadonlyMap<string, string> = new Map([
  ['OOM', 'the target is out of memory: raise its maxmemory or move fewer slots to it'],
  ['NOAUTH', 'the target wants a password: give it with --askpass or REDISCLI_AUTH'],
  ['WRONGPASS', 'source and target have different passwords or users'],
  ['NOPERM', 'the user lacks rights on the target: RESTORE and ASKING at least'],
  ['IOERR', 'the target is down, or the source cannot reach it at the address that it announces'],
  ['MOVED', 'the slot has another primary now: a replica was promoted, or the slot was moved'],
  ['CLUSTERDOWN', 'a primary is down or hangs: `tscluster check` tells which'],
])

const FOREIGN_PAYLOAD = /DUMP payload version or checksum are wrong|Bad data format/
const FOREIGN_PAYLOAD_HINT = 'the source runs a newer server, or another product, whose values the target cannot read'

/** The same refusal, saying also whom it came from and what can be done. */
export function explain(error: unknown, code: string, route: Pick<Route, 'targetAddress'>): unknown {
  // What the source refuses by itself says so already.
  if (!(error instanceof ManagerError) || error.code !== 'error-reply' || error.reply === undefined) return error
  const target = formatAddress(route.targetAddress)
  return new ManagerError('error-reply', `cannot hand keys to ${target}: ${error.reply}`, {
    node: error.node,
    reply: error.reply,
    hint: FOREIGN_PAYLOAD.test(error.reply) ? FOREIGN_PAYLOAD_HINT : HINTS.get(code),
  })
}
