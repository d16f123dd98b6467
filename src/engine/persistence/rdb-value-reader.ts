/** One value read from an RDB file or a DUMP payload, in any of the forms that servers have written over the years. */
import {type Bytes} from '../ports.js'
import {type EncodingLimits} from '../values/encoding-limits.js'
import {HashValue} from '../values/hash.js'
import {ListValue} from '../values/list.js'
import {SetValue} from '../values/set.js'
import {SortedSetValue} from '../values/sorted-set.js'
import {type Value} from '../values/value.js'
import {decodeIntset} from './intset.js'
import {decodeListpack} from './listpack.js'
import {LIST_CONTAINER, VALUE_TYPE} from './rdb-format.js'
import {type RdbInput} from './rdb-input.js'
import {parseScore} from '../values/score-text.js'
import {decodeZiplist} from './ziplist.js'
import {decodeZipmap} from './zipmap.js'

type Unpack = (bytes: Uint8Array) => Bytes[] | undefined
type ReadValue = (input: RdbInput, limits: EncodingLimits) => Value

/** What a Map or a Set of V8 can hold: one more would throw. */
const MOST_ELEMENTS = 2 ** 24

const TEXT_NAN = 253
const TEXT_INFINITY = 254
const TEXT_MINUS_INFINITY = 255

/** Whether `readValue` knows a type; streams and modules are known to `skipUnsupported`. */
export function isReadable(type: number): boolean {
  return READERS.has(type)
}

/**
 * Reads what follows the type byte (in a file: and the key). Whatever is wrong shows in `input.failure`, and the value is then
 * worth nothing. A collection may come out empty: a file's reader leaves such a key out, RESTORE refuses it.
 */
export function readValue(input: RdbInput, type: number, limits: EncodingLimits): Value {
  const read = READERS.get(type)
  if (read !== undefined) return read(input, limits)
  input.fail('corrupt')
  return ''
}

function readList(input: RdbInput, limits: EncodingLimits): Value {
  const list = new ListValue(limits)
  for (let left = input.count(1); left > 0 && input.failure === undefined; left--) list.pushTail(input.string())
  return list
}

function readPackedList(input: RdbInput, limits: EncodingLimits): Value {
  const list = new ListValue(limits)
  list.appendNode(unpacked(input, decodeZiplist))
  return list
}

function readListOfZiplists(input: RdbInput, limits: EncodingLimits): Value {
  const list = new ListValue(limits)
  for (let left = input.count(1); left > 0 && input.failure === undefined; left--) {
    list.appendNode(unpacked(input, decodeZiplist))
  }
  return list
}

function readListOfListpacks(input: RdbInput, limits: EncodingLimits): Value {
  const list = new ListValue(limits)
  for (let left = input.count(2); left > 0 && input.failure === undefined; left--) {
    const container = input.length()
    if (container === LIST_CONTAINER.plain) list.appendNode([input.string()])
    else if (container === LIST_CONTAINER.packed) list.appendNode(unpacked(input, decodeListpack))
    else input.fail('corrupt')
  }
  return list
}

function readSet(input: RdbInput, limits: EncodingLimits): Value {
  const set = new SetValue(limits)
  for (let left = elementCount(input, 1); left > 0 && input.failure === undefined; left--) {
    if (!set.add(input.string())) input.fail('corrupt')
  }
  return set
}

function readPackedSet(unpack: Unpack): ReadValue {
  return (input, limits) => {
    const set = new SetValue(limits)
    for (const member of unpacked(input, unpack)) if (!set.add(member)) input.fail('corrupt')
    return set
  }
}

function readHash(input: RdbInput, limits: EncodingLimits): Value {
  const hash = new HashValue(limits)
  for (let left = elementCount(input, 2); left > 0 && input.failure === undefined; left--) {
    if (!hash.set(input.string(), input.string())) input.fail('corrupt')
  }
  return hash
}

function readPackedHash(unpack: Unpack): ReadValue {
  return (input, limits) => {
    const hash = new HashValue(limits)
    const items = unpacked(input, unpack)
    if (items.length % 2 !== 0) input.fail('corrupt')
    for (let at = 0; at + 1 < items.length; at += 2) {
      if (!hash.set(items[at]!, items[at + 1]!)) input.fail('corrupt')
    }
    return hash
  }
}

function readSortedSet(readScore: (input: RdbInput) => number, leastBytes: number): ReadValue {
  return (input, limits) => {
    const entries: (readonly [Bytes, number])[] = []
    let isPacked = true
    for (let left = elementCount(input, leastBytes); left > 0 && input.failure === undefined; left--) {
      const member = input.string()
      entries.push([member, readScore(input)])
      isPacked &&= member.length <= limits.zsetMaxListpackValue
    }
    // A listpack on the way would lose what only a skip list holds: the sign of a negative zero.
    const set = new SortedSetValue(limits, isPacked && entries.length <= limits.zsetMaxListpackEntries)
    for (const [member, score] of entries) addScored(input, set, member, score)
    return set
  }
}

function readPackedSortedSet(unpack: Unpack): ReadValue {
  return (input, limits) => {
    const set = new SortedSetValue(limits)
    const items = unpacked(input, unpack)
    if (items.length % 2 !== 0) input.fail('corrupt')
    for (let at = 0; at + 1 < items.length; at += 2) {
      addScored(input, set, items[at]!, parseScore(items[at + 1]!) ?? NaN)
    }
    return set
  }
}

/** How many elements a set, hash or sorted set is said to have. */
function elementCount(input: RdbInput, leastBytes: number): number {
  const count = input.count(leastBytes)
  if (count <= MOST_ELEMENTS) return count
  input.fail('corrupt')
  return 0
}

function addScored(input: RdbInput, set: SortedSetValue, member: Bytes, score: number): void {
  if (Number.isNaN(score) || !set.set(member, score)) input.fail('corrupt')
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

function unpacked(input: RdbInput, unpack: Unpack): Bytes[] {
  const bytes = input.blob()
  if (input.failure !== undefined) return []
  const items = unpack(bytes)
  if (items === undefined) input.fail('corrupt')
  return items ?? []
}

const READERS: ReadonlyMap<number, ReadValue> = new Map([
  [VALUE_TYPE.string, (input) => input.string()],
  [VALUE_TYPE.list, readList],
  [VALUE_TYPE.listZiplist, readPackedList],
  [VALUE_TYPE.listOfZiplists, readListOfZiplists],
  [VALUE_TYPE.listOfListpacks, readListOfListpacks],
  [VALUE_TYPE.set, readSet],
  [VALUE_TYPE.setIntset, readPackedSet(decodeIntset)],
  [VALUE_TYPE.setListpack, readPackedSet(decodeListpack)],
  [VALUE_TYPE.hash, readHash],
  [VALUE_TYPE.hashZipmap, readPackedHash(decodeZipmap)],
  [VALUE_TYPE.hashZiplist, readPackedHash(decodeZiplist)],
  [VALUE_TYPE.hashListpack, readPackedHash(decodeListpack)],
  [VALUE_TYPE.sortedSetText, readSortedSet(readTextScore, 2)],
  [VALUE_TYPE.sortedSet, readSortedSet((input) => input.f64le(), 9)],
  [VALUE_TYPE.sortedSetZiplist, readPackedSortedSet(decodeZiplist)],
  [VALUE_TYPE.sortedSetListpack, readPackedSortedSet(decodeListpack)],
] satisfies readonly (readonly [number, ReadValue])[])
