/** Strings as rows of bits: bit 0 is the highest bit of the first byte. */

/** How many bits are 1 in bytes `start` to `stop`, both included and inside the string. */
export function countBits(bytes: Uint8Array, start: number, stop: number): number {
  let count = 0
  for (let at = start; at <= stop; at++) count += ONES[bytes[at]!]!
  return count
}

/** How many bits are 1 among bits `start` to `stop`, both included and inside the string. */
export function countBitRange(bytes: Uint8Array, start: number, stop: number): number {
  const [first, last] = [start >>> 3, stop >>> 3]
  const beforeFirst = bytes[first]! & ~(0xff >>> (start & 7))
  const behindLast = bytes[last]! & (0x7f >>> (stop & 7))
  return countBits(bytes, first, last) - ONES[beforeFirst & 0xff]! - ONES[behindLast]!
}

/** The first bit equal to `bit` among bits `start` to `stop`, both included and inside the string; -1 when there is none. */
export function findBit(bytes: Uint8Array, bit: 0 | 1, start: number, stop: number): number {
  const skipped = bit === 1 ? 0 : 0xff
  for (let at = start; at <= stop;) {
    const byte = bytes[at >>> 3]!
    if ((at & 7) === 0 && byte === skipped) {
      at += 8
    } else if (((byte >>> (7 - (at & 7))) & 1) === bit) {
      return at
    } else {
      at++
    }
  }
  return -1
}

export type BitOperation = 'and' | 'or' | 'xor' | 'not'

/** BITOP: as long as the longest source, shorter ones going on with zeros; `not` takes one source. */
export function combineBits(operation: BitOperation, sources: readonly Uint8Array[]): Uint8Array {
  const length = sources.reduce((longest, source) => Math.max(longest, source.length), 0)
  const result = new Uint8Array(length)
  const [first, ...others] = sources
  if (first === undefined) return result
  result.set(first)
  if (operation === 'not') {
    for (let at = 0; at < length; at++) result[at]! ^= 0xff
    return result
  }
  for (const source of others) combineInto(result, operation, source)
  return result
}

function combineInto(result: Uint8Array, operation: 'and' | 'or' | 'xor', source: Uint8Array): void {
  const {length} = source
  if (operation === 'and') {
    for (let at = 0; at < length; at++) result[at]! &= source[at]!
    result.fill(0, length)
  } else if (operation === 'or') {
    for (let at = 0; at < length; at++) result[at]! |= source[at]!
  } else {
    for (let at = 0; at < length; at++) result[at]! ^= source[at]!
  }
}

/** An integer inside a string: i1 … i64 or u1 … u63. */
export interface BitFieldType {
  readonly signed: boolean
  readonly bits: number
}

export type Overflow = 'wrap' | 'sat' | 'fail'

/** Where BITFIELD reads: both kinds of string value give bytes past their end as 0. */
export interface ByteSource {
  byteAt(index: number): number
}

/** Reads the integer that starts at a bit. */
export function readBitField(source: ByteSource, offset: number, {signed, bits}: BitFieldType): bigint {
  let value = 0n
  let [at, left] = [offset, bits]
  while (left > 0) {
    const inByte = at % 8
    const taken = Math.min(8 - inByte, left)
    const part = (source.byteAt(Math.floor(at / 8)) >>> (8 - inByte - taken)) & (0xff >>> (8 - taken))
    value = (value << BigInt(taken)) | BigInt(part)
    at += taken
    left -= taken
  }
  return signed ? BigInt.asIntN(bits, value) : value
}

/** Writes an integer at a bit; the string grows as it must. */
export function writeBitField(
  target: ByteSource & {setByte(index: number, byte: number): void},
  offset: number,
  {bits}: BitFieldType,
  value: bigint,
): void {
  const unsigned = BigInt.asUintN(bits, value)
  let [at, left] = [offset, bits]
  while (left > 0) {
    const inByte = at % 8
    const taken = Math.min(8 - inByte, left)
    const shift = 8 - inByte - taken
    const mask = 0xff >>> (8 - taken)
    const part = Number((unsigned >> BigInt(left - taken)) & BigInt(mask))
    const index = Math.floor(at / 8)
    target.setByte(index, (target.byteAt(index) & ~(mask << shift)) | (part << shift))
    at += taken
    left -= taken
  }
}

/**
 * What a sum (or, for SET, the given number) becomes in a field that may be too small for it; undefined when the mode is `fail`
 * and it is. A number for an unsigned field that is negative counts as a very large one, as in Redis; a sum below zero does not.
 */
export function fitBitField(
  value: bigint,
  increment: bigint,
  type: BitFieldType,
  overflow: Overflow,
): bigint | undefined {
  const base = type.signed ? value : BigInt.asUintN(64, value)
  const highest = (1n << BigInt(type.signed ? type.bits - 1 : type.bits)) - 1n
  const lowest = type.signed ? -highest - 1n : 0n
  const sum = base + increment
  // Redis reckons the room above in 64 bits: below about -2^63 it wraps, and what is far too small counts as too large.
  const room = type.signed && type.bits < 64 ? BigInt.asIntN(64, highest - base) : highest - base
  // A base that is too large by itself overflows upwards even when the increment would bring it back.
  const isOver = base > highest || increment > room
  const isUnder = !isOver && (base < lowest || sum < lowest)
  if (!isOver && !isUnder) return sum
  if (overflow === 'fail') return undefined
  if (overflow === 'sat') return isOver ? highest : lowest
  return type.signed ? BigInt.asIntN(type.bits, sum) : BigInt.asUintN(type.bits, sum)
}

const ONES = Uint8Array.from({length: 256}, (_, byte) => byte.toString(2).replaceAll('0', '').length)
