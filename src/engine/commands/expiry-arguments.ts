/** Points in time as arguments: seconds or milliseconds, from now or since 1970, with all 64 bits checked. */
import {INT64_MAX, INT64_MIN, parseInteger, parseSafeInteger} from '../resp/numbers.js'
import {type Call} from '../server/call.js'
import {NOT_AN_INTEGER} from './arguments.js'

export type TimeUnit = 's' | 'ms'

/** The latest time that a number holds and 64 bits do too; what lies beyond 2^53 ms (the year 287396) is rounded. */
const LATEST_MS = 9_223_372_036_854_774_784
/** Up to here seconds from now stay exact as milliseconds. */
const PLAIN_LIMIT = 2 ** 42

/**
 * Unix ms out of the argument at `at`, which counts from `baseMs` (0: it is absolute). `positive`: zero and less are refused.
 * @returns undefined when the error was sent
 */
export function expiryOrReply(
  call: Call,
  at: number,
  unit: TimeUnit,
  baseMs: number,
  positive: boolean,
): number | undefined {
  const plain = parseSafeInteger(call.argv[at]!)
  if (plain !== undefined && plain > (positive ? 0 : -PLAIN_LIMIT) && plain < PLAIN_LIMIT) {
    return (unit === 's' ? plain * 1000 : plain) + baseMs
  }
  const value = parseInteger(call.argv[at]!)
  if (value === undefined) {
    call.reply.error(NOT_AN_INTEGER)
    return undefined
  }
  const ms = unit === 's' ? value * 1000n : value
  const isOutside = ms > INT64_MAX - BigInt(baseMs) || ms < INT64_MIN
  if (isOutside || (positive && value <= 0n)) {
    call.reply.error(`ERR invalid expire time in '${call.spec.fullName}' command`)
    return undefined
  }
  return Math.min(Number(ms + BigInt(baseMs)), LATEST_MS)
}

/** Whether a key given this time must go at once. A replica, and a node that loads, leaves that to its primary, or to later. */
export function isPast(call: Call, atMs: number): boolean {
  return atMs <= call.nowMs && !call.server.loading && !call.server.isReplica
}

/** A time as decimal digits: beyond 2^53 too. */
export function formatMs(ms: number): string {
  return Number.isSafeInteger(ms) ? String(ms) : String(BigInt(ms))
}
