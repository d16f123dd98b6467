/** Searches around a place: GEOSEARCH, GEOSEARCHSTORE and the GEORADIUS family. */
import {type Bytes} from '../ports.js'
import {type Call, type Handlers} from '../server/call.js'
import {decodePoint, type GeoPoint} from '../values/geohash.js'
import {distanceInside, searchSpans} from '../values/geo-search.js'
import {SortedSetValue} from '../values/sorted-set.js'
import {readSortedSet} from './arguments.js'
import {deleteKey, storeResult} from './collection.js'
import {type GeoGrammar, type GeoQuery, geoQueryOrReply} from './geo-query.js'
import {replyDistance, replyPoint} from './geo-reply.js'

interface Match {
  readonly member: Bytes
  readonly score: number
  readonly point: GeoPoint
  readonly meters: number
}

function searchAround(call: Call, keyAt: number, grammar: GeoGrammar): void {
  const source = readSortedSet(call, call.argv[keyAt]!)
  if (source === 'wrong-type') return
  const query = geoQueryOrReply(call, grammar, source === 'absent' ? undefined : source)
  if (query === undefined) return
  if (source === 'absent') return replyNothing(call, query)
  const found = limited(matchesIn(source, query), query)
  if (query.target === undefined) return replyMatches(call, found, query)
  const event = grammar.form === 'search-store' ? 'geosearchstore' : 'georadiusstore'
  storeResult(call, query.target, asSortedSet(call, found, query), 'z', event)
}

function replyNothing(call: Call, {target}: GeoQuery): void {
  if (target === undefined) return call.reply.array(0)
  deleteKey(call, target)
  call.reply.integer(0)
}

/** In the order in which Redis comes across them: cell by cell, by score within; with ANY it stops as soon as there are enough. */
function matchesIn(source: SortedSetValue, query: GeoQuery): Match[] {
  const {center, measured, any, count} = query
  const found: Match[] = []
  if (center === undefined || measured === undefined) return found
  for (const {min, max} of searchSpans(center, measured.shape)) {
    for (const {member, score} of source.rangeByScore({min, max, minExclusive: false, maxExclusive: true})) {
      const point = decodePoint(score)
      const meters = distanceInside(center, measured.shape, point)
      if (meters === undefined) continue
      found.push({member, score, point, meters})
      if (any && found.length === count) return found
    }
  }
  return found
}

/** A count without an order means the nearest ones, unless any will do. */
function limited(found: Match[], {order, count, any}: GeoQuery): Match[] {
  if (order === 'desc') found.sort((a, b) => b.meters - a.meters)
  else if (order === 'asc' || (count > 0 && !any)) found.sort((a, b) => a.meters - b.meters)
  return count > 0 ? found.slice(0, count) : found
}

function replyMatches(call: Call, found: readonly Match[], query: GeoQuery): void {
  const {reply} = call
  const extras = Number(query.withDistance) + Number(query.withHash) + Number(query.withPoint)
  reply.array(found.length)
  for (const {member, score, point, meters} of found) {
    if (extras > 0) reply.array(extras + 1)
    reply.bulk(member)
    if (query.withDistance) replyDistance(reply, meters / query.measured!.metersPerUnit)
    if (query.withHash) reply.integer(Math.trunc(score) + 0)
    if (query.withPoint) replyPoint(reply, point)
  }
}

function asSortedSet(call: Call, found: readonly Match[], query: GeoQuery): SortedSetValue {
  const result = new SortedSetValue(call.server.encodingLimits)
  for (const {member, score, meters} of found) {
    result.set(member, query.storesDistance ? meters / query.measured!.metersPerUnit : score)
  }
  return result
}

export const geoSearchHandlers: Handlers = {
  georadius: (call) => searchAround(call, 1, {form: 'coordinates', mayStore: true}),
  georadius_ro: (call) => searchAround(call, 1, {form: 'coordinates', mayStore: false}),
  georadiusbymember: (call) => searchAround(call, 1, {form: 'member', mayStore: true}),
  georadiusbymember_ro: (call) => searchAround(call, 1, {form: 'member', mayStore: false}),
  geosearch: (call) => searchAround(call, 1, {form: 'search', mayStore: false}),
  geosearchstore: (call) => searchAround(call, 2, {form: 'search-store', mayStore: true}),
}
