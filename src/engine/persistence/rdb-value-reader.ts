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
import {addScored, beginElements, hasElements, unpacked} from './rdb-elements.js'
import {VALUE_TYPE} from './rdb-format.js'
import {type RdbInput} from './rdb-input.js'
import {parseScore} from '../values/score-text.js'
import {decodeZiplist} from './ziplist.js'
import {decodeZipmap} from './zipmap.js'

type Unpack = (bytes: Uint8Array) => Bytes[] | undefined
type ReadValue = (input: RdbInput, limits: EncodingLimits) => Value

/** Whether `readValue` knows a type; streams and modules are known to `skipUnsupported`. */
export function isReadable(type: number): boolean {
  return READERS.has(type) || hasElements(type)
}

/**
 * Reads what follows the type byte (in a file: and the key). Whatever is wrong shows in `input.failure`, and the value is then
 * worth nothing. A collection may come out empty: a file's reader leaves such a key out, RESTORE refuses it.
 */
export function readValue(input: RdbInput, type: number, limits: EncodingLimits): Value {
  const elements = beginElements(input, type, limits)
  if (elements !== undefined) {
    while (elements.left > 0 && input.failure === undefined) elements.readOne(input)
    return elements.value
  }
  const read = READERS.get(type)
  if (read !== undefined) return read(input, limits)
  input.fail('corrupt')
  return ''
}

function readPackedList(input: RdbInput, limits: EncodingLimits): Value {
  const list = new ListValue(limits)
  list.appendNode(unpacked(input, decodeZiplist))
  return list
}

function readPackedSet(unpack: Unpack): ReadValue {
  return (input, limits) => {
    const set = new SetValue(limits)
    for (const member of unpacked(input, unpack)) if (!set.add(member)) input.fail('corrupt')
    return set
  }
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
/** A score as text of up to 252 characters behind its length, or one of three lengths that mean no finite number. */
const READERS: ReadonlyMap<number, ReadValue> = new Map([
  [VALUE_TYPE.string, (input) => input.string()],
  [VALUE_TYPE.listZiplist, readPackedList],
  [VALUE_TYPE.setIntset, readPackedSet(decodeIntset)],
  [VALUE_TYPE.setListpack, readPackedSet(decodeListpack)],
  [VALUE_TYPE.hashZipmap, readPackedHash(decodeZipmap)],
  [VALUE_TYPE.hashZiplist, readPackedHash(decodeZiplist)],
  [VALUE_TYPE.hashListpack, readPackedHash(decodeListpack)],
  [VALUE_TYPE.sortedSetZiplist, readPackedSortedSet(decodeZiplist)],
  [VALUE_TYPE.sortedSetListpack, readPackedSortedSet(decodeListpack)],
] satisfies readonly (readonly [number, ReadValue])[])
