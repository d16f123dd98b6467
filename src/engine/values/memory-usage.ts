/** What MEMORY USAGE tells: the bytes that Redis 7.0 with jemalloc would use for the same value, not what this process uses. */
import {type Bytes} from '../ports.js'
import {type HashValue} from './hash.js'
import {type ListValue} from './list.js'
import {EMPTY_LISTPACK_BYTES, packedSize} from './packed-size.js'
import {formatScore} from './score-text.js'
import {type SetValue} from './set.js'
import {type SortedSetValue} from './sorted-set.js'
import {isEmbedded} from './string.js'
import {encodingName, type Value} from './value.js'

const OBJECT_BYTES = 16
const QUICKLIST_BYTES = 40
const QUICKLIST_NODE_BYTES = 40
const DICT_BYTES = 56
const DICT_ENTRY_BYTES = 24
const POINTER_BYTES = 8
const SKIPLIST_HEAD_BYTES = 640
const SORTED_SET_BYTES = 16 + 32
/** What a node takes on average: 24 bytes and 16 for each of its 1 1/3 levels, as the allocator rounds them. */
const SKIPLIST_NODE_BYTES = 53
const SMALLEST_TABLE = 4

/** Bytes of a value; collections are judged by up to `samples` elements (all when 0), as Redis does. */
export function approximateBytes(value: Value, samples: number): number {
  if (typeof value === 'string') return plainStringBytes(value)
  const most = samples === 0 ? Infinity : samples
  switch (value.type) {
    case 'string':
      return OBJECT_BYTES + allocated(value.capacity + 9)
    case 'list':
      return listBytes(value, most)
    case 'hash':
      return hashBytes(value, most)
    case 'set':
      return setBytes(value, most)
    case 'zset':
      return sortedSetBytes(value, most)
  }
}

/** Bytes of a key's name and its entry in the keyspace; `clustered` adds the links of the slot's list of keys. */
export function approximateKeyBytes(key: Bytes, clustered: boolean): number {
  return sdsBytes(key.length) + DICT_ENTRY_BYTES + (clustered ? 2 * POINTER_BYTES : 0)
}

function plainStringBytes(value: Bytes): number {
  if (encodingName(value) === 'int') return OBJECT_BYTES
  if (isEmbedded(value.length)) return allocated(OBJECT_BYTES + value.length + 4)
  return OBJECT_BYTES + sdsBytes(value.length)
}

function listBytes(list: ListValue, most: number): number {
  let [sampled, bytes] = [0, 0]
  for (const node of list.nodes()) {
    if (sampled >= most) break
    bytes += QUICKLIST_NODE_BYTES + allocated(node.packedBytes)
    sampled++
  }
  return OBJECT_BYTES + QUICKLIST_BYTES + scaled(bytes, sampled, list.nodeCount)
}

function hashBytes(hash: HashValue, most: number): number {
  let [sampled, bytes] = [0, 0]
  if (hash.encoding === 'listpack') {
    for (const [field, value] of hash.entries()) bytes += packedSize(field) + packedSize(value)
    return OBJECT_BYTES + allocated(EMPTY_LISTPACK_BYTES + bytes)
  }
  for (const [field, value] of hash.entries()) {
    if (sampled >= most) break
    bytes += DICT_ENTRY_BYTES + sdsBytes(field.length) + sdsBytes(value.length)
    sampled++
  }
  return OBJECT_BYTES + tableBytes(hash.size) + scaled(bytes, sampled, hash.size)
}

function setBytes(set: SetValue, most: number): number {
  if (set.encoding === 'intset') return OBJECT_BYTES + allocated(8 + set.size * widthOf(set))
  let [sampled, bytes] = [0, 0]
  for (const member of set.values()) {
    if (sampled >= most) break
    bytes += DICT_ENTRY_BYTES + sdsBytes(member.length)
    sampled++
  }
  return OBJECT_BYTES + tableBytes(set.size) + scaled(bytes, sampled, set.size)
}

function sortedSetBytes(set: SortedSetValue, most: number): number {
  let [sampled, bytes] = [0, 0]
  if (set.encoding === 'listpack') {
    for (const [member, score] of set.entries()) bytes += packedSize(member) + packedSize(formatScore(score))
    return OBJECT_BYTES + allocated(EMPTY_LISTPACK_BYTES + bytes)
  }
  for (const [member] of set.entries()) {
    if (sampled >= most) break
    bytes += sdsBytes(member.length) + DICT_ENTRY_BYTES + SKIPLIST_NODE_BYTES
    sampled++
  }
  const fixed = OBJECT_BYTES + SORTED_SET_BYTES + SKIPLIST_HEAD_BYTES + tableBytes(set.size)
  return fixed + scaled(bytes, sampled, set.size)
}

/** Members of an intset are all as wide as the widest, which is at one of the ends. */
function widthOf(set: SetValue): number {
  let width = 2
  for (const member of set.values()) {
    const value = Number(member)
    if (value < -0x80000000 || value > 0x7fffffff) return 8
    if (value < -0x8000 || value > 0x7fff) width = 4
  }
  return width
}

function scaled(bytes: number, sampled: number, count: number): number {
  return sampled === 0 ? 0 : Math.trunc((bytes / sampled) * count)
}

function tableBytes(entries: number): number {
  let slots = SMALLEST_TABLE
  while (slots < entries) slots *= 2
  return DICT_BYTES + slots * POINTER_BYTES
}

/** A string on its own: a header that grows with the length, the bytes, and a zero. */
function sdsBytes(length: number): number {
  const header = length === 0 ? 3 : length < 32 ? 1 : length < 256 ? 3 : length < 65536 ? 5 : 9
  return allocated(header + length + 1)
}

/** What jemalloc hands out for a request: multiples of 16 up to 128, then four sizes for every power of two. */
function allocated(bytes: number): number {
  if (bytes <= 8) return 8
  if (bytes <= 128) return Math.ceil(bytes / 16) * 16
  const step = 2 ** (Math.floor(Math.log2(bytes - 1)) - 2)
  return Math.ceil(bytes / step) * step
}
