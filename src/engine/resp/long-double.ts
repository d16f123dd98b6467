/** The x87 long double of INCRBYFLOAT and HINCRBYFLOAT: 64 bits of mantissa, read, added and printed as Redis on x86-64 does. */
import {type Bytes} from '../ports.js'

/** `mantissa` * 2 ** `exponent`; the mantissa has its sign and at most 64 bits. An infinity has the exponent Infinity. */
export interface LongDouble {
  readonly mantissa: bigint
  readonly exponent: number
}

const MANTISSA_BITS = 64
/** Exponent of the last bit of the smallest number there is. */
const LOWEST_EXPONENT = -16445
/** A number from 2 to this power on is infinite. */
const HIGHEST_POWER = 16384
/** Redis' MAX_LONG_DOUBLE_CHARS. */
const LONGEST_TEXT = 5 * 1024
const PRINTED_DECIMALS = 17
const DECIMAL = /^([-+]?)(?:(\d+)\.?(\d*)|\.(\d+))(?:e([-+]?\d+))?$/i
const HEXADECIMAL = /^([-+]?)0x(?:([\da-f]+)\.?([\da-f]*)|\.([\da-f]+))(?:p([-+]?\d+))?$/i
const INFINITE = /^([-+]?)inf(?:inity)?$/i
/** Beyond this a power of ten or two cannot be brought back by the digits that fit into the longest text. */
const HOPELESS_EXPONENT = 100_000

/** As strtold reads a whole text; undefined for NaN, blanks, what overflows or vanishes, and anything else. */
export function parseLongDouble(text: Bytes): LongDouble | undefined {
  if (text.length === 0 || text.length >= LONGEST_TEXT) return undefined
  const infinite = INFINITE.exec(text)
  if (infinite !== null) return {mantissa: infinite[1] === '-' ? -1n : 1n, exponent: Infinity}
  const size = parseDecimal(text) ?? parseHexadecimal(text)
  if (size === undefined || size.exponent === Infinity) return undefined
  return text.startsWith('-') ? {mantissa: -size.mantissa, exponent: size.exponent} : size
}

/** The sum, rounded to the nearest; undefined when it is no finite number. */
export function addLongDoubles(a: LongDouble, b: LongDouble): LongDouble | undefined {
  if (a.exponent === Infinity || b.exponent === Infinity) return undefined
  const exponent = Math.min(a.exponent, b.exponent)
  const exact = (a.mantissa << BigInt(a.exponent - exponent)) + (b.mantissa << BigInt(b.exponent - exponent))
  const sum = exact < 0n ? round(-exact, exponent) : round(exact, exponent)
  if (sum.exponent === Infinity) return undefined
  return exact < 0n ? {mantissa: -sum.mantissa, exponent: sum.exponent} : sum
}

/** `%.17Lf` without the zeros at its end. The number is finite. Source: Redis' ld2string, LD_STR_HUMAN. */
export function formatLongDouble({mantissa, exponent}: LongDouble): Bytes {
  const size = mantissa < 0n ? -mantissa : mantissa
  const scaled = scaleAndRound(size, exponent)
  const digits = scaled.toString().padStart(PRINTED_DECIMALS + 1, '0')
  const whole = digits.slice(0, -PRINTED_DECIMALS)
  const decimals = digits.slice(-PRINTED_DECIMALS).replace(/0+$/, '')
  const text = decimals === '' ? whole : `${whole}.${decimals}`
  return mantissa < 0n && text !== '0' ? `-${text}` : text
}

/** Seconds as whole milliseconds, rounded up; ±Infinity for what a double cannot hold. */
export function millisecondsOf({mantissa, exponent}: LongDouble): number {
  if (exponent >= 0) {
    return exponent === Infinity ? Number(mantissa) * Infinity : Number(mantissa) * 1000 * 2 ** exponent
  }
  const unit = 1n << BigInt(-exponent)
  const exact = mantissa * 1000n
  // Division cuts off towards zero: what lies above it loses a part of a millisecond.
  return Number(exact / unit) + (exact > 0n && exact % unit !== 0n ? 1 : 0)
}

/** The number times 10 ** 17 as an integer, halves to even. */
function scaleAndRound(size: bigint, exponent: number): bigint {
  const scaled = size * 10n ** BigInt(PRINTED_DECIMALS)
  return exponent >= 0 ? scaled << BigInt(exponent) : shiftRightToNearest(scaled, -exponent)
}

function parseDecimal(text: Bytes): LongDouble | undefined {
  const match = DECIMAL.exec(text)
  if (match === null) return undefined
  const decimals = match[3] ?? match[4] ?? ''
  const digits = BigInt((match[2] ?? '') + decimals)
  const power = Number(match[5] ?? 0) - decimals.length
  if (digits === 0n) return {mantissa: 0n, exponent: 0}
  if (Math.abs(power) > HOPELESS_EXPONENT) return undefined
  if (power >= 0) return round(digits * 10n ** BigInt(power), 0)
  const divisor = 10n ** BigInt(-power)
  // Enough bits that the quotient has more than a mantissa holds; a remainder only matters as "not exactly this".
  const shift = Math.max(0, bitLength(divisor) - bitLength(digits) + MANTISSA_BITS + 2)
  const dividend = digits << BigInt(shift)
  const quotient = dividend / divisor
  const sticky = quotient * divisor === dividend ? 0n : 1n
  return vanished(round((quotient << 1n) | sticky, -shift - 1))
}

function parseHexadecimal(text: Bytes): LongDouble | undefined {
  const match = HEXADECIMAL.exec(text)
  if (match === null) return undefined
  const decimals = match[3] ?? match[4] ?? ''
  const digits = BigInt(`0x${match[2] ?? ''}${decimals}`)
  const power = Number(match[5] ?? 0) - decimals.length * 4
  if (digits === 0n) return {mantissa: 0n, exponent: 0}
  if (Math.abs(power) > HOPELESS_EXPONENT) return undefined
  return vanished(round(digits, power))
}

/** What was not zero and has become it is an error (ERANGE). */
function vanished(value: LongDouble): LongDouble | undefined {
  return value.mantissa === 0n ? undefined : value
}

/** To the nearest number that a long double holds, halves to even. */
function round(size: bigint, exponent: number): LongDouble {
  const excess = Math.max(bitLength(size) - MANTISSA_BITS, LOWEST_EXPONENT - exponent, 0)
  const mantissa = shiftRightToNearest(size, excess)
  const power = exponent + excess
  if (mantissa > 0n && bitLength(mantissa) + power > HIGHEST_POWER) return {mantissa: 1n, exponent: Infinity}
  return {mantissa, exponent: power}
}

function shiftRightToNearest(size: bigint, bits: number): bigint {
  if (bits === 0) return size
  const kept = size >> BigInt(bits)
  const rest = size - (kept << BigInt(bits))
  const half = 1n << BigInt(bits - 1)
  return rest > half || (rest === half && (kept & 1n) === 1n) ? kept + 1n : kept
}

function bitLength(size: bigint): number {
  const hex = size.toString(16)
  return size === 0n ? 0 : hex.length * 4 - Math.clz32(Number.parseInt(hex[0]!, 16)) + 28
}
