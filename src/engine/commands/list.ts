/** The list commands: those that look inside a list are here, those at its ends in list-ends. */
import {type Bytes} from '../ports.js'
import {INT64_MIN, parseInteger} from '../resp/numbers.js'
import {type Call, type CommandFamily, type Handlers} from '../server/call.js'
import {findList, integerOrReply, NO_SUCH_KEY, NOT_AN_INTEGER, readList, SYNTAX_ERROR} from './arguments.js'
import {dropIfEmpty, optionAt, rangedOrReply} from './collection.js'
import {listEndHandlers} from './list-ends.js'
import {listFacts} from './specs/list.js'

/** Negative indexes count from the end. */
function fromStart(index: number, size: number): number {
  return index < 0 ? index + size : index
}

function llen(call: Call): void {
  const list = readList(call, call.argv[1]!)
  if (list !== 'wrong-type') call.reply.integer(list === 'absent' ? 0 : list.size)
}

function lindex(call: Call): void {
  const list = readList(call, call.argv[1]!)
  if (list === 'wrong-type') return
  if (list === 'absent') return call.reply.null()
  const index = integerOrReply(call, 2)
  if (index !== undefined) call.reply.bulkOrNull(list.at(fromStart(index, list.size)))
}

function lrange(call: Call): void {
  const start = integerOrReply(call, 2)
  const stop = start === undefined ? undefined : integerOrReply(call, 3)
  if (start === undefined || stop === undefined) return
  const list = readList(call, call.argv[1]!)
  if (list === 'wrong-type') return
  if (list === 'absent') return call.reply.array(0)
  call.reply.bulks(list.range(fromStart(start, list.size), fromStart(stop, list.size)))
}

function lset(call: Call): void {
  const {argv, reply} = call
  const list = findList(call, argv[1]!)
  if (list === 'wrong-type') return
  if (list === 'absent') return reply.error(NO_SUCH_KEY)
  const index = integerOrReply(call, 2)
  if (index === undefined) return
  if (!list.set(fromStart(index, list.size), argv[3]!)) return reply.error('ERR index out of range')
  call.changed('l', 'lset', argv[1]!)
  reply.ok()
}

function linsert(call: Call): void {
  const {argv, reply} = call
  const where = optionAt(argv, 2)
  if (where !== 'before' && where !== 'after') return reply.error(SYNTAX_ERROR)
  const list = findList(call, argv[1]!)
  if (list === 'wrong-type') return
  if (list === 'absent') return reply.integer(0)
  if (!list.insert(argv[3]!, argv[4]!, where)) return reply.integer(-1)
  call.changed('l', 'linsert', argv[1]!)
  reply.integer(list.size)
}

function lrem(call: Call): void {
  const {argv, reply} = call
  const count = integerOrReply(call, 2)
  if (count === undefined) return
  const list = findList(call, argv[1]!)
  if (list === 'wrong-type') return
  if (list === 'absent') return reply.integer(0)
  const removed = list.removeMatching(count, argv[3]!)
  if (removed > 0) {
    call.changed('l', 'lrem', argv[1]!, removed)
    dropIfEmpty(call, argv[1]!, list)
  }
  reply.integer(removed)
}

function ltrim(call: Call): void {
  const {argv, reply} = call
  const start = integerOrReply(call, 2)
  const stop = start === undefined ? undefined : integerOrReply(call, 3)
  if (start === undefined || stop === undefined) return
  const list = findList(call, argv[1]!)
  if (list === 'wrong-type') return
  if (list === 'absent') return reply.ok()
  const before = list.size
  list.trim(fromStart(start, before), fromStart(stop, before))
  call.changed('l', 'ltrim', argv[1]!, before - list.size)
  dropIfEmpty(call, argv[1]!, list)
  reply.ok()
}

interface Search {
  rank: number
  /** Undefined: one match, not in an array. */
  count: number | undefined
  maxLength: number
}

const RANK_ZERO =
  "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list"

function rankOrReply(call: Call, at: number): number | undefined {
  const large = parseInteger(call.argv[at]!)
  if (large === undefined) call.reply.error(NOT_AN_INTEGER)
  else if (large === 0n) call.reply.error(RANK_ZERO)
  // The lowest number has no opposite: Redis then stops at the first match from the tail.
  else return large === INT64_MIN ? -1 : Number(large)
  return undefined
}

function searchOrReply(call: Call): Search | undefined {
  const search: Search = {rank: 1, count: undefined, maxLength: 0}
  for (let at = 3; at < call.argv.length; at += 2) {
    const option = at + 1 < call.argv.length ? optionAt(call.argv, at) : ''
    if (option === 'rank') {
      const rank = rankOrReply(call, at + 1)
      if (rank === undefined) return undefined
      search.rank = rank
    } else if (option === 'count') {
      const count = rangedOrReply(call, at + 1, 0, "ERR COUNT can't be negative")
      if (count === undefined) return undefined
      search.count = count
    } else if (option === 'maxlen') {
      const maxLength = rangedOrReply(call, at + 1, 0, "ERR MAXLEN can't be negative")
      if (maxLength === undefined) return undefined
      search.maxLength = maxLength
    } else {
      call.reply.error(SYNTAX_ERROR)
      return undefined
    }
  }
  return search
}

function lpos(call: Call): void {
  const {argv, reply} = call
  const search = searchOrReply(call)
  if (search === undefined) return
  const list = readList(call, argv[1]!)
  if (list === 'wrong-type') return
  const element: Bytes = argv[2]!
  const found = list === 'absent' ? [] : list.positions(element, search.rank, search.count ?? 1, search.maxLength)
  if (search.count !== undefined) {
    reply.array(found.length)
    for (const position of found) reply.integer(position)
  } else if (found.length === 0) {
    reply.null()
  } else {
    reply.integer(found[0]!)
  }
}

const insideHandlers: Handlers = {llen, lindex, lrange, lset, linsert, lrem, ltrim, lpos}

export const listFamily: CommandFamily = {
  group: 'list',
  facts: listFacts,
  handlers: {...insideHandlers, ...listEndHandlers},
}
