/** The set commands; those that combine several sets are in set-algebra. */
import {type Bytes} from '../ports.js'
import {type Call, type CommandFamily, type Handlers} from '../server/call.js'
import {SetValue} from '../values/set.js'
import {findSet, readSet, SYNTAX_ERROR} from './arguments.js'
import {addKey, drawCountOrReply, dropIfEmpty, positiveOrReply} from './collection.js'
import {cursorOrReply, replyEmptyScan, replyScan} from './collection-scan.js'
import {replySet, setAlgebraHandlers} from './set-algebra.js'
import {setFacts} from './specs/set.js'

/** A new set, which must get its first member at once. */
function addSet(call: Call, key: Bytes): SetValue {
  const made = new SetValue(call.server.encodingLimits)
  addKey(call, key, made)
  return made
}

function sadd(call: Call): void {
  const {argv, reply} = call
  const found = findSet(call, argv[1]!)
  if (found === 'wrong-type') return
  const set = found === 'absent' ? addSet(call, argv[1]!) : found
  let added = 0
  for (let at = 2; at < argv.length; at++) if (set.add(argv[at]!)) added++
  if (added > 0) call.changed('s', 'sadd', argv[1]!, added)
  reply.integer(added)
}

function srem(call: Call): void {
  const {argv, reply} = call
  const set = findSet(call, argv[1]!)
  if (set === 'wrong-type') return
  if (set === 'absent') return reply.integer(0)
  let removed = 0
  for (let at = 2; at < argv.length && set.size > 0; at++) if (set.delete(argv[at]!)) removed++
  if (removed > 0) {
    call.changed('s', 'srem', argv[1]!, removed)
    dropIfEmpty(call, argv[1]!, set)
  }
  reply.integer(removed)
}

function smove(call: Call): void {
  const {argv, reply} = call
  const [, source, target, member] = argv as [Bytes, Bytes, Bytes, Bytes]
  const from = findSet(call, source)
  if (from === 'wrong-type') return
  if (from === 'absent') return reply.integer(0)
  const to = findSet(call, target)
  if (to === 'wrong-type') return
  if (from === to) return reply.integer(from.has(member) ? 1 : 0)
  if (!from.delete(member)) return reply.integer(0)
  call.changed('s', 'srem', source)
  dropIfEmpty(call, source, from)
  if ((to === 'absent' ? addSet(call, target) : to).add(member)) call.changed('s', 'sadd', target)
  reply.integer(1)
}

function sismember(call: Call): void {
  const set = readSet(call, call.argv[1]!)
  if (set !== 'wrong-type') call.reply.integer(set !== 'absent' && set.has(call.argv[2]!) ? 1 : 0)
}

function smismember(call: Call): void {
  const {argv, reply} = call
  const set = readSet(call, argv[1]!)
  if (set === 'wrong-type') return
  reply.array(argv.length - 2)
  for (let at = 2; at < argv.length; at++) reply.integer(set !== 'absent' && set.has(argv[at]!) ? 1 : 0)
}

function scard(call: Call): void {
  const set = readSet(call, call.argv[1]!)
  if (set !== 'wrong-type') call.reply.integer(set === 'absent' ? 0 : set.size)
}

function smembers(call: Call): void {
  const set = readSet(call, call.argv[1]!)
  if (set === 'wrong-type') return
  if (set === 'absent') call.reply.set(0)
  else replySet(call, set)
}

function spop(call: Call): void {
  const {argv, reply} = call
  if (argv.length > 3) return reply.error(SYNTAX_ERROR)
  if (argv.length === 3) return popSeveral(call)
  const key = argv[1]!
  const set = findSet(call, key)
  if (set === 'wrong-type') return
  if (set === 'absent') return reply.null()
  const member = set.popRandom(call.server.rng)
  call.changed('s', 'spop', key)
  call.propagateAs('SREM', key, member)
  reply.bulk(member)
  dropIfEmpty(call, key, set)
}

/** SPOP with a count. What chance chose is spelled out in the stream. */
function popSeveral(call: Call): void {
  const {argv, reply, server} = call
  const count = positiveOrReply(call, 2)
  if (count === undefined) return
  const key = argv[1]!
  const set = findSet(call, key)
  if (set === 'wrong-type') return
  if (set === 'absent' || count === 0) return reply.set(0)
  call.changed('s', 'spop', key, Math.min(count, set.size))
  if (count >= set.size) {
    replySet(call, set)
    call.db.delete(key)
    server.notify('g', 'del', key, call.db.index)
    return call.propagateAs('DEL', key)
  }
  call.propagateNothing()
  reply.set(count)
  for (let left = count; left > 0; left--) {
    const member = set.popRandom(server.rng)
    reply.bulk(member)
    if (server.propagation.isActive) call.propagateAlso('SREM', key, member)
  }
}

function srandmember(call: Call): void {
  const {argv, reply, server} = call
  if (argv.length > 3) return reply.error(SYNTAX_ERROR)
  const count = argv.length === 3 ? drawCountOrReply(call, 2) : undefined
  if (argv.length === 3 && count === undefined) return
  const set = readSet(call, argv[1]!)
  if (set === 'wrong-type') return
  if (count === undefined) {
    if (set === 'absent') reply.null()
    else reply.bulk(set.randomMember(server.rng))
    return
  }
  if (set === 'absent' || count === 0) return reply.array(0)
  if (count > 0) return reply.bulks(set.randomMembers(server.rng, count))
  reply.array(-count)
  for (let left = -count; left > 0; left--) reply.bulk(set.randomMember(server.rng))
}

function sscan(call: Call): void {
  const cursor = cursorOrReply(call, 2)
  if (cursor === undefined) return
  const set = readSet(call, call.argv[1]!)
  if (set === 'wrong-type') return
  if (set === 'absent') return replyEmptyScan(call)
  replyScan(call, cursor, 3, {owner: set, isPacked: set.encoding === 'intset', start: () => words(set)})
}

/** Each member as the words that SSCAN tells of it. Live, like what it draws from. */
function* words(set: SetValue): Generator<readonly Bytes[], void> {
  for (const member of set.values()) yield [member]
}

const handlers: Handlers = {
  sadd,
  srem,
  smove,
  sismember,
  smismember,
  scard,
  smembers,
  spop,
  srandmember,
  sscan,
}

export const setFamily: CommandFamily = {
  group: 'set',
  facts: setFacts,
  handlers: {...handlers, ...setAlgebraHandlers},
}
