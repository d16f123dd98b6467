/** Both ends of a list: pushing, popping, moving from one list to another, of several keys and blocking too. */
import {type Bytes} from '../ports.js'
import {type Call, type Handlers} from '../server/call.js'
import {ListValue} from '../values/list.js'
import {findList, SYNTAX_ERROR} from './arguments.js'
import {blockUntilTaken, timeoutOrReply} from './blocking-call.js'
import {
  addKey,
  dropIfEmpty,
  NUMKEYS_TOO_SMALL,
  optionAt,
  popCountOrReply,
  positiveOrReply,
  rangedOrReply,
} from './collection.js'

/** Which end; the words are those of the events and of the commands in the stream. */
interface End {
  readonly push: 'lpush' | 'rpush'
  readonly pop: 'lpop' | 'rpop'
  readonly popCommand: 'LPOP' | 'RPOP'
  readonly word: 'left' | 'right'
}

const LEFT: End = {push: 'lpush', pop: 'lpop', popCommand: 'LPOP', word: 'left'}
const RIGHT: End = {push: 'rpush', pop: 'rpop', popCommand: 'RPOP', word: 'right'}

function endOrReply(call: Call, at: number): End | undefined {
  const word = optionAt(call.argv, at)
  if (word === 'left') return LEFT
  if (word === 'right') return RIGHT
  call.reply.error(SYNTAX_ERROR)
  return undefined
}

function pushTo(list: ListValue, end: End, element: Bytes): void {
  if (end === LEFT) list.pushHead(element)
  else list.pushTail(element)
}

function popFrom(list: ListValue, end: End): Bytes {
  return (end === LEFT ? list.popHead() : list.popTail())!
}

/** LPUSH, RPUSH, LPUSHX, RPUSHX. */
function push(call: Call, end: End, onlyIfThere: boolean): void {
  const {argv, reply} = call
  const key = argv[1]!
  let list = findList(call, key)
  if (list === 'wrong-type') return
  if (list === 'absent') {
    if (onlyIfThere) return reply.integer(0)
    list = new ListValue(call.server.encodingLimits)
    addKey(call, key, list)
  }
  for (let at = 2; at < argv.length; at++) pushTo(list, end, argv[at]!)
  call.changed('l', end.push, key, argv.length - 2)
  reply.integer(list.size)
}

/** What follows when `count` elements have been taken. */
function removed(call: Call, key: Bytes, list: ListValue, end: End, count: number): void {
  call.changed('l', end.pop, key, count)
  dropIfEmpty(call, key, list)
}

function popOne(call: Call, key: Bytes, list: ListValue, end: End): Bytes {
  const element = popFrom(list, end)
  removed(call, key, list, end, 1)
  return element
}

/** Replies with up to `count` elements, the one at the end first, and takes them out; returns how many. */
function popSeveral(call: Call, key: Bytes, list: ListValue, end: End, count: number): number {
  const taken = Math.min(count, list.size)
  call.reply.array(taken)
  for (let left = taken; left > 0; left--) call.reply.bulk(popFrom(list, end))
  removed(call, key, list, end, taken)
  return taken
}

/** LPOP, RPOP. */
function pop(call: Call, end: End): void {
  const {argv, reply} = call
  if (argv.length > 3) return reply.error(`ERR wrong number of arguments for '${call.spec.fullName}' command`)
  const count = argv.length === 3 ? positiveOrReply(call, 2) : -1
  if (count === undefined) return
  const key = argv[1]!
  const list = findList(call, key)
  if (list === 'wrong-type') return
  if (list === 'absent') return count < 0 ? reply.null() : reply.nullArray()
  if (count < 0) reply.bulk(popOne(call, key, list, end))
  else if (count === 0) reply.array(0)
  else popSeveral(call, key, list, end, count)
}

/** Takes one element from `source` and puts it into another list, or the same one; false when that is no list (error sent). */
function move(call: Call, source: Bytes, list: ListValue, from: End, target: Bytes, to: End): boolean {
  let targetList = findList(call, target)
  if (targetList === 'wrong-type') return false
  const element = popFrom(list, from)
  if (targetList === 'absent') {
    targetList = new ListValue(call.server.encodingLimits)
    addKey(call, target, targetList)
  }
  pushTo(targetList, to, element)
  call.changed('l', to.push, target, 0)
  removed(call, source, list, from, 1)
  call.reply.bulk(element)
  return true
}

/** LMOVE, RPOPLPUSH. */
function moveNow(call: Call, from: End | undefined, to: End | undefined): void {
  if (from === undefined || to === undefined) return
  const [, source, target] = call.argv as [Bytes, Bytes, Bytes]
  const list = findList(call, source)
  if (list === 'wrong-type') return
  if (list === 'absent') call.reply.null()
  else move(call, source, list, from, target, to)
}

