/** Unions, intersections and differences of sets, told, stored or counted. */
import {type Bytes} from '../ports.js'
import {type Call, type Handlers} from '../server/call.js'
import {SetValue} from '../values/set.js'
import {readSet, SYNTAX_ERROR} from './arguments.js'
import {NUMKEYS_TOO_SMALL, optionAt, rangedOrReply, storeResult} from './collection.js'

type Operation = (call: Call, sets: readonly (SetValue | undefined)[]) => SetValue

/** The sets under some keys, undefined where there is none; undefined altogether when one is no set (the error was sent). */
function setsOrReply(call: Call, keys: readonly Bytes[]): (SetValue | undefined)[] | undefined {
  const sets: (SetValue | undefined)[] = []
  for (const key of keys) {
    const set = readSet(call, key)
    if (set === 'wrong-type') return undefined
    sets.push(set === 'absent' ? undefined : set)
  }
  return sets
}

/** A result is a set of its own: few integers come out in order, as from Redis' intset. */
function emptySet(call: Call): SetValue {
  return new SetValue(call.server.encodingLimits)
}

function union(call: Call, sets: readonly (SetValue | undefined)[]): SetValue {
  const result = emptySet(call)
  for (const set of sets) if (set !== undefined) for (const member of set.values()) result.add(member)
  return result
}

/** Members of all sets; walks through the smallest. Stops at `limit`. */
function* common(sets: readonly (SetValue | undefined)[], limit = Infinity): Generator<Bytes, void> {
  const present = sets.filter((set) => set !== undefined).sort((a, b) => a.size - b.size)
  const [smallest, ...others] = present
  if (smallest === undefined || present.length < sets.length) return
  let left = limit
  for (const member of smallest.values()) {
    if (!others.every((other) => other.has(member))) continue
    yield member
    if (--left === 0) return
  }
}

function intersection(call: Call, sets: readonly (SetValue | undefined)[]): SetValue {
  const result = emptySet(call)
  for (const member of common(sets)) result.add(member)
  return result
}

function difference(call: Call, [first, ...others]: readonly (SetValue | undefined)[]): SetValue {
  const result = emptySet(call)
  if (first === undefined || others.includes(first)) return result
  if (isRemovalCheaper(first, others)) {
    for (const member of first.values()) result.add(member)
    for (const other of others) if (other !== undefined) removeAll(result, other)
    return result
  }
  // The smaller the set that is asked, the sooner it has the answer only by chance; the larger, the likelier a member is in it.
  const largestFirst = others.filter((other) => other !== undefined).sort((a, b) => b.size - a.size)
  for (const member of first.values()) if (!largestFirst.some((other) => other.has(member))) result.add(member)
  return result
}

/** Redis then takes out what the others have, and the result keeps the encoding that all of the first set needed. */
function isRemovalCheaper(first: SetValue, others: readonly (SetValue | undefined)[]): boolean {
  const present = others.filter((other) => other !== undefined)
  const lookups = Math.floor((first.size * (present.length + 1)) / 2)
  return lookups > present.reduce((sum, other) => sum + other.size, first.size)
}

function removeAll(result: SetValue, other: SetValue): void {
  if (result.size > 0) for (const member of other.values()) result.delete(member)
}

function tell(call: Call, operation: Operation): void {
  const sets = setsOrReply(call, call.argv.slice(1))
  if (sets === undefined) return
  replySet(call, operation(call, sets))
}

export function replySet({reply}: Call, set: SetValue): void {
  reply.set(set.size)
  for (const member of set.values()) reply.bulk(member)
}

function store(call: Call, operation: Operation, event: string): void {
  const sets = setsOrReply(call, call.argv.slice(2))
  if (sets !== undefined) storeResult(call, call.argv[1]!, operation(call, sets), 's', event)
}

/** `numkeys key… [LIMIT n]` of SINTERCARD. */
function sintercard(call: Call): void {
  const {argv, reply} = call
  const keyCount = rangedOrReply(call, 1, 1, NUMKEYS_TOO_SMALL)
  if (keyCount === undefined) return
  if (keyCount > argv.length - 2) return reply.error("ERR Number of keys can't be greater than number of args")
  let limit = 0
  for (let at = keyCount + 2; at < argv.length; at += 2) {
    if (optionAt(argv, at) !== 'limit' || at + 1 >= argv.length) return reply.error(SYNTAX_ERROR)
    const value = rangedOrReply(call, at + 1, 0, "ERR LIMIT can't be negative")
    if (value === undefined) return
    limit = value
  }
  const sets = setsOrReply(call, argv.slice(2, keyCount + 2))
  if (sets === undefined) return
  let count = 0
  for (const members = common(sets, limit); members.next().done !== true;) count++
  reply.integer(count)
}

export const setAlgebraHandlers: Handlers = {
  sunion: (call) => tell(call, union),
  sinter: (call) => tell(call, intersection),
  sdiff: (call) => tell(call, difference),
  sunionstore: (call) => store(call, union, 'sunionstore'),
  sinterstore: (call) => store(call, intersection, 'sinterstore'),
  sdiffstore: (call) => store(call, difference, 'sdiffstore'),
  sintercard,
}
