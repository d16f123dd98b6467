/** The hash commands. */
import {type Bytes} from '../ports.js'
import {addLongDoubles, formatLongDouble, parseLongDouble} from '../resp/long-double.js'
import {INT64_MAX, INT64_MIN, parseInteger} from '../resp/numbers.js'
import {type Call, type CommandFamily, type Handlers} from '../server/call.js'
import {HashValue} from '../values/hash.js'
import {bigintOrReply, findHash, type Found, NOT_A_FLOAT, readHash, SYNTAX_ERROR} from './arguments.js'
import {addKey, drawCountOrReply, dropIfEmpty, isHalfRange, optionAt} from './collection.js'
import {cursorOrReply, replyEmptyScan, replyScan} from './collection-scan.js'
import {hashFacts} from './specs/hash.js'

/** A new hash, which must get its first field at once. */
function addHash(call: Call, key: Bytes): HashValue {
  const made = new HashValue(call.server.encodingLimits)
  addKey(call, key, made)
  return made
}

function findOrAdd(call: Call, key: Bytes): HashValue | 'wrong-type' {
  const hash = findHash(call, key)
  return hash === 'absent' ? addHash(call, key) : hash
}

/** HSET, HMSET: the number of new fields. */
function setFields(call: Call): number | undefined {
  const {argv} = call
  if (argv.length % 2 === 1) {
    call.reply.error(`ERR wrong number of arguments for '${call.spec.fullName}' command`)
    return undefined
  }
  const hash = findOrAdd(call, argv[1]!)
  if (hash === 'wrong-type') return undefined
  let created = 0
  for (let at = 2; at < argv.length; at += 2) if (hash.set(argv[at]!, argv[at + 1]!)) created++
  call.changed('h', 'hset', argv[1]!, (argv.length - 2) / 2)
  return created
}

function hset(call: Call): void {
  const created = setFields(call)
  if (created !== undefined) call.reply.integer(created)
}

function hmset(call: Call): void {
  if (setFields(call) !== undefined) call.reply.ok()
}

function hsetnx(call: Call): void {
  const {argv, reply} = call
  const hash = findOrAdd(call, argv[1]!)
  if (hash === 'wrong-type') return
  if (hash.has(argv[2]!)) return reply.integer(0)
  hash.set(argv[2]!, argv[3]!)
  call.changed('h', 'hset', argv[1]!)
  reply.integer(1)
}

function hincrby(call: Call): void {
  const {argv, reply} = call
  const increment = bigintOrReply(call, 3)
  if (increment === undefined) return
  const hash = findHash(call, argv[1]!)
  if (hash === 'wrong-type') return
  const current = fieldOf(hash, argv[2]!)
  const before = current === undefined ? 0n : parseInteger(current)
  if (before === undefined) return reply.error('ERR hash value is not an integer')
  const sum = before + increment
  if (sum > INT64_MAX || sum < INT64_MIN) return reply.error('ERR increment or decrement would overflow')
  setField(call, hash, String(sum))
  call.changed('h', 'hincrby', argv[1]!)
  reply.integer(sum)
}

function hincrbyfloat(call: Call): void {
  const {argv, reply} = call
  const [, key, field] = argv as [Bytes, Bytes, Bytes]
  const increment = parseLongDouble(argv[3]!)
  if (increment === undefined) return reply.error(NOT_A_FLOAT)
  if (increment.exponent === Infinity) return reply.error('ERR value is NaN or Infinity')
  const hash = findHash(call, key)
  if (hash === 'wrong-type') return
  const before = parseLongDouble(fieldOf(hash, field) ?? '0')
  if (before === undefined) return reply.error('ERR hash value is not a float')
  const sum = addLongDoubles(before, increment)
  if (sum === undefined) return reply.error('ERR increment would produce NaN or Infinity')
  const text = formatLongDouble(sum)
  setField(call, hash, text)
  call.changed('h', 'hincrbyfloat', key)
  // The sum and not the summand: a replica may calculate otherwise.
  call.propagateAs('HSET', key, field, text)
  reply.bulk(text)
}

/** Sets the field that the command names, in the hash that it found or in a new one. */
function setField(call: Call, hash: HashValue | 'absent', value: Bytes): void {
  const target = hash === 'absent' ? addHash(call, call.argv[1]!) : hash
  target.set(call.argv[2]!, value)
}

function fieldOf(hash: Exclude<Found<HashValue>, 'wrong-type'>, field: Bytes): Bytes | undefined {
  return hash === 'absent' ? undefined : hash.get(field)
}

function hget(call: Call): void {
  const hash = readHash(call, call.argv[1]!)
  if (hash !== 'wrong-type') call.reply.bulkOrNull(fieldOf(hash, call.argv[2]!))
}

function hmget(call: Call): void {
  const {argv, reply} = call
  const hash = readHash(call, argv[1]!)
  if (hash === 'wrong-type') return
  reply.array(argv.length - 2)
  for (let at = 2; at < argv.length; at++) reply.bulkOrNull(fieldOf(hash, argv[at]!))
}

