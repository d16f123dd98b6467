/** The words of GEOSEARCH, GEOSEARCHSTORE and the GEORADIUS family, read into one query. */
import {type Bytes} from '../ports.js'
import {type Call} from '../server/call.js'
import {decodePoint, type GeoPoint} from '../values/geohash.js'
import {type SortedSetValue} from '../values/sorted-set.js'
import {integerOrReply, SYNTAX_ERROR} from './arguments.js'
import {boxOrReply, circleOrReply, type MeasuredShape, pointOrReply} from './geo-arguments.js'
import {optionAt} from './collection.js'

/** `coordinates`, `member`: GEORADIUS and GEORADIUSBYMEMBER, which say the center first. */
export type GeoForm = 'coordinates' | 'member' | 'search' | 'search-store'

export interface GeoGrammar {
  readonly form: GeoForm
  /** GEORADIUS_RO and GEORADIUSBYMEMBER_RO know no STORE. */
  readonly mayStore: boolean
}

export interface GeoQuery {
  center: GeoPoint | undefined
  measured: MeasuredShape | undefined
  withDistance: boolean
  withHash: boolean
  withPoint: boolean
  order: 'none' | 'asc' | 'desc'
  /** 0: all. */
  count: number
  any: boolean
  target: Bytes | undefined
  storesDistance: boolean
}

/** What the search has besides its result: which of the two questions have been answered. */
interface Progress {
  from: 'member' | 'point' | undefined
  by: 'radius' | 'box' | undefined
}

/** Words before the options. */
const BASE_WORDS: Readonly<Record<GeoForm, number>> = {coordinates: 6, member: 5, search: 2, 'search-store': 3}

/**
 * Reads all words; undefined when the error was sent. Without a `source` there is no member to start from, which only matters
 * once all words are known to be right.
 */
export function geoQueryOrReply(
  call: Call,
  grammar: GeoGrammar,
  source: SortedSetValue | undefined,
): GeoQuery | undefined {
  const query: GeoQuery = {
    center: undefined,
    measured: undefined,
    withDistance: false,
    withHash: false,
    withPoint: false,
    order: 'none',
    count: 0,
    any: false,
    target: grammar.form === 'search-store' ? call.argv[1]! : undefined,
    storesDistance: false,
  }
  const progress: Progress = {from: undefined, by: undefined}
  if (!readBase(call, grammar.form, source, query)) return undefined
  for (let at = BASE_WORDS[grammar.form]; at < call.argv.length;) {
    const used = readFlag(call, at, query) || readOption(call, at, grammar, query, progress, source)
    if (used === 0) call.reply.error(SYNTAX_ERROR)
    if (used <= 0) return undefined
    at += used
  }
  const error = contradiction(call, grammar.form, query, progress)
  if (error === undefined) return query
  call.reply.error(error)
  return undefined
}

/** The center and radius that GEORADIUS has in fixed places. */
function readBase(call: Call, form: GeoForm, source: SortedSetValue | undefined, query: GeoQuery): boolean {
  if (form === 'search' || form === 'search-store') return true
  if (form === 'coordinates') {
    query.center = pointOrReply(call, 2)
    query.measured = query.center && circleOrReply(call, 4)
    return query.measured !== undefined
  }
  if (source === undefined) return true
  query.center = memberPointOrReply(call, 2, source)
  query.measured = query.center && circleOrReply(call, 3)
  return query.measured !== undefined
}

function memberPointOrReply(call: Call, at: number, source: SortedSetValue): GeoPoint | undefined {
  const score = source.score(call.argv[at]!)
  if (score !== undefined) return decodePoint(score)
  call.reply.error('ERR could not decode requested zset member')
  return undefined
}

/** Options of one word; 1 when it was one, else 0. */
function readFlag(call: Call, at: number, query: GeoQuery): number {
  switch (optionAt(call.argv, at)) {
    case 'withdist':
      query.withDistance = true
      return 1
    case 'withhash':
      query.withHash = true
      return 1
    case 'withcoord':
      query.withPoint = true
      return 1
    case 'any':
      query.any = true
      return 1
    case 'asc':
      query.order = 'asc'
      return 1
    case 'desc':
      query.order = 'desc'
      return 1
    default:
      return 0
  }
}

/** Options of several words: how many were used; 0 for a syntax error, -1 when an error was sent. */
function readOption(
  call: Call,
  at: number,
  {form, mayStore}: GeoGrammar,
  query: GeoQuery,
  progress: Progress,
  source: SortedSetValue | undefined,
): number {
  const word = optionAt(call.argv, at)
  const following = call.argv.length - at - 1
  if (word === 'count' && following >= 1) return readCount(call, at, query)
  if (form === 'search' || form === 'search-store') {
    if (word === 'storedist' && form === 'search-store') {
      query.storesDistance = true
      return 1
    }
    return readSearchOption(call, at, query, progress, source)
  }
  if (mayStore && following >= 1 && (word === 'store' || word === 'storedist')) {
    query.target = call.argv[at + 1]!
    query.storesDistance = word === 'storedist'
    return 2
  }
  return 0
}

function readCount(call: Call, at: number, query: GeoQuery): number {
  const count = integerOrReply(call, at + 1)
  if (count === undefined) return -1
  if (count <= 0) {
    call.reply.error('ERR COUNT must be > 0')
    return -1
  }
  query.count = count
  return 2
}

/** FROMMEMBER, FROMLONLAT, BYRADIUS, BYBOX: one of each pair. */
function readSearchOption(
  call: Call,
  at: number,
  query: GeoQuery,
  progress: Progress,
  source: SortedSetValue | undefined,
): number {
  const word = optionAt(call.argv, at)
  const following = call.argv.length - at - 1
  if (word === 'frommember' && following >= 1 && progress.from !== 'point') {
    progress.from = 'member'
    if (source === undefined) return 2
    query.center = memberPointOrReply(call, at + 1, source)
    return query.center === undefined ? -1 : 2
  }
  if (word === 'fromlonlat' && following >= 2 && progress.from !== 'member') {
    progress.from = 'point'
    query.center = pointOrReply(call, at + 1)
    return query.center === undefined ? -1 : 3
  }
  if (word === 'byradius' && following >= 2 && progress.by !== 'box') {
    progress.by = 'radius'
    query.measured = circleOrReply(call, at + 1)
    return query.measured === undefined ? -1 : 3
  }
  if (word === 'bybox' && following >= 3 && progress.by !== 'radius') {
    progress.by = 'box'
    query.measured = boxOrReply(call, at + 1)
    return query.measured === undefined ? -1 : 4
  }
  return 0
}

function contradiction(call: Call, form: GeoForm, query: GeoQuery, {from, by}: Progress): string | undefined {
  if (query.target !== undefined && (query.withDistance || query.withHash || query.withPoint)) {
    const who = form === 'search-store' ? 'GEOSEARCHSTORE' : 'STORE option in GEORADIUS'
    return `ERR ${who} is not compatible with WITHDIST, WITHHASH and WITHCOORD options`
  }
  const name = call.argv[0]!
  const isSearch = form === 'search' || form === 'search-store'
  if (isSearch && from === undefined) {
    return `ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for ${name}`
  }
  if (isSearch && by === undefined) return `ERR exactly one of BYRADIUS and BYBOX can be specified for ${name}`
  return query.any && query.count === 0 ? 'ERR the ANY argument requires COUNT argument' : undefined
}
