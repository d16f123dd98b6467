/** Arguments as handlers want them: each `…OrReply` has sent its error when it returns undefined. */
import {type Bytes} from '../ports.js'
import {parseDouble, parseInteger, parseSafeInteger} from '../resp/numbers.js'
import {type Call} from '../server/call.js'
import {type Value} from '../values/value.js'
import {type StringValue} from '../values/string.js'
import {ListValue} from '../values/list.js'
import {HashValue} from '../values/hash.js'
import {SetValue} from '../values/set.js'
import {SortedSetValue} from '../values/sorted-set.js'

export const WRONG_TYPE = 'WRONGTYPE Operation against a key holding the wrong kind of value'
export const SYNTAX_ERROR = 'ERR syntax error'
export const NOT_AN_INTEGER = 'ERR value is not an integer or out of range'
export const NOT_A_FLOAT = 'ERR value is not a valid float'
export const NO_SUCH_KEY = 'ERR no such key'

/** An integer that a number holds exactly; beyond that Redis' range error is as good. */
export function integerOrReply(call: Call, at: number, error = NOT_AN_INTEGER): number | undefined {
  const value = parseSafeInteger(call.argv[at]!)
  if (value !== undefined) return value
  const large = parseInteger(call.argv[at]!)
  if (large === undefined) call.reply.error(error)
  // Where a handler works with numbers, what lies beyond 2^53 acts like the largest one it can hold.
  else return large > 0n ? Number.MAX_SAFE_INTEGER : Number.MIN_SAFE_INTEGER
  return undefined
}

/** All 64 bits: INCR and its family. */
export function bigintOrReply(call: Call, at: number, error = NOT_AN_INTEGER): bigint | undefined {
  const value = parseInteger(call.argv[at]!)
  if (value === undefined) call.reply.error(error)
  return value
}

export function floatOrReply(call: Call, at: number, error = NOT_A_FLOAT): number | undefined {
  const value = parseDouble(call.argv[at]!)
  if (value === undefined) call.reply.error(error)
  return value
}

/** For reading: counts hits and misses, announces a miss. */
export function lookup(call: Call, key: Bytes): Value | undefined {
  const value = call.db.get(key)
  if (value === undefined) {
    call.server.stats.keyspaceMisses++
    call.server.notify('m', 'keymiss', key, call.db.index)
  } else {
    call.server.stats.keyspaceHits++
  }
  return value
}

/** `absent`: there is no such key. `wrong-type`: the error was sent. */
export type Found<T> = T | 'absent' | 'wrong-type'

function checked<T>(call: Call, value: Value | undefined, isWanted: (value: Value) => value is Value & T): Found<T> {
  if (value === undefined) return 'absent'
  if (isWanted(value)) return value
  call.reply.error(WRONG_TYPE)
  return 'wrong-type'
}

const isList = (value: Value): value is ListValue => value instanceof ListValue
const isHash = (value: Value): value is HashValue => value instanceof HashValue
const isSet = (value: Value): value is SetValue => value instanceof SetValue
const isSortedSet = (value: Value): value is SortedSetValue => value instanceof SortedSetValue

/**
 * A string value. `undefined`: there is no such key. `null`: it is something else, and the error was sent. Not words as for the
 * other types, for a string can be any word.
 */
export type FoundString = StringValue | undefined | null

function checkedString(call: Call, value: Value | undefined): FoundString {
  if (value === undefined || typeof value === 'string' || value.type === 'string') return value
  call.reply.error(WRONG_TYPE)
  return null
}

/** Readers (`read…`) count hits and misses; writers (`find…`) do not. */
export const readString = (call: Call, key: Bytes): FoundString => checkedString(call, lookup(call, key))
export const readList = (call: Call, key: Bytes): Found<ListValue> => checked(call, lookup(call, key), isList)
export const readHash = (call: Call, key: Bytes): Found<HashValue> => checked(call, lookup(call, key), isHash)
export const readSet = (call: Call, key: Bytes): Found<SetValue> => checked(call, lookup(call, key), isSet)
export const readSortedSet = (call: Call, key: Bytes): Found<SortedSetValue> =>
  checked(call, lookup(call, key), isSortedSet)
export const findString = (call: Call, key: Bytes): FoundString => checkedString(call, call.db.get(key))
export const findList = (call: Call, key: Bytes): Found<ListValue> => checked(call, call.db.get(key), isList)
export const findHash = (call: Call, key: Bytes): Found<HashValue> => checked(call, call.db.get(key), isHash)
export const findSet = (call: Call, key: Bytes): Found<SetValue> => checked(call, call.db.get(key), isSet)
export const findSortedSet = (call: Call, key: Bytes): Found<SortedSetValue> =>
  checked(call, call.db.get(key), isSortedSet)
