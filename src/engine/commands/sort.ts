/** SORT and SORT_RO: the elements of a list, set or sorted set in order, by themselves or by other keys. */
import {keySlot} from '../keyspace/key-slot.js'
import {parseDouble} from '../resp/numbers.js'
import {type Bytes} from '../ports.js'
import {type Call, type Handlers} from '../server/call.js'
import {ListValue} from '../values/list.js'
import {type SetValue} from '../values/set.js'
import {type SortedSetValue} from '../values/sorted-set.js'
import {stringBytes} from '../values/string.js'
import {integerOrReply, lookup, SYNTAX_ERROR, WRONG_TYPE} from './arguments.js'

const NOT_NUMBERS = "ERR One or more scores can't be converted into double"

interface SortOptions {
  descending: boolean
  alphabetic: boolean
  offset: number
  /** Negative: all. */
  count: number
  by: Bytes | undefined
  readonly gets: Bytes[]
  store: Bytes | undefined
}

/** How an element compares: by a number, or by a text that may be missing. */
interface Ranked {
  readonly element: Bytes
  readonly score: number
  readonly text: Bytes | undefined
}

function sort(call: Call, readOnly: boolean): void {
  const {argv, reply} = call
  const options = optionsOrReply(call, readOnly)
  if (options === undefined) return
  const value = lookup(call, argv[1]!)
  if (value !== undefined && (typeof value === 'string' || value.type === 'string' || value.type === 'hash')) {
    return reply.error(WRONG_TYPE)
  }
  const found = inOrder(call, value, options)
  if (found === undefined) return reply.error(NOT_NUMBERS)
  const elements = limited(found, options)
  if (options.store === undefined) replyElements(call, elements, options.gets)
  else storeElements(call, options.store, elements, options.gets)
}

function optionsOrReply(call: Call, readOnly: boolean): SortOptions | undefined {
  const {argv} = call
  const options: SortOptions = {
    descending: false,
    alphabetic: false,
    offset: 0,
    count: -1,
    by: undefined,
    gets: [],
    store: undefined,
  }
  for (let at = 2; at < argv.length;) {
    const next = parseOption(call, at, options, readOnly)
    if (next === undefined) return undefined
    at = next
  }
  if (options.store === undefined || !call.server.clusterEnabled) return options
  if (keySlot(options.store) === keySlot(argv[1]!)) return options
  call.reply.error("CROSSSLOT Keys in request don't hash to the same slot")
  return undefined
}

/** @returns where the next option begins; undefined when the error was sent */
function parseOption(call: Call, at: number, options: SortOptions, readOnly: boolean): number | undefined {
  const {argv, reply} = call
  const left = argv.length - at - 1
  switch (argv[at]!.toLowerCase()) {
    case 'asc':
      options.descending = false
      return at + 1
    case 'desc':
      options.descending = true
      return at + 1
    case 'alpha':
      options.alphabetic = true
      return at + 1
    case 'limit':
      return left >= 2 ? parseLimit(call, at, options) : syntaxError(call)
    case 'store':
      if (left < 1 || readOnly) return syntaxError(call)
      options.store = argv[at + 1]!
      return at + 2
    case 'by':
      if (left < 1) return syntaxError(call)
      if (call.server.clusterEnabled && argv[at + 1]!.includes('*')) {
        reply.error('ERR BY option of SORT denied in cluster mode.')
        return undefined
      }
      options.by = argv[at + 1]!
      return at + 2
    case 'get':
      if (left < 1) return syntaxError(call)
      if (call.server.clusterEnabled) {
        reply.error('ERR GET option of SORT denied in cluster mode.')
        return undefined
      }
      options.gets.push(argv[at + 1]!)
      return at + 2
    default:
      return syntaxError(call)
  }
}

function syntaxError({reply}: Call): undefined {
  reply.error(SYNTAX_ERROR)
}

function parseLimit(call: Call, at: number, options: SortOptions): number | undefined {
  const offset = integerOrReply(call, at + 1)
  const count = offset === undefined ? undefined : integerOrReply(call, at + 2)
  if (offset === undefined || count === undefined) return undefined
  options.offset = offset
  options.count = count
  return at + 3
}

type Sortable = ListValue | SetValue | SortedSetValue

