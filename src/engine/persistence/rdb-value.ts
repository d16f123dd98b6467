/** One value as an RDB file and a DUMP payload hold it: written as Redis 7.0 writes it. */
import {type Bytes} from '../ports.js'
import {type HashValue} from '../values/hash.js'
import {type ListValue} from '../values/list.js'
import {type SetValue} from '../values/set.js'
import {type SortedSetValue} from '../values/sorted-set.js'
import {stringBytes} from '../values/string.js'
import {type Value} from '../values/value.js'
import {encodeIntset} from './intset.js'
import {encodeListpack} from './listpack.js'
import {LIST_CONTAINER, VALUE_TYPE} from './rdb-format.js'
import {type RdbOutput} from './rdb-output.js'
import {formatScore} from '../values/score-text.js'

/** The type byte that stands before the key of an RDB record, or opens a payload. */
export function rdbTypeOf(value: Value): number {
  if (typeof value === 'string') return VALUE_TYPE.string
  switch (value.type) {
    case 'string':
      return VALUE_TYPE.string
    case 'list':
      return VALUE_TYPE.listOfListpacks
    case 'hash':
      return value.encoding === 'listpack' ? VALUE_TYPE.hashListpack : VALUE_TYPE.hash
    case 'set':
      return value.encoding === 'intset' ? VALUE_TYPE.setIntset : VALUE_TYPE.set
    case 'zset':
      return value.encoding === 'listpack' ? VALUE_TYPE.sortedSetListpack : VALUE_TYPE.sortedSet
  }
}

/** Writes what follows the type byte (in a file: and the key). */
export function writeValue(output: RdbOutput, value: Value): void {
  if (typeof value === 'string') return output.string(value)
  switch (value.type) {
    case 'string':
      return output.string(stringBytes(value))
    case 'list':
      return writeList(output, value)
    case 'hash':
      return writeHash(output, value)
    case 'set':
      return writeSet(output, value)
    case 'zset':
      return writeSortedSet(output, value)
  }
}

/** Node by node: Redis 7.0 keeps plain nodes only for elements of a gigabyte and more. */
function writeList(output: RdbOutput, list: ListValue): void {
  output.count(list.nodeCount)
  for (const {items} of list.nodes()) {
    output.count(LIST_CONTAINER.packed)
    output.blob(encodeListpack(items))
  }
}

function writeHash(output: RdbOutput, hash: HashValue): void {
  if (hash.encoding === 'listpack') {
    const items: Bytes[] = []
    for (const [field, value] of hash.entries()) items.push(field, value)
    return output.blob(encodeListpack(items))
  }
  output.count(hash.size)
  for (const [field, value] of hash.entries()) {
    output.string(field)
    output.string(value)
  }
}

function writeSet(output: RdbOutput, set: SetValue): void {
  if (set.encoding === 'intset') return output.blob(encodeIntset([...set.values()]))
  output.count(set.size)
  for (const member of set.values()) output.string(member)
}

/** A skip list is written from its end: whoever loads it then always inserts at the front. */
function writeSortedSet(output: RdbOutput, set: SortedSetValue): void {
  const isPacked = set.encoding === 'listpack'
  const entries = set.rangeByRank(0, set.size - 1, !isPacked)
  if (isPacked) {
    return output.blob(encodeListpack(entries.flatMap(({member, score}) => [member, formatScore(score)])))
  }
  output.count(entries.length)
  for (const {member, score} of entries) {
    output.string(member)
    output.f64le(score)
  }
}
