/** A key's value: one of five kinds, and what can be said of any of them. */
import {type HashValue} from './hash.js'
import {isCanonicalInteger} from './integer.js'
import {type ListValue} from './list.js'
import {type SetValue} from './set.js'
import {type SortedSetValue} from './sorted-set.js'
import {isEmbedded, type StringValue} from './string.js'

export type Value = StringValue | ListValue | HashValue | SetValue | SortedSetValue

export type TypeName = 'string' | 'list' | 'hash' | 'set' | 'zset'

export type EncodingName = 'int' | 'embstr' | 'raw' | 'quicklist' | 'listpack' | 'hashtable' | 'intset' | 'skiplist'

/** What TYPE answers. */
export function typeName(value: Value): TypeName {
  return typeof value === 'string' ? 'string' : value.type
}

/** What OBJECT ENCODING answers, in Redis 7.0's words. */
export function encodingName(value: Value): EncodingName {
  if (typeof value === 'string') {
    if (isCanonicalInteger(value)) return 'int'
    return isEmbedded(value.length) ? 'embstr' : 'raw'
  }
  switch (value.type) {
    case 'string':
      return 'raw'
    case 'list':
      return 'quicklist'
    case 'hash':
    case 'set':
    case 'zset':
      return value.encoding
  }
}

/** Whether a collection has no elements left: its key must go. */
export function isEmptyCollection(value: Value): boolean {
  return typeof value !== 'string' && value.type !== 'string' && value.size === 0
}