/** All elements in the order asked for; undefined when one of them is no number and should be. */
function inOrder(call: Call, value: Sortable | undefined, options: SortOptions): Bytes[] | undefined {
  if (value === undefined) return []
  const {by, descending, store} = options
  const isConstant = by !== undefined && !by.includes('*')
  if (isConstant && value.type === 'set' && store !== undefined) {
    // A set has no order of its own, and what is stored must not depend on chance.
    return sorted(call, [...value.values()], {...options, by: undefined, alphabetic: true})
  }
  if (!isConstant) return sorted(call, elementsOf(value, false), options)
  return elementsOf(value, descending)
}

function elementsOf(value: Sortable, backwards: boolean): Bytes[] {
  if (value.type === 'list') return [...value.values(backwards)]
  if (value.type === 'set') return [...value.values()]
  return value.rangeByRank(0, -1 + value.size, backwards).map(({member}) => member)
}

function sorted(
  call: Call,
  elements: readonly Bytes[],
  {by, alphabetic, descending}: SortOptions,
): Bytes[] | undefined {
  const ranked: Ranked[] = []
  for (const element of elements) {
    const text = by === undefined ? element : resolve(call, by, element)
    const score = alphabetic || text === undefined ? 0 : parseScore(text)
    if (score === undefined) return undefined
    ranked.push({element, score, text})
  }
  const compare = alphabetic ? byText : byScore
  ranked.sort(descending ? (a, b) => -compare(a, b) : compare)
  return ranked.map(({element}) => element)
}

/** As strtod, which passes over blanks and takes nothing at all for 0. */
function parseScore(text: Bytes): number | undefined {
  if (text === '') return 0
  return parseDouble(text.replace(/^[ \t\n\v\f\r]+/, ''))
}

/** Equal scores are told apart by the elements, so that the result is always the same. */
function byScore(a: Ranked, b: Ranked): number {
  return a.score === b.score ? compareBytes(a.element, b.element) : a.score - b.score
}

/** What has no text comes first. */
function byText(a: Ranked, b: Ranked): number {
  if (a.text === undefined || b.text === undefined) return Number(a.text !== undefined) - Number(b.text !== undefined)
  return compareBytes(a.text, b.text)
}

function compareBytes(a: Bytes, b: Bytes): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** The part that LIMIT asks for; numbers out of range are brought into it. */
function limited(elements: Bytes[], {offset, count}: SortOptions): Bytes[] {
  const from = Math.min(Math.max(offset, 0), elements.length)
  return elements.slice(from, count < 0 ? undefined : from + count)
}

/**
 * The value that a pattern names for an element: `#` the element, `key_*` a string, `key_*->field` a field of a hash. Only the
 * first star counts. Source: Redis' lookupKeyByPattern.
 */
function resolve(call: Call, pattern: Bytes, element: Bytes): Bytes | undefined {
  if (pattern === '#') return element
  const star = pattern.indexOf('*')
  if (star < 0) return undefined
  const arrow = pattern.indexOf('->', star + 1)
  const hasField = arrow >= 0 && arrow + 2 < pattern.length
  const key = pattern.slice(0, star) + element + pattern.slice(star + 1, hasField ? arrow : undefined)
  const value = lookup(call, key)
  if (value === undefined) return undefined
  if (typeof value === 'string' || value.type === 'string') return hasField ? undefined : stringBytes(value)
  return hasField && value.type === 'hash' ? value.get(pattern.slice(arrow + 2)) : undefined
}

function replyElements(call: Call, elements: readonly Bytes[], gets: readonly Bytes[]): void {
  const {reply} = call
  if (gets.length === 0) return reply.bulks(elements)
  reply.array(elements.length * gets.length)
  for (const element of elements) for (const pattern of gets) reply.bulkOrNull(resolve(call, pattern, element))
}

/** An empty result deletes what was there. */
function storeElements(call: Call, target: Bytes, elements: readonly Bytes[], gets: readonly Bytes[]): void {
  const {db, reply, server} = call
  const list = new ListValue(server.encodingLimits)
  for (const element of elements) {
    if (gets.length === 0) list.pushTail(element)
    for (const pattern of gets) list.pushTail(resolve(call, pattern, element) ?? '')
  }
  const {size} = list
  if (size > 0) {
    db.set(target, list)
    call.changed('l', 'sortstore', target, size)
    server.blocking.signal(db, target)
  } else if (db.delete(target)) {
    call.changed('g', 'del', target)
  }
  reply.integer(size)
}

export const sortHandlers: Handlers = {
  sort: (call) => sort(call, false),
  sort_ro: (call) => sort(call, true),
}
