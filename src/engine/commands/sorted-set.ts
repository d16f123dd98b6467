/** The sorted-set commands about single members; adding, ranges, popping and combining have files of their own. */
import {type Bytes} from '../ports.js'
import {formatDouble} from '../resp/numbers.js'
import {type Call, type CommandFamily, type Handlers} from '../server/call.js'
import {formatScore} from '../values/score-text.js'
import {type SortedSetValue} from '../values/sorted-set.js'
import {findSortedSet, readSortedSet, SYNTAX_ERROR} from './arguments.js'
import {drawCountOrReply, dropIfEmpty, isHalfRange, optionAt} from './collection.js'
import {cursorOrReply, replyEmptyScan, replyScan} from './collection-scan.js'
import {sortedSetAddHandlers} from './sorted-set-add.js'
import {sortedSetAlgebraHandlers} from './sorted-set-algebra.js'
import {sortedSetPopHandlers} from './sorted-set-pop.js'
import {sortedSetRangeHandlers} from './sorted-set-range.js'
import {replyDoubleOrNull, replyScored} from './sorted-set-reply.js'
import {sortedSetFacts} from './specs/sorted-set.js'

function zcard(call: Call): void {
  const set = readSortedSet(call, call.argv[1]!)
  if (set !== 'wrong-type') call.reply.integer(set === 'absent' ? 0 : set.size)
}

function zscore(call: Call): void {
  const set = readSortedSet(call, call.argv[1]!)
  if (set === 'wrong-type') return
  replyDoubleOrNull(call.reply, set === 'absent' ? undefined : set.score(call.argv[2]!))
}

function zmscore(call: Call): void {
  const {argv, reply} = call
  const set = readSortedSet(call, argv[1]!)
  if (set === 'wrong-type') return
  reply.array(argv.length - 2)
  for (let at = 2; at < argv.length; at++) {
    replyDoubleOrNull(reply, set === 'absent' ? undefined : set.score(argv[at]!))
  }
}

/** ZRANK, ZREVRANK. */
function tellRank(call: Call, reverse: boolean): void {
  const set = readSortedSet(call, call.argv[1]!)
  if (set === 'wrong-type') return
  const rank = set === 'absent' ? undefined : set.rank(call.argv[2]!, reverse)
  if (rank === undefined) call.reply.null()
  else call.reply.integer(rank)
}

function zrem(call: Call): void {
  const {argv, reply} = call
  const set = findSortedSet(call, argv[1]!)
  if (set === 'wrong-type') return
  if (set === 'absent') return reply.integer(0)
  let removed = 0
  for (let at = 2; at < argv.length && set.size > 0; at++) if (set.delete(argv[at]!)) removed++
  if (removed > 0) {
    call.changed('z', 'zrem', argv[1]!, removed)
    dropIfEmpty(call, argv[1]!, set)
  }
  reply.integer(removed)
}

function zrandmember(call: Call): void {
  const {argv, reply, server} = call
  if (argv.length === 2) return randomMember(call)
  const count = drawCountOrReply(call, 2)
  if (count === undefined) return
  const withScores = optionAt(argv, 3) === 'withscores'
  if (argv.length > 4 || (argv.length === 4 && !withScores)) return reply.error(SYNTAX_ERROR)
  if (withScores && !isHalfRange(call, 2)) return reply.error('ERR value is out of range')
  const set = readSortedSet(call, argv[1]!)
  if (set === 'wrong-type') return
  if (set === 'absent' || count === 0) return reply.array(0)
  if (count > 0) return replyScored(reply, set.randomMembers(server.rng, count), withScores)
  reply.array(withScores && reply.protocol === 2 ? -count * 2 : -count)
  for (let left = -count; left > 0; left--) {
    const {member, score} = set.randomMember(server.rng)
    if (withScores && reply.protocol === 3) reply.array(2)
    reply.bulk(member)
    if (withScores) reply.double(score)
  }
}

function randomMember(call: Call): void {
  const set = readSortedSet(call, call.argv[1]!)
  if (set === 'wrong-type') return
  if (set === 'absent') call.reply.null()
  else call.reply.bulk(set.randomMember(call.server.rng).member)
}

function zscan(call: Call): void {
  const cursor = cursorOrReply(call, 2)
  if (cursor === undefined) return
  const set = readSortedSet(call, call.argv[1]!)
  if (set === 'wrong-type') return
  if (set === 'absent') return replyEmptyScan(call)
  const isPacked = set.encoding === 'listpack'
  replyScan(call, cursor, 3, {owner: set, isPacked, start: () => (isPacked ? wordsInOrder(set) : words(set))})
}

/** Each member with its score as text. Live, like what it draws from. */
function* words(set: SortedSetValue): Generator<readonly Bytes[], void> {
  for (const [member, score] of set.entries()) yield [member, formatDouble(score)]
}

/** A listpack lies in the order of scores, and holds whole ones as integers. */
function* wordsInOrder(set: SortedSetValue): Generator<readonly Bytes[], void> {
  for (const {member, score} of set.rangeByRank(0, set.size - 1)) yield [member, formatScore(score)]
}

const memberHandlers: Handlers = {
  zcard,
  zscore,
  zmscore,
  zrank: (call) => tellRank(call, false),
  zrevrank: (call) => tellRank(call, true),
  zrem,
  zrandmember,
  zscan,
}

export const sortedSetFamily: CommandFamily = {
  group: 'sorted-set',
  facts: sortedSetFacts,
  handlers: {
    ...memberHandlers,
    ...sortedSetAddHandlers,
    ...sortedSetRangeHandlers,
    ...sortedSetPopHandlers,
    ...sortedSetAlgebraHandlers,
  },
}
