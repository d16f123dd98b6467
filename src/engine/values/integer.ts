/** Texts that are integers: which ones Redis stores as numbers, and how they are ordered. */
import {type Bytes} from '../ports.js'

const ZERO = 0x30
const NINE = 0x39
const MINUS = 0x2d
const LONGEST = 19
const HIGHEST = '9223372036854775807'
const LOWEST = '-9223372036854775808'

/**
 * Whether the text is exactly what printing some signed 64-bit integer gives: no plus sign, no leading zero, no "-0".
 * (Redis' string2ll: what int, intset and listpack integer encodings accept.)
 */
export function isCanonicalInteger(bytes: Bytes): boolean {
  const length = bytes.length
  if (length === 0 || length > LONGEST + 1) return false
  const start = bytes.charCodeAt(0) === MINUS ? 1 : 0
  const first = bytes.charCodeAt(start) // NaN for a lone minus: refused just below
  if (first === ZERO) return length === 1
  for (let at = start; at < length; at++) {
    const code = bytes.charCodeAt(at)
    if (code < ZERO || code > NINE) return false
  }
  const digits = length - start
  if (digits < LONGEST) return digits > 0
  return digits === LONGEST && (start === 1 ? bytes <= LOWEST : bytes <= HIGHEST)
}

/** Orders two canonical integers by value; negative when `a` is the smaller. */
export function compareIntegers(a: Bytes, b: Bytes): number {
  const negative = a.charCodeAt(0) === MINUS
  if (negative !== (b.charCodeAt(0) === MINUS)) return negative ? -1 : 1
  const byMagnitude = a.length !== b.length ? a.length - b.length : a < b ? -1 : a > b ? 1 : 0
  return negative ? -byMagnitude : byMagnitude
}