/** BLMOVE, BRPOPLPUSH; `inStream` makes the words of the form that does not wait. */
function moveOrWait(call: Call, from: End, to: End, timeoutAt: number, inStream: (call: Call) => Bytes[]): void {
  const timeoutAtMs = timeoutOrReply(call, timeoutAt)
  if (timeoutAtMs === undefined) return
  const [, source, target] = call.argv as [Bytes, Bytes, Bytes]
  const take = (taker: Call, list: ListValue): void => {
    if (move(taker, source, list, from, target, to)) taker.propagateAs(...inStream(taker))
  }
  const list = findList(call, source)
  if (list === 'wrong-type') return
  if (list !== 'absent') return take(call, list)
  if (call.inTransaction) return call.reply.null()
  blockUntilTaken(call, [source], timeoutAtMs, (served) => {
    const found = served.db.get(source)
    if (!(found instanceof ListValue)) return false
    take(served, found)
    return true
  })
}

/** Takes one element as BLPOP tells it: the key, then the element. */
function popWithKey(call: Call, key: Bytes, list: ListValue, end: End): void {
  call.reply.array(2)
  call.reply.bulk(key)
  call.reply.bulk(popOne(call, key, list, end))
  call.propagateAs(end.popCommand, key)
}

/** Takes elements as LMPOP tells them: the key, then an array. */
function popSeveralWithKey(call: Call, key: Bytes, list: ListValue, end: End, count: number): void {
  call.reply.array(2)
  call.reply.bulk(key)
  const taken = popSeveral(call, key, list, end, count)
  call.propagateAs(end.popCommand, key, String(taken))
}

/** Takes from the first key that holds a list; true when that is done with, be it by an error. */
function takeFirst(
  call: Call,
  keys: readonly Bytes[],
  take: (taker: Call, key: Bytes, list: ListValue) => void,
): boolean {
  for (const key of keys) {
    const list = findList(call, key)
    if (list === 'absent') continue
    if (list !== 'wrong-type') take(call, key, list)
    return true
  }
  return false
}

function takeOrWait(
  call: Call,
  keys: readonly Bytes[],
  timeoutAt: number,
  take: (taker: Call, key: Bytes, list: ListValue) => void,
): void {
  const timeoutAtMs = timeoutOrReply(call, timeoutAt)
  if (timeoutAtMs === undefined || takeFirst(call, keys, take)) return
  if (call.inTransaction) return call.reply.nullArray()
  blockUntilTaken(call, keys, timeoutAtMs, (served, key) => {
    const list = served.db.get(key)
    if (!(list instanceof ListValue)) return false
    take(served, key, list)
    return true
  })
}

/** BLPOP, BRPOP: keys, then the timeout. */
function popOrWait(call: Call, end: End): void {
  const last = call.argv.length - 1
  takeOrWait(call, call.argv.slice(1, last), last, (taker, key, list) => popWithKey(taker, key, list, end))
}

/** LMPOP, BLMPOP: `numkeys key… LEFT|RIGHT [COUNT n]`, from `at` on. */
function popFromSeveral(call: Call, at: number, timeoutAt: number | undefined): void {
  const {argv, reply} = call
  const keyCount = rangedOrReply(call, at, 1, NUMKEYS_TOO_SMALL)
  if (keyCount === undefined) return
  const endAt = at + keyCount + 1
  if (endAt >= argv.length) return reply.error(SYNTAX_ERROR)
  const end = endOrReply(call, endAt)
  if (end === undefined) return
  const count = popCountOrReply(call, endAt + 1)
  if (count === undefined) return
  const keys = argv.slice(at + 1, endAt)
  const take = (taker: Call, key: Bytes, list: ListValue): void => popSeveralWithKey(taker, key, list, end, count)
  if (timeoutAt !== undefined) takeOrWait(call, keys, timeoutAt, take)
  else if (!takeFirst(call, keys, take)) reply.nullArray()
}

export const listEndHandlers: Handlers = {
  lpush: (call) => push(call, LEFT, false),
  rpush: (call) => push(call, RIGHT, false),
  lpushx: (call) => push(call, LEFT, true),
  rpushx: (call) => push(call, RIGHT, true),
  lpop: (call) => pop(call, LEFT),
  rpop: (call) => pop(call, RIGHT),
  rpoplpush: (call) => moveNow(call, RIGHT, LEFT),
  lmove: (call) => {
    const from = endOrReply(call, 3)
    if (from !== undefined) moveNow(call, from, endOrReply(call, 4))
  },
  brpoplpush: (call) => moveOrWait(call, RIGHT, LEFT, 3, ({argv}) => ['RPOPLPUSH', argv[1]!, argv[2]!]),
  blmove: (call) => {
    const from = endOrReply(call, 3)
    const to = from && endOrReply(call, 4)
    if (from === undefined || to === undefined) return
    moveOrWait(call, from, to, 5, ({argv}) => ['LMOVE', argv[1]!, argv[2]!, from.word, to.word])
  },
  blpop: (call) => popOrWait(call, LEFT),
  brpop: (call) => popOrWait(call, RIGHT),
  lmpop: (call) => popFromSeveral(call, 1, undefined),
  blmpop: (call) => popFromSeveral(call, 2, 1),
}
