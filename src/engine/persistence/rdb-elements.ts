/** Collections of an RDB file that are stored element by element: each may be longer than what has been read of the file. */
import {type Bytes} from '../ports.js'
import {type EncodingLimits} from '../values/encoding-limits.js'
import {HashValue} from '../values/hash.js'
import {ListValue} from '../values/list.js'
import {parseScore} from '../values/score-text.js'
import {SetValue} from '../values/set.js'
import {SortedSetValue} from '../values/sorted-set.js'
import {type Value} from '../values/value.js'
import {decodeListpack} from './listpack.js'
import {LIST_CONTAINER, VALUE_TYPE} from './rdb-format.js'
import {type RdbInput} from './rdb-input.js'
import {decodeZiplist} from './ziplist.js'

/** A collection in the making. */
export interface ElementReader {
  /** Worth nothing before the last element is in it. */
  value: Value
  /** Elements that are still to come. */
  left: number
  /** Takes in one more; with a failure of the input it has taken none. */
  readOne(input: RdbInput): void
}

type Unpack = (bytes: Uint8Array) => Bytes[] | undefined
type ReadScore = (input: RdbInput) => number
type Begin = (input: RdbInput, limits: EncodingLimits) => ElementReader

/** What a Map or a Set of V8 can hold: one more would throw. */
const MOST_ELEMENTS = 2 ** 24

const TEXT_NAN = 253
const TEXT_INFINITY = 254
const TEXT_MINUS_INFINITY = 255

export function hasElements(type: number): boolean {
  return BEGINNINGS.has(type)
}

/** Reads how many elements there are; undefined when a value of this type has none of its own. */
export function beginElements(input: RdbInput, type: number, limits: EncodingLimits): ElementReader | undefined {
  return BEGINNINGS.get(type)?.(input, limits)
}

/** The elements of a packed structure. */
export function unpacked(input: RdbInput, unpack: Unpack): Bytes[] {
  const bytes = input.blob()
  if (input.failure !== undefined) return []
  const items = unpack(bytes)
  if (items === undefined) input.fail('corrupt')
  return items ?? []
}

export function addScored(input: RdbInput, set: SortedSetValue, member: Bytes, score: number): void {
  if (Number.isNaN(score) || !set.set(member, score)) input.fail('corrupt')
}

function reader(value: Value, left: number, take: (input: RdbInput) => void): ElementReader {
  return {
    value,
    left,
    readOne(input) {
      take(input)
      if (input.failure === undefined) this.left--
    },
  }
}

function beginList(input: RdbInput, limits: EncodingLimits): ElementReader {
  const list = new ListValue(limits)
  return reader(list, input.length(), (from) => {
    const item = from.string()
    if (from.failure === undefined) list.pushTail(item)
  })
}

function beginNodes(readNode: (input: RdbInput) => Bytes[]): Begin {
  return (input, limits) => {
    const list = new ListValue(limits)
    return reader(list, input.length(), (from) => {
      const items = readNode(from)
      if (from.failure === undefined) list.appendNode(items)
    })
  }
}

function readContainer(input: RdbInput): Bytes[] {
  const container = input.length()
  if (container === LIST_CONTAINER.plain) return [input.string()]
  if (container === LIST_CONTAINER.packed) return unpacked(input, decodeListpack)
  input.fail('corrupt')
  return []
}

function beginSet(input: RdbInput, limits: EncodingLimits): ElementReader {
  const set = new SetValue(limits)
  return reader(set, elementCount(input), (from) => {
    const member = from.string()
    if (from.failure === undefined && !set.add(member)) from.fail('corrupt')
  })
}

function beginHash(input: RdbInput, limits: EncodingLimits): ElementReader {
  const hash = new HashValue(limits)
  return reader(hash, elementCount(input), (from) => {
    const field = from.string()
    const value = from.string()
    if (from.failure === undefined && !hash.set(field, value)) from.fail('corrupt')
  })
}

function beginSortedSet(readScore: ReadScore): Begin {
  return (input, limits) => {
    const count = elementCount(input)
    if (count <= limits.zsetMaxListpackEntries) return beginShortSortedSet(limits, count, readScore)
    const set = new SortedSetValue(limits, false)
    return reader(set, count, (from) => {
      const member = from.string()
      const score = readScore(from)
      if (from.failure === undefined) addScored(from, set, member, score)
    })
  }
}

/** A listpack on the way would lose what only a skip list holds, the sign of a negative zero: its form shows with the last member. */
function beginShortSortedSet(limits: EncodingLimits, count: number, readScore: ReadScore): ElementReader {
  const entries: (readonly [Bytes, number])[] = []
  const short = reader(new SortedSetValue(limits), count, (from) => {
    const member = from.string()
    const score = readScore(from)
    if (from.failure !== undefined) return
    entries.push([member, score])
    if (entries.length < count) return
    const set = new SortedSetValue(
      limits,
      entries.every(([each]) => each.length <= limits.zsetMaxListpackValue),
    )
    for (const entry of entries) addScored(from, set, ...entry)
    short.value = set
  })
  return short
}

/** How many elements a set, hash or sorted set is said to have. */
function elementCount(input: RdbInput): number {
  const count = input.length()
  if (count <= MOST_ELEMENTS) return count
  input.fail('corrupt')
  return 0
}

/** A score as text of up to 252 characters behind its length, or one of three lengths that mean no finite number. */
function readTextScore(input: RdbInput): number {
  const length = input.u8()
  if (length === TEXT_NAN) return NaN
  if (length === TEXT_INFINITY) return Infinity
  if (length === TEXT_MINUS_INFINITY) return -Infinity
  const text = input.text(length)
  return input.failure === undefined ? (parseScore(text) ?? NaN) : 0
}

const BEGINNINGS: ReadonlyMap<number, Begin> = new Map([
  [VALUE_TYPE.list, beginList],
  [VALUE_TYPE.listOfZiplists, beginNodes((input) => unpacked(input, decodeZiplist))],
  [VALUE_TYPE.listOfListpacks, beginNodes(readContainer)],
  [VALUE_TYPE.set, beginSet],
  [VALUE_TYPE.hash, beginHash],
  [VALUE_TYPE.sortedSetText, beginSortedSet(readTextScore)],
  [VALUE_TYPE.sortedSet, beginSortedSet((input) => input.f64le())],
] satisfies readonly (readonly [number, Begin])[])
