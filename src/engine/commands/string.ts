/** The string commands: one family out of several files; here those that read, count and change in place. */
import {type Bytes} from '../ports.js'
import {INT64_MAX, INT64_MIN, parseInteger, parseSafeInteger} from '../resp/numbers.js'
import {addLongDoubles, formatLongDouble, type LongDouble, parseLongDouble} from '../resp/long-double.js'
import {type Call, type CommandFamily} from '../server/call.js'
import {stringBytes, type StringValue, toMutable} from '../values/string.js'
import {findString, integerOrReply, lookup, NOT_A_FLOAT, NOT_AN_INTEGER, readString} from './arguments.js'
import {lcs} from './lcs.js'
import {stringFacts} from './specs/string.js'
import {fitsOrReply, replyString} from './string-reply.js'
import {stringSetHandlers} from './string-set.js'

const DECREMENT_OVERFLOW = 'ERR decrement would overflow'
const INCREMENT_OVERFLOW = 'ERR increment or decrement would overflow'
const NOT_FINITE = 'ERR increment would produce NaN or Infinity'

function get(call: Call): void {
  const value = readString(call, call.argv[1]!)
  if (value === null) return
  if (value === undefined) call.reply.null()
  else replyString(call, value)
}

function mget(call: Call): void {
  const {argv, reply} = call
  reply.array(argv.length - 1)
  for (let at = 1; at < argv.length; at++) {
    const value = lookup(call, argv[at]!)
    if (typeof value === 'string') reply.bulk(value)
    else if (value?.type === 'string') replyString(call, value)
    else reply.null()
  }
}

function strlen(call: Call): void {
  const value = readString(call, call.argv[1]!)
  if (value === null) return
  call.reply.integer(value === undefined ? 0 : value.length)
}

/** GETRANGE, and SUBSTR as it was once called: both ends included, negative ones counted from the end. */
function getrange(call: Call): void {
  const start = integerOrReply(call, 2)
  if (start === undefined) return
  const end = integerOrReply(call, 3)
  if (end === undefined) return
  const value = readString(call, call.argv[1]!)
  if (value === null) return
  if (value === undefined || (start < 0 && end < 0 && start > end)) return call.reply.bulk('')
  const from = start < 0 ? Math.max(value.length + start, 0) : start
  const to = Math.min(end < 0 ? Math.max(value.length + end, 0) : end, value.length - 1)
  call.reply.bulk(from > to ? '' : value.slice(from, to + 1))
}

function append(call: Call): void {
  const {argv, db, reply} = call
  const key = argv[1]!
  const addition = argv[2]!
  const value = findString(call, key)
  if (value === null) return
  if (value === undefined) {
    db.set(key, addition)
    call.changed('$', 'append', key)
    return reply.integer(addition.length)
  }
  if (!fitsOrReply(call, value.length + addition.length)) return
  const changed = toMutable(value)
  changed.append(addition)
  if (changed !== value) db.setKeepingExpiry(key, changed)
  call.changed('$', 'append', key)
  reply.integer(changed.length)
}

function setrange(call: Call): void {
  const {argv, db, reply} = call
  const key = argv[1]!
  const patch = argv[3]!
  const offset = integerOrReply(call, 2)
  if (offset === undefined) return
  if (offset < 0) return reply.error('ERR offset is out of range')
  const value = findString(call, key)
  if (value === null) return
  if (patch === '') return reply.integer(value === undefined ? 0 : value.length)
  if (!fitsOrReply(call, offset + patch.length)) return
  const changed = toMutable(value === undefined ? '' : value)
  changed.write(offset, patch)
  if (changed !== value) db.setKeepingExpiry(key, changed)
  call.changed('$', 'setrange', key)
  reply.integer(changed.length)
}

/** The small case, nearly all there is, stays with numbers. */
function addInteger(call: Call, increment: number): void {
  const {argv, db, reply} = call
  const key = argv[1]!
  const value = findString(call, key)
  if (value === null) return
  const before = value === undefined ? 0 : parseSafeInteger(stringBytes(value))
  const sum = before === undefined ? Number.NaN : before + increment
  if (!Number.isSafeInteger(sum)) return addLarge(call, value, BigInt(increment))
  if (value === undefined) db.set(key, String(sum))
  else db.setKeepingExpiry(key, String(sum))
  call.changed('$', 'incrby', key)
  reply.integer(sum)
}

function addLarge(call: Call, value: StringValue | undefined, increment: bigint): void {
  const before = value === undefined ? 0n : parseInteger(stringBytes(value))
  if (before === undefined) return call.reply.error(NOT_AN_INTEGER)
  const sum = before + increment
  if (sum > INT64_MAX || sum < INT64_MIN) return call.reply.error(INCREMENT_OVERFLOW)
  call.db.setKeepingExpiry(call.argv[1]!, String(sum))
  call.changed('$', 'incrby', call.argv[1]!)
  call.reply.integer(sum)
}

function addArgument(call: Call, sign: 1 | -1): void {
  const plain = parseSafeInteger(call.argv[2]!)
  if (plain !== undefined) return addInteger(call, plain * sign)
  const large = parseInteger(call.argv[2]!)
  if (large === undefined) return call.reply.error(NOT_AN_INTEGER)
  if (sign < 0 && large === INT64_MIN) return call.reply.error(DECREMENT_OVERFLOW)
  const value = findString(call, call.argv[1]!)
  if (value !== null) addLarge(call, value, large * BigInt(sign))
}

function incrbyfloat(call: Call): void {
  const {argv, db, reply} = call
  const key = argv[1]!
  const value = findString(call, key)
  if (value === null) return
  const before = value === undefined ? parseLongDouble('0') : parseLongDouble(stringBytes(value))
  const increment = before && parseLongDouble(argv[2]!)
  if (before === undefined || increment === undefined) return reply.error(NOT_A_FLOAT)
  const sum: LongDouble | undefined = addLongDoubles(before, increment)
  if (sum === undefined) return reply.error(NOT_FINITE)
  const text: Bytes = formatLongDouble(sum)
  db.setKeepingExpiry(key, text)
  // The sum and not the summand: a replica may calculate otherwise.
  call.propagateAs('SET', key, text, 'KEEPTTL')
  call.changed('$', 'incrbyfloat', key)
  reply.bulk(text)
}

export const stringFamily: CommandFamily = {
  group: 'string',
  facts: stringFacts,
  handlers: {
    ...stringSetHandlers,
    append,
    decr: (call) => addInteger(call, -1),
    decrby: (call) => addArgument(call, -1),
    get,
    getrange,
    incr: (call) => addInteger(call, 1),
    incrby: (call) => addArgument(call, 1),
    incrbyfloat,
    lcs,
    mget,
    setrange,
    strlen,
    substr: getrange,
  },
}
