/** Values that are too large to be written in one go: which they are, and how they are held while they are written. */
import {type Bytes} from '../ports.js'
import {type ElementImage} from '../values/element-image.js'
import {type ListValue} from '../values/list.js'
import {stringBytes} from '../values/string.js'
import {type Value} from '../values/value.js'

/** What takes longer than this is written in pieces: about a millisecond of work. */
const LONG_BYTES = 64 * 1024
const LONG_ELEMENTS = 512
const LONG_NODES = 64
/** What an element is reckoned at where counting its bytes would cost as much as writing them. */
const ELEMENT_BYTES = 64

/** A value as it was when it was opened, whatever becomes of it. */
export type LongSource =
  | {readonly type: 'string'; readonly bytes: Bytes}
  | {readonly type: 'list'; readonly nodes: readonly (readonly Bytes[])[]}
  | {readonly type: 'hash' | 'set'; readonly image: ElementImage<Bytes>}
  | {readonly type: 'zset'; readonly image: ElementImage<number>}

/** About how many bytes there are to look at; no more than is needed to know that they are too many. */
export function weigh(value: Value): number {
  if (typeof value === 'string') return value.length
  switch (value.type) {
    case 'string':
      return value.length
    case 'list':
      return weighList(value)
    case 'hash':
      return weighElements(value.size, value.encoding === 'listpack', () => value.entries())
    case 'set':
      return weighElements(value.size, value.encoding === 'intset', () => value.values())
    case 'zset':
      return weighElements(value.size, value.encoding === 'listpack', () => value.entries())
  }
}

export function isLong(weight: number): boolean {
  return weight > LONG_BYTES
}

/** Begins to read a long value; `closeLong` ends it. */
export function openLong(value: Value): LongSource {
  if (typeof value === 'string') return {type: 'string', bytes: value}
  switch (value.type) {
    case 'string':
      return {type: 'string', bytes: stringBytes(value)}
    case 'list':
      return {type: 'list', nodes: value.share()}
    case 'hash':
      return {type: 'hash', image: value.beginImage()}
    case 'set':
      return {type: 'set', image: value.beginImage()}
    case 'zset':
      return {type: 'zset', image: value.beginImage()}
  }
}

export function closeLong(value: Value): void {
  if (typeof value !== 'string' && value.type !== 'string' && value.type !== 'list') value.endImage()
}

function weighList(list: ListValue): number {
  if (list.nodeCount > LONG_NODES) return Infinity
  let bytes = 0
  for (const {packedBytes} of list.nodes()) bytes += packedBytes
  return bytes
}

/** The elements of a packed collection are short: the configuration says how short. */
function weighElements(size: number, isPacked: boolean, elements: () => Iterable<unknown>): number {
  if (size > LONG_ELEMENTS) return Infinity
  let bytes = size * ELEMENT_BYTES
  if (isPacked) return bytes
  for (const element of elements()) {
    if (typeof element === 'string') bytes += element.length
    else if (Array.isArray(element)) for (const part of element) if (typeof part === 'string') bytes += part.length
  }
  return bytes
}
