/** Numbers as Redis reads and prints them. */
import {type Bytes} from '../ports.js'

export const INT64_MAX = 9_223_372_036_854_775_807n
export const INT64_MIN = -9_223_372_036_854_775_808n

/** Decimal digits, no sign but `-`, no leading zero, no blank: Redis' string2ll. */
const INTEGER = /^(?:0|-?[1-9][0-9]{0,18})$/

/**
 * A 64-bit signed integer in its canonical form; `undefined` for anything else. Values within the safe range come as a number
 * without a bigint being made: see `parseSafeInteger`.
 */
export function parseInteger(text: Bytes): bigint | undefined {
  if (text.length > 20 || !INTEGER.test(text)) return undefined
  const value = BigInt(text)
  return value > INT64_MAX || value < INT64_MIN ? undefined : value
}

/** The same where a number holds it exactly (|value| < 2^53); `undefined` beyond and for anything else. */
export function parseSafeInteger(text: Bytes): number | undefined {
  if (text.length === 0 || text.length > 17 || !INTEGER.test(text)) return undefined
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : undefined
}

/** A signed 64-bit integer held as a number where that is exact, as a bigint beyond. */
export type Integer = number | bigint

const FLOAT =
  /^[-+]?(?:[0-9]+\.?[0-9]*(?:[eE][-+]?[0-9]+)?|\.[0-9]+(?:[eE][-+]?[0-9]+)?|inf(?:inity)?|0x(?:[0-9a-f]+\.?[0-9a-f]*|\.[0-9a-f]+)(?:p[-+]?[0-9]+)?)$/i

/** A double as strtod reads a whole string: no blanks, no NaN; `undefined` for anything else. */
export function parseDouble(text: Bytes): number | undefined {
  if (text.length === 0 || text.length > 255 || !FLOAT.test(text)) return undefined
  const unsigned = text.replace(/^[-+]/, '').toLowerCase()
  const size = unsigned.startsWith('inf')
    ? Infinity
    : isHexadecimal(unsigned)
      ? hexadecimal(unsigned)
      : Number(unsigned)
  if (Number.isNaN(size) || isOutOfRange(unsigned, size)) return undefined
  return text.startsWith('-') ? -size : size
}

function isHexadecimal(unsigned: string): boolean {
  return unsigned.charCodeAt(1) === 0x78
}

/** `0x1.8p3`: hexadecimal digits, then a power of two. */
function hexadecimal(unsigned: string): number {
  const [digits, power = '0'] = unsigned.slice(2).split('p') as [string, string?]
  const [whole, decimals = ''] = digits.split('.') as [string, string?]
  return Number(BigInt(`0x${whole}${decimals}`)) * 2 ** (Number(power) - decimals.length * 4)
}

/** Too large for a double, or so small that nothing is left: strtod's ERANGE, which Redis refuses. */
function isOutOfRange(unsigned: string, size: number): boolean {
  if (size === 0) return isHexadecimal(unsigned) ? /^0x[0.]*[1-9a-f]/.test(unsigned) : /^[0.]*[1-9]/.test(unsigned)
  return size === Infinity && !unsigned.startsWith('inf')
}

/** As Redis prints a double: shortest text that reads back the same (%.17g where %.15g is not enough), `inf`, `-inf`, `nan`. */
export function formatDouble(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  if (Number.isInteger(value) && Math.abs(value) < 1e17) return String(value)
  return formatSignificant(value, 17)
}

/** C's `%.<digits>g`. */
export function formatSignificant(value: number, digits: number): string {
  const [mantissa, exponentText] = roundHalfToEven(value, digits - 1).split('e') as [string, string]
  const exponent = Number(exponentText)
  if (exponent < -4 || exponent >= digits) {
    const sign = exponent < 0 ? '-' : '+'
    return `${dropZeros(mantissa)}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`
  }
  return dropZeros(positional(mantissa, exponent))
}

/** `d.ddd` times a power of ten written out; what `toFixed` would round anew, and a tie the other way. */
function positional(mantissa: string, exponent: number): string {
  const sign = mantissa.startsWith('-') ? '-' : ''
  const digits = mantissa.replace(/[-.]/g, '')
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`
}

/** `toExponential`, which rounds a tie away from zero, as C does it: to the even digit. Few numbers end in a 5 so early. */
function roundHalfToEven(value: number, decimals: number): string {
  const rounded = value.toExponential(decimals)
  const [longer] = value.toExponential(decimals + 1).split('e') as [string]
  if (!longer.endsWith('5')) return rounded
  const [exact] = value.toExponential(Math.min(100, decimals + 40)).split('e') as [string]
  const isTie = /^0*$/.test(exact.slice(longer.length))
  const isEven = Number(longer.at(-2)) % 2 === 0
  return isTie && isEven ? `${longer.slice(0, -1)}e${rounded.split('e')[1]}` : rounded
}

function dropZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}
