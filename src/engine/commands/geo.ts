/** The geo commands: places kept as scores of a sorted set. Searches are in geo-radius. */
import {type Bytes} from '../ports.js'
import {type Call, type CommandFamily, type Handlers} from '../server/call.js'
import {decodePoint, distanceMeters, encodePoint, geohashText} from '../values/geohash.js'
import {readSortedSet, SYNTAX_ERROR} from './arguments.js'
import {optionAt} from './collection.js'
import {pointOrReply, unitOrReply} from './geo-arguments.js'
import {geoSearchHandlers} from './geo-radius.js'
import {replyDistance, replyPoint} from './geo-reply.js'
import {zadd} from './sorted-set-add.js'
import {geoFacts} from './specs/geo.js'

/** Becomes a ZADD, in the stream too. */
function geoadd(call: Call): void {
  const words = addWordsOrReply(call)
  if (words === undefined) return
  const asSent = call.argv
  const dirtyBefore = call.server.dirty
  call.argv = words
  zadd(call)
  call.argv = asSent
  if (call.server.dirty !== dirtyBefore) call.propagateAs(...words)
}

function addWordsOrReply(call: Call): Bytes[] | undefined {
  const {argv} = call
  let from = 2
  while (['nx', 'xx', 'ch'].includes(optionAt(argv, from))) from++
  const options = argv.slice(2, from).map((word) => word.toLowerCase())
  if ((argv.length - from) % 3 !== 0 || (options.includes('nx') && options.includes('xx'))) {
    call.reply.error(SYNTAX_ERROR)
    return undefined
  }
  const words = ['zadd', ...argv.slice(1, from)]
  for (let at = from; at < argv.length; at += 3) {
    const point = pointOrReply(call, at)
    if (point === undefined) return undefined
    words.push(String(encodePoint(point)), argv[at + 2]!)
  }
  return words
}

function geohash(call: Call): void {
  const {argv, reply} = call
  const set = readSortedSet(call, argv[1]!)
  if (set === 'wrong-type') return
  reply.array(argv.length - 2)
  for (const member of argv.slice(2)) {
    const score = set === 'absent' ? undefined : set.score(member)
    reply.bulkOrNull(score === undefined ? undefined : geohashText(score))
  }
}

function geopos(call: Call): void {
  const {argv, reply} = call
  const set = readSortedSet(call, argv[1]!)
  if (set === 'wrong-type') return
  reply.array(argv.length - 2)
  for (const member of argv.slice(2)) {
    const score = set === 'absent' ? undefined : set.score(member)
    if (score === undefined) reply.nullArray()
    else replyPoint(reply, decodePoint(score))
  }
}

function geodist(call: Call): void {
  const {argv, reply} = call
  if (argv.length > 5) return reply.error(SYNTAX_ERROR)
  const metersPerUnit = argv.length === 5 ? unitOrReply(call, argv[4]!) : 1
  if (metersPerUnit === undefined) return
  const set = readSortedSet(call, argv[1]!)
  if (set === 'wrong-type') return
  const from = set === 'absent' ? undefined : set.score(argv[2]!)
  const to = set === 'absent' ? undefined : set.score(argv[3]!)
  if (from === undefined || to === undefined) return reply.null()
  replyDistance(reply, distanceMeters(decodePoint(from), decodePoint(to)) / metersPerUnit)
}

const placeHandlers: Handlers = {geoadd, geohash, geopos, geodist}

export const geoFamily: CommandFamily = {
  group: 'geo',
  facts: geoFacts,
  handlers: {...placeHandlers, ...geoSearchHandlers},
}
