/** What all collections have in common: keys that come with the first element and go with the last, and counts as arguments. */
import {type Bytes} from '../ports.js'
import {INT64_MAX, parseInteger} from '../resp/numbers.js'
import {type Call} from '../server/call.js'
import {type EventClass} from '../server/keyspace-events.js'
import {ListValue} from '../values/list.js'
import {SortedSetValue} from '../values/sorted-set.js'
import {isEmptyCollection, type Value} from '../values/value.js'
import {integerOrReply, NOT_AN_INTEGER, SYNTAX_ERROR} from './arguments.js'

const NOT_POSITIVE = 'ERR value is out of range, must be positive'
export const NUMKEYS_TOO_SMALL = 'ERR numkeys should be greater than 0'
const COUNT_TOO_SMALL = 'ERR count should be greater than 0'

/** Stores a value under a key that was not there; clients that wait for such a key are served after the command. */
export function addKey(call: Call, key: Bytes, value: Value): void {
  call.db.set(key, value)
  if (value instanceof ListValue || value instanceof SortedSetValue) call.server.blocking.signal(call.db, key)
}

/** The key goes with its last element. */
export function dropIfEmpty(call: Call, key: Bytes, value: Value): void {
  if (!isEmptyCollection(value)) return
  call.db.delete(key)
  call.server.notify('g', 'del', key, call.db.index)
}

/**
 * What the `…STORE` commands do at the end: the result takes the place of whatever was there, or of nothing when it is empty.
 * Replies with its size.
 */
export function storeResult(
  call: Call,
  key: Bytes,
  value: Value & {readonly size: number},
  eventClass: EventClass,
  event: string,
): void {
  if (value.size === 0) {
    deleteKey(call, key)
    call.reply.integer(0)
    return
  }
  if (call.db.has(key)) {
    call.db.set(key, value)
    if (value instanceof SortedSetValue) call.server.blocking.signal(call.db, key)
  } else {
    addKey(call, key, value)
  }
  call.changed(eventClass, event, key)
  call.reply.integer(value.size)
}

/** Deletes the key, if it is there, and says so. */
export function deleteKey(call: Call, key: Bytes): void {
  if (!call.db.has(key)) return
  call.db.delete(key)
  call.changed('g', 'del', key)
}

/** An integer within bounds; `error` is sent for whatever is not. Source: Redis' getRangeLongFromObjectOrReply. */
export function rangedOrReply(call: Call, at: number, min: number, error: string): number | undefined {
  const value = integerOrReply(call, at, error)
  if (value === undefined || value >= min) return value
  call.reply.error(error)
  return undefined
}

/** A count that is not negative. */
export function positiveOrReply(call: Call, at: number): number | undefined {
  return rangedOrReply(call, at, 0, NOT_POSITIVE)
}

/**
 * The count of a random draw: negative ones mean that elements may come twice.
 */
export function drawCountOrReply(call: Call, at: number): number | undefined {
  const count = parseInteger(call.argv[at]!)
  if (count === undefined) {
    call.reply.error(NOT_AN_INTEGER)
  } else if (count < -INT64_MAX) {
    call.reply.error(`ERR value is out of range, value must between -${INT64_MAX} and ${INT64_MAX}`)
  } else {
    return Number(count)
  }
  return undefined
}

/** Redis draws pairs only up to half of what a count can be; the word at `at` is a count. */
export function isHalfRange(call: Call, at: number): boolean {
  const count = parseInteger(call.argv[at]!) ?? 0n
  return count >= -(INT64_MAX / 2n) && count <= INT64_MAX / 2n
}

/** `[COUNT n]` at the end of LMPOP and ZMPOP; 1 without it. */
export function popCountOrReply(call: Call, at: number): number | undefined {
  if (at === call.argv.length) return 1
  if (optionAt(call.argv, at) !== 'count' || at + 1 >= call.argv.length) {
    call.reply.error(SYNTAX_ERROR)
    return undefined
  }
  const count = rangedOrReply(call, at + 1, 1, COUNT_TOO_SMALL)
  if (count === undefined || at + 2 === call.argv.length) return count
  call.reply.error(SYNTAX_ERROR)
  return undefined
}

/** The word at `at` in lower case; empty beyond the end. */
export function optionAt(argv: readonly Bytes[], at: number): string {
  return argv[at]?.toLowerCase() ?? ''
}
