/** Ranges of a sorted set by rank, score or member: told, stored, counted, removed. */
import {type Bytes} from '../ports.js'
import {type Call, type Handlers} from '../server/call.js'
import {type ScoredMember, SortedSetValue} from '../values/sorted-set.js'
import {findSortedSet, integerOrReply, readSortedSet, SYNTAX_ERROR} from './arguments.js'
import {dropIfEmpty, optionAt, storeResult} from './collection.js'
import {lexRangeOrReply, scoreRangeOrReply} from './sorted-set-bounds.js'
import {replyScored} from './sorted-set-reply.js'

type RangeKind = 'rank' | 'score' | 'lex'

interface RangeQuery {
  /** Undefined: the options may say so (ZRANGE, ZRANGESTORE). */
  kind: RangeKind | undefined
  reverse: boolean | undefined
  withScores: boolean
  offset: number
  count: number
}

type Select = (set: SortedSetValue) => ScoredMember[]

const LIMIT_WITH_RANKS = 'ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX'
const SCORES_WITH_LEX = 'ERR syntax error, WITHSCORES not supported in combination with BYLEX'

/** Reads the options that follow the bounds; false when the error was sent. */
function readOptions(call: Call, from: number, query: RangeQuery, stores: boolean): boolean {
  const {argv, reply} = call
  for (let at = from; at < argv.length; at++) {
    const word = optionAt(argv, at)
    if (!stores && word === 'withscores') {
      query.withScores = true
    } else if (word === 'limit' && at + 2 < argv.length) {
      const offset = integerOrReply(call, at + 1)
      const count = offset === undefined ? undefined : integerOrReply(call, at + 2)
      if (offset === undefined || count === undefined) return false
      query.offset = offset
      query.count = count
      at += 2
    } else if (query.reverse === undefined && word === 'rev') {
      query.reverse = true
    } else if (query.kind === undefined && (word === 'byscore' || word === 'bylex')) {
      query.kind = word === 'byscore' ? 'score' : 'lex'
    } else {
      reply.error(SYNTAX_ERROR)
      return false
    }
  }
  return true
}

/** Turns the words `min max [options]` from `at` on into a selection; undefined: the error was sent. */
function selectionOrReply(call: Call, at: number, query: RangeQuery, stores: boolean): Select | undefined {
  if (!readOptions(call, at + 2, query, stores)) return undefined
  const {kind = 'rank', reverse = false, count, offset} = query
  if (count !== -1 && kind === 'rank') {
    call.reply.error(LIMIT_WITH_RANKS)
    return undefined
  }
  if (query.withScores && kind === 'lex') {
    call.reply.error(SCORES_WITH_LEX)
    return undefined
  }
  // Backwards, the higher bound comes first.
  const [minAt, maxAt] = reverse && kind !== 'rank' ? [at + 1, at] : [at, at + 1]
  if (kind === 'score') {
    const range = scoreRangeOrReply(call, minAt, maxAt)
    return range && ((set) => set.rangeByScore(range, reverse, offset, count))
  }
  if (kind === 'lex') {
    const range = lexRangeOrReply(call, minAt, maxAt)
    return range && ((set) => set.rangeByLex(range, reverse, offset, count))
  }
  const ranks = ranksOrReply(call, at)
  return ranks && ((set) => set.rangeByRank(fromStart(ranks[0], set.size), fromStart(ranks[1], set.size), reverse))
}

function ranksOrReply(call: Call, at: number): readonly [number, number] | undefined {
  const start = integerOrReply(call, at)
  const stop = start === undefined ? undefined : integerOrReply(call, at + 1)
  return start === undefined || stop === undefined ? undefined : [start, stop]
}

/** Negative ranks count from the end. */
function fromStart(rank: number, size: number): number {
  return rank < 0 ? rank + size : rank
}

function tellRange(call: Call, kind: RangeKind | undefined, reverse: boolean | undefined): void {
  const query: RangeQuery = {kind, reverse, withScores: false, offset: 0, count: -1}
  const select = selectionOrReply(call, 2, query, false)
  if (select === undefined) return
  const set = readSortedSet(call, call.argv[1]!)
  if (set === 'wrong-type') return
  if (set === 'absent') call.reply.array(0)
  else replyScored(call.reply, select(set), query.withScores)
}

function zrangestore(call: Call): void {
  const query: RangeQuery = {kind: undefined, reverse: undefined, withScores: false, offset: 0, count: -1}
  const select = selectionOrReply(call, 3, query, true)
  if (select === undefined) return
  const source = readSortedSet(call, call.argv[2]!)
  if (source === 'wrong-type') return
  const result = new SortedSetValue(call.server.encodingLimits)
  const selected = source === 'absent' ? [] : select(source)
  for (const {member, score} of selected) result.set(member, score)
  storeResult(call, call.argv[1]!, result, 'z', 'zrangestore')
}

/** ZCOUNT, ZLEXCOUNT. */
function tellCount(call: Call, count: ((set: SortedSetValue) => number) | undefined): void {
  if (count === undefined) return
  const set = readSortedSet(call, call.argv[1]!)
  if (set !== 'wrong-type') call.reply.integer(set === 'absent' ? 0 : count(set))
}

function zcount(call: Call): void {
  const range = scoreRangeOrReply(call, 2, 3)
  tellCount(call, range && ((set) => set.countByScore(range)))
}

function zlexcount(call: Call): void {
  const range = lexRangeOrReply(call, 2, 3)
  tellCount(call, range && ((set) => set.countByLex(range)))
}

/** ZREMRANGEBYRANK, -SCORE, -LEX. */
function removeRange(call: Call, event: string, remove: ((set: SortedSetValue) => number) | undefined): void {
  if (remove === undefined) return
  const key: Bytes = call.argv[1]!
  const set = findSortedSet(call, key)
  if (set === 'wrong-type') return
  const removed = set === 'absent' ? 0 : remove(set)
  if (removed > 0) {
    call.changed('z', event, key, removed)
    if (set !== 'absent') dropIfEmpty(call, key, set)
  }
  call.reply.integer(removed)
}

function zremrangebyrank(call: Call): void {
  const ranks = ranksOrReply(call, 2)
  removeRange(
    call,
    'zremrangebyrank',
    ranks && ((set) => set.removeRangeByRank(fromStart(ranks[0], set.size), fromStart(ranks[1], set.size))),
  )
}

function zremrangebyscore(call: Call): void {
  const range = scoreRangeOrReply(call, 2, 3)
  removeRange(call, 'zremrangebyscore', range && ((set) => set.removeRangeByScore(range)))
}

function zremrangebylex(call: Call): void {
  const range = lexRangeOrReply(call, 2, 3)
  removeRange(call, 'zremrangebylex', range && ((set) => set.removeRangeByLex(range)))
}

export const sortedSetRangeHandlers: Handlers = {
  zrange: (call) => tellRange(call, undefined, undefined),
  zrevrange: (call) => tellRange(call, 'rank', true),
  zrangebyscore: (call) => tellRange(call, 'score', false),
  zrevrangebyscore: (call) => tellRange(call, 'score', true),
  zrangebylex: (call) => tellRange(call, 'lex', false),
  zrevrangebylex: (call) => tellRange(call, 'lex', true),
  zrangestore,
  zcount,
  zlexcount,
  zremrangebyrank,
  zremrangebyscore,
  zremrangebylex,
}
