/** EXPIRE and its relatives: when keys go, and asking for it. */
import {printable} from '../server/printable.js'
import {type Call, type Handlers} from '../server/call.js'
import {lookAt} from './look-at.js'
import {expiryOrReply, formatMs, isPast, type TimeUnit} from './expiry-arguments.js'

interface Conditions {
  onlyWithout: boolean
  onlyWith: boolean
  onlyLater: boolean
  onlySooner: boolean
}

function conditionsOrReply({argv, reply}: Call): Conditions | undefined {
  const conditions = {onlyWithout: false, onlyWith: false, onlyLater: false, onlySooner: false}
  for (let at = 3; at < argv.length; at++) {
    const word = argv[at]!.toLowerCase()
    if (word === 'nx') conditions.onlyWithout = true
    else if (word === 'xx') conditions.onlyWith = true
    else if (word === 'gt') conditions.onlyLater = true
    else if (word === 'lt') conditions.onlySooner = true
    else {
      reply.error(`ERR Unsupported option ${printable(argv[at]!)}`)
      return undefined
    }
  }
  const {onlyWithout, onlyWith, onlyLater, onlySooner} = conditions
  if (onlyWithout && (onlyWith || onlyLater || onlySooner)) {
    reply.error('ERR NX and XX, GT or LT options at the same time are not compatible')
    return undefined
  }
  if (onlyLater && onlySooner) {
    reply.error('ERR GT and LT options at the same time are not compatible')
    return undefined
  }
  return conditions
}

/** A key without expiry counts as one that goes never. */
function holds(
  {onlyWithout, onlyWith, onlyLater, onlySooner}: Conditions,
  atMs: number,
  nowAt: number | undefined,
): boolean {
  if (onlyWithout && nowAt !== undefined) return false
  if (onlyWith && nowAt === undefined) return false
  if (onlyLater && (nowAt === undefined || atMs <= nowAt)) return false
  return !(onlySooner && nowAt !== undefined && atMs >= nowAt)
}

function expire(call: Call, unit: TimeUnit, baseMs: number): void {
  const {argv, db, reply} = call
  const conditions = argv.length > 3 ? conditionsOrReply(call) : undefined
  if (argv.length > 3 && conditions === undefined) return
  const atMs = expiryOrReply(call, 2, unit, baseMs, false)
  if (atMs === undefined) return
  const key = argv[1]!
  if (db.get(key) === undefined) return reply.integer(0)
  if (conditions !== undefined && !holds(conditions, atMs, db.expiryOf(key))) return reply.integer(0)
  if (isPast(call, atMs)) {
    db.delete(key)
    call.propagateAs('DEL', key)
    call.changed('g', 'del', key)
  } else {
    db.setExpiry(key, atMs)
    if (unit === 's' || baseMs !== 0) call.propagateAs('PEXPIREAT', key, formatMs(atMs), ...argv.slice(3))
    call.changed('g', 'expire', key)
  }
  reply.integer(1)
}

/** -2: no such key; -1: it does not expire. Seconds are rounded to the nearest. */
function tell(call: Call, unit: TimeUnit, baseMs: number): void {
  const {argv, db, reply} = call
  const key = argv[1]!
  if (lookAt(call, key) === undefined) return reply.integer(-2)
  const atMs = db.expiryOf(key)
  if (atMs === undefined) return reply.integer(-1)
  const ms = Math.max(atMs - baseMs, 0)
  const shown = unit === 's' ? Math.floor((ms + 500) / 1000) : ms
  reply.integer(Number.isSafeInteger(shown) ? shown : BigInt(shown))
}

function persist(call: Call): void {
  const {argv, db, reply} = call
  const key = argv[1]!
  if (db.get(key) === undefined || !db.removeExpiry(key)) return reply.integer(0)
  call.changed('g', 'persist', key)
  reply.integer(1)
}

export const expiryHandlers: Handlers = {
  expire: (call) => expire(call, 's', call.nowMs),
  expireat: (call) => expire(call, 's', 0),
  pexpire: (call) => expire(call, 'ms', call.nowMs),
  pexpireat: (call) => expire(call, 'ms', 0),
  ttl: (call) => tell(call, 's', call.nowMs),
  pttl: (call) => tell(call, 'ms', call.nowMs),
  expiretime: (call) => tell(call, 's', 0),
  pexpiretime: (call) => tell(call, 'ms', 0),
  persist,
}
