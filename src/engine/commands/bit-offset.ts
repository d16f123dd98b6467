/** Offsets of bits as arguments. */
import {type Bytes} from '../ports.js'
import {parseSafeInteger} from '../resp/numbers.js'

/** The bits of the longest string that Redis allows; whether one of ours may become so long is asked before it is written. */
const MOST_BITS = 2 ** 32

/** A bit inside the longest string that Redis allows, or undefined. */
export function bitOffset(text: Bytes): number | undefined {
  const offset = parseSafeInteger(text)
  return offset === undefined || offset < 0 || offset >= MOST_BITS ? undefined : offset
}

/** The same for BITFIELD: `#n` is the n-th field of `bits` bits. */
export function fieldOffset(text: Bytes, bits: number): number | undefined {
  if (!text.startsWith('#')) return bitOffset(text)
  const index = parseSafeInteger(text.slice(1))
  if (index === undefined || index < 0) return undefined
  const offset = index * bits
  return offset < MOST_BITS ? offset : undefined
}
