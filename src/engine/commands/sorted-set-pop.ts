/** The lowest and the highest of a sorted set taken out, of several keys and blocking too. */
import {type Bytes} from '../ports.js'
import {type Call, type Handlers} from '../server/call.js'
import {type ScoredMember, SortedSetValue} from '../values/sorted-set.js'
import {findSortedSet, SYNTAX_ERROR} from './arguments.js'
import {blockUntilTaken, timeoutOrReply} from './blocking-call.js'
import {
  dropIfEmpty,
  NUMKEYS_TOO_SMALL,
  optionAt,
  popCountOrReply,
  positiveOrReply,
  rangedOrReply,
} from './collection.js'
import {replyPairs, replyScored} from './sorted-set-reply.js'

type Side = 'min' | 'max'
type Take = (taker: Call, key: Bytes, set: SortedSetValue) => void

function popFrom(call: Call, key: Bytes, set: SortedSetValue, side: Side, count: number): ScoredMember[] {
  const taken = side === 'min' ? set.popMin(count) : set.popMax(count)
  call.changed('z', `zpop${side}`, key, taken.length)
  dropIfEmpty(call, key, set)
  return taken
}

/** ZPOPMIN, ZPOPMAX. */
function pop(call: Call, side: Side): void {
  const {argv, reply} = call
  if (argv.length > 3) return reply.error(SYNTAX_ERROR)
  const count = argv.length === 3 ? positiveOrReply(call, 2) : undefined
  if (argv.length === 3 && count === undefined) return
  const key = argv[1]!
  const set = findSortedSet(call, key)
  if (set === 'wrong-type') return
  if (set === 'absent' || count === 0) return reply.array(0)
  const taken = popFrom(call, key, set, side, count ?? 1)
  if (count !== undefined) return replyScored(reply, taken, true)
  reply.array(2)
  reply.bulk(taken[0]!.member)
  reply.double(taken[0]!.score)
}

/** As BZPOPMIN tells it: key, member, score. */
function popWithKey(call: Call, key: Bytes, set: SortedSetValue, side: Side): void {
  const [taken] = popFrom(call, key, set, side, 1)
  call.reply.array(3)
  call.reply.bulk(key)
  call.reply.bulk(taken!.member)
  call.reply.double(taken!.score)
  call.propagateAs(commandOf(side), key)
}

/** As ZMPOP tells it: the key, then pairs. */
function popSeveralWithKey(call: Call, key: Bytes, set: SortedSetValue, side: Side, count: number): void {
  const taken = popFrom(call, key, set, side, count)
  call.reply.array(2)
  call.reply.bulk(key)
  replyPairs(call.reply, taken)
  call.propagateAs(commandOf(side), key, String(taken.length))
}

function commandOf(side: Side): string {
  return side === 'min' ? 'ZPOPMIN' : 'ZPOPMAX'
}

/** Takes from the first key that holds a sorted set; true when that is done with, be it by an error. */
function takeFirst(call: Call, keys: readonly Bytes[], take: Take): boolean {
  for (const key of keys) {
    const set = findSortedSet(call, key)
    if (set === 'absent') continue
    if (set !== 'wrong-type') take(call, key, set)
    return true
  }
  return false
}

function takeOrWait(call: Call, keys: readonly Bytes[], timeoutAt: number, take: Take): void {
  const timeoutAtMs = timeoutOrReply(call, timeoutAt)
  if (timeoutAtMs === undefined || takeFirst(call, keys, take)) return
  if (call.inTransaction) return call.reply.nullArray()
  blockUntilTaken(call, keys, timeoutAtMs, (served, key) => {
    const set = served.db.get(key)
    if (!(set instanceof SortedSetValue)) return false
    take(served, key, set)
    return true
  })
}

/** BZPOPMIN, BZPOPMAX: keys, then the timeout. */
function popOrWait(call: Call, side: Side): void {
  const last = call.argv.length - 1
  takeOrWait(call, call.argv.slice(1, last), last, (taker, key, set) => popWithKey(taker, key, set, side))
}

/** ZMPOP, BZMPOP: `numkeys key… MIN|MAX [COUNT n]`, from `at` on. */
function popFromSeveral(call: Call, at: number, timeoutAt: number | undefined): void {
  const {argv, reply} = call
  const keyCount = rangedOrReply(call, at, 1, NUMKEYS_TOO_SMALL)
  if (keyCount === undefined) return
  const sideAt = at + keyCount + 1
  const side = optionAt(argv, sideAt)
  if (side !== 'min' && side !== 'max') return reply.error(SYNTAX_ERROR)
  const count = popCountOrReply(call, sideAt + 1)
  if (count === undefined) return
  const keys = argv.slice(at + 1, sideAt)
  const take: Take = (taker, key, set) => popSeveralWithKey(taker, key, set, side, count)
  if (timeoutAt !== undefined) takeOrWait(call, keys, timeoutAt, take)
  else if (!takeFirst(call, keys, take)) reply.nullArray()
}

export const sortedSetPopHandlers: Handlers = {
  zpopmin: (call) => pop(call, 'min'),
  zpopmax: (call) => pop(call, 'max'),
  bzpopmin: (call) => popOrWait(call, 'min'),
  bzpopmax: (call) => popOrWait(call, 'max'),
  zmpop: (call) => popFromSeveral(call, 1, undefined),
  bzmpop: (call) => popFromSeveral(call, 2, 1),
}
