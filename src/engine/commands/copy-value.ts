/** A value of its own with the same content, for COPY. */
import {type EncodingLimits} from '../values/encoding-limits.js'
import {HashValue} from '../values/hash.js'
import {ListValue} from '../values/list.js'
import {SetValue} from '../values/set.js'
import {SortedSetValue} from '../values/sorted-set.js'
import {MutableString} from '../values/string.js'
import {type Value} from '../values/value.js'

/** A collection keeps its encoding, even if it has shrunk since. */
export function copyValue(value: Value, limits: EncodingLimits): Value {
  if (typeof value === 'string') return value
  switch (value.type) {
    case 'string':
      return copyString(value)
    case 'list':
      return copyList(value, limits)
    case 'hash':
      return copyHash(value, limits)
    case 'set':
      return copySet(value, limits)
    case 'zset':
      return copySortedSet(value, limits)
  }
}

function copyString(value: MutableString): MutableString {
  const copy = new MutableString()
  copy.splice(0, 0, value.view())
  return copy
}

function copyList(value: ListValue, limits: EncodingLimits): ListValue {
  const copy = new ListValue(limits)
  for (const {items} of value.nodes()) copy.appendNode([...items])
  return copy
}

function copyHash(value: HashValue, limits: EncodingLimits): HashValue {
  const copy = new HashValue(limits, value.encoding === 'listpack')
  for (const [field, content] of value.entries()) copy.set(field, content)
  return copy
}

function copySet(value: SetValue, limits: EncodingLimits): SetValue {
  const copy = new SetValue(limits, value.encoding === 'intset')
  for (const member of value.values()) copy.add(member)
  return copy
}

function copySortedSet(value: SortedSetValue, limits: EncodingLimits): SortedSetValue {
  const copy = new SortedSetValue(limits, value.encoding === 'listpack')
  for (const [member, score] of value.entries()) copy.set(member, score)
  return copy
}
