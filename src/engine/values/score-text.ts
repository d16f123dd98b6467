/** Scores as text: what a listpack holds for a sorted set, and what very old RDB files hold. */
import {type Bytes} from '../ports.js'

/** Whole scores up to here are written as integers (Redis' double2ll). */
const LARGEST_WHOLE = 2 ** 62
const DIGITS = 17
/** As many as `toExponential` can give. */
const MOST_DECIMALS = 100
const NUMBER = /^[ \t\n\v\f\r]*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const INFINITY = /^[+-]?inf(?:inity)?$/i

/** The text Redis 7.0 packs: an integer if it is one (a negative zero loses its sign), else 17 significant digits. */
export function formatScore(score: number): Bytes {
  if (Number.isInteger(score) && Math.abs(score) <= LARGEST_WHOLE) return String(BigInt(score))
  if (!Number.isFinite(score)) return score > 0 ? 'inf' : '-inf'
  return formatSignificant(score)
}

/** A score; undefined for anything that is no number. */
export function parseScore(text: Bytes): number | undefined {
  if (NUMBER.test(text)) return Number(text)
  if (INFINITY.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  return undefined
}

/** C's %.17g: 17 significant digits without zeros at the end, scientific for very small and very large numbers. */
function formatSignificant(value: number): Bytes {
  const [mantissa, exponentText] = roundHalfToEven(value)
  const exponent = Number(exponentText)
  if (exponent >= -4 && exponent < DIGITS) return withoutZeros(positional(mantissa, exponent))
  const sign = exponent < 0 ? '-' : '+'
  return `${withoutZeros(mantissa)}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`
}

/** Mantissa and exponent. Of two numbers equally near, `toExponential` takes the larger one, C the even one. */
function roundHalfToEven(value: number): [mantissa: string, exponent: string] {
  const rounded = value.toExponential(DIGITS - 1).split('e') as [string, string]
  if (!value.toExponential(DIGITS).includes('5e')) return rounded
  const [exact, exponent] = value.toExponential(MOST_DECIMALS).split('e') as [string, string]
  const cut = rounded[0].length
  const isTie = /^50*$/.test(exact.slice(cut))
  return isTie && Number(exact[cut - 1]) % 2 === 0 ? [exact.slice(0, cut), exponent] : rounded
}

/** `d.ddd` times a power of ten written out. */
function positional(mantissa: string, exponent: number): string {
  const sign = mantissa.startsWith('-') ? '-' : ''
  const digits = mantissa.replace(/[-.]/g, '')
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`
}

function withoutZeros(digits: string): string {
  return digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits
}