function hdel(call: Call): void {
  const {argv, reply} = call
  const hash = findHash(call, argv[1]!)
  if (hash === 'wrong-type') return
  if (hash === 'absent') return reply.integer(0)
  let deleted = 0
  for (let at = 2; at < argv.length && hash.size > 0; at++) if (hash.delete(argv[at]!)) deleted++
  if (deleted > 0) {
    call.changed('h', 'hdel', argv[1]!, deleted)
    dropIfEmpty(call, argv[1]!, hash)
  }
  reply.integer(deleted)
}

function hlen(call: Call): void {
  const hash = readHash(call, call.argv[1]!)
  if (hash !== 'wrong-type') call.reply.integer(hash === 'absent' ? 0 : hash.size)
}

function hstrlen(call: Call): void {
  const hash = readHash(call, call.argv[1]!)
  if (hash !== 'wrong-type') call.reply.integer(fieldOf(hash, call.argv[2]!)?.length ?? 0)
}

function hexists(call: Call): void {
  const hash = readHash(call, call.argv[1]!)
  if (hash !== 'wrong-type') call.reply.integer(hash !== 'absent' && hash.has(call.argv[2]!) ? 1 : 0)
}

function hgetall(call: Call): void {
  const {reply} = call
  const hash = readHash(call, call.argv[1]!)
  if (hash === 'wrong-type') return
  if (hash === 'absent') return reply.map(0)
  reply.map(hash.size)
  for (const [field, value] of hash.entries()) {
    reply.bulk(field)
    reply.bulk(value)
  }
}

function hkeys(call: Call): void {
  const hash = readHash(call, call.argv[1]!)
  if (hash !== 'wrong-type') replyAll(call, hash === 'absent' ? undefined : hash.fields(), hash)
}

function hvals(call: Call): void {
  const hash = readHash(call, call.argv[1]!)
  if (hash !== 'wrong-type') replyAll(call, hash === 'absent' ? undefined : hash.values(), hash)
}

function replyAll(call: Call, words: Iterable<Bytes> | undefined, hash: HashValue | 'absent'): void {
  call.reply.array(hash === 'absent' ? 0 : hash.size)
  for (const word of words ?? []) call.reply.bulk(word)
}

function hrandfield(call: Call): void {
  const {argv, reply} = call
  if (argv.length === 2) return randomField(call)
  const count = drawCountOrReply(call, 2)
  if (count === undefined) return
  const withValues = optionAt(argv, 3) === 'withvalues'
  if (argv.length > 4 || (argv.length === 4 && !withValues)) return reply.error(SYNTAX_ERROR)
  if (withValues && !isHalfRange(call, 2)) return reply.error('ERR value is out of range')
  const hash = readHash(call, argv[1]!)
  if (hash === 'wrong-type') return
  if (hash === 'absent' || count === 0) return reply.array(0)
  if (count > 0) return replyFields(call, hash, hash.randomFields(call.server.rng, count), withValues)
  replyHeader(call, -count, withValues)
  for (let left = -count; left > 0; left--) replyField(call, hash, hash.randomField(call.server.rng), withValues)
}

function randomField(call: Call): void {
  const hash = readHash(call, call.argv[1]!)
  if (hash === 'wrong-type') return
  if (hash === 'absent') call.reply.null()
  else call.reply.bulk(hash.randomField(call.server.rng))
}

function replyFields(call: Call, hash: HashValue, fields: readonly Bytes[], withValues: boolean): void {
  replyHeader(call, fields.length, withValues)
  for (const field of fields) replyField(call, hash, field, withValues)
}

/** RESP3 has each field with its value in an array of two. */
function replyHeader({reply}: Call, count: number, withValues: boolean): void {
  reply.array(withValues && reply.protocol === 2 ? count * 2 : count)
}

function replyField({reply}: Call, hash: HashValue, field: Bytes, withValues: boolean): void {
  if (withValues && reply.protocol === 3) reply.array(2)
  reply.bulk(field)
  if (withValues) reply.bulk(hash.get(field)!)
}

function hscan(call: Call): void {
  const cursor = cursorOrReply(call, 2)
  if (cursor === undefined) return
  const hash = readHash(call, call.argv[1]!)
  if (hash === 'wrong-type') return
  if (hash === 'absent') return replyEmptyScan(call)
  const start = (): Iterator<readonly Bytes[]> => hash.entries()
  replyScan(call, cursor, 3, {owner: hash, isPacked: hash.encoding === 'listpack', start})
}

const handlers: Handlers = {
  hset,
  hmset,
  hsetnx,
  hincrby,
  hincrbyfloat,
  hget,
  hmget,
  hdel,
  hlen,
  hstrlen,
  hexists,
  hgetall,
  hkeys,
  hvals,
  hrandfield,
  hscan,
}

export const hashFamily: CommandFamily = {group: 'hash', facts: hashFacts, handlers}
