/** How many bytes a value takes inside a listpack: list nodes fill up by it, and MEMORY USAGE tells it. */
import {type Bytes} from '../ports.js'
import {isCanonicalInteger} from './integer.js'

/** A listpack without items: four bytes of length, two of count, one that ends it. */
export const EMPTY_LISTPACK_BYTES = 7

/** Bytes of one item: encoding, data, and the length that is read backwards. */
export function packedSize(bytes: Bytes): number {
  // The longest integer has 20 characters, and most longer texts need no closer look.
  const body = bytes.length <= 20 && isCanonicalInteger(bytes) ? integerSize(Number(bytes)) : stringSize(bytes.length)
  return body + backLengthSize(body)
}

/** Bytes of encoding and data of an integer. Rounding above 2^53 does no harm: all of those take nine bytes. */
export function integerSize(value: number): number {
  if (value >= 0 && value <= 127) return 1
  if (value >= -4096 && value <= 4095) return 2
  if (value >= -0x8000 && value <= 0x7fff) return 3
  if (value >= -0x800000 && value <= 0x7fffff) return 4
  if (value >= -0x80000000 && value <= 0x7fffffff) return 5
  return 9
}

/** Bytes of encoding and data of a string. */
export function stringSize(length: number): number {
  if (length < 64) return length + 1
  return length < 4096 ? length + 2 : length + 5
}

/** Bytes of the backward length. The odd bounds (16383, not 16384) are Redis' own: a reader counts them the same way. */
export function backLengthSize(body: number): number {
  if (body <= 127) return 1
  if (body < 16383) return 2
  if (body < 2097151) return 3
  return body < 268435455 ? 4 : 5
}
