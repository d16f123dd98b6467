/** HyperLogLog: a string value that counts different elements, in Redis' own two representations, byte for byte. */
import {assert} from '../../model/assert.js'
import {type Bytes} from '../ports.js'
import {decodeRegisters, setSparseRegister, SPARSE_MOST_VALUE} from './hyperloglog-sparse.js'
import {MurmurHash} from './murmur-hash.js'
import {MutableString, stringBytes, type StringValue} from './string.js'

export const REGISTERS = 16384
/** hll-sparse-max-bytes. */
export const DEFAULT_SPARSE_MAX_BYTES = 3000

const INDEX_BITS = 14
const REGISTER_BITS = 6
const REGISTER_MASK = 63
/** The longest run of zeros that a 64-bit hash can still show, and one more register value for "more than that". */
const LONGEST_RUN = 64 - INDEX_BITS
const MAGIC = 'HYLL'
const HEADER_BYTES = 16
const ENCODING_AT = 4
const CARDINALITY_AT = 8
const STALE_AT = 15
const STALE_BIT = 0x80
const DENSE = 0
const SPARSE = 1
const DENSE_BYTES = HEADER_BYTES + (REGISTERS * REGISTER_BITS) / 8
/** 1 / (2 ln 2): the estimator's constant for infinitely many registers. */
const ALPHA = 0.7213475204444817

/** A counter's change: nothing, something, or the string is not what it says it is. */
export type RegisterChange = 'unchanged' | 'changed' | 'corrupt'

const hash = new MurmurHash()

/**
 * An empty counter: one run of zeros over all registers, and a cached count of 0. (PFADD and PFMERGE count the making of it as a
 * change: they call `invalidateCount` even when no element follows.)
 */
export function createHyperLogLog(): MutableString {
  const counter = new MutableString(MAGIC)
  counter.grow(HEADER_BYTES)
  counter.setByte(ENCODING_AT, SPARSE)
  counter.append('\x7f\xff')
  return counter
}

/** Whether a string looks like a counter: what PFADD and the others ask before anything else. */
export function isHyperLogLog(value: StringValue): boolean {
  if (value.length < HEADER_BYTES || value.slice(0, MAGIC.length) !== MAGIC) return false
  const encoding = typeof value === 'string' ? value.charCodeAt(ENCODING_AT) : value.byteAt(ENCODING_AT)
  return encoding === SPARSE || (encoding === DENSE && value.length === DENSE_BYTES)
}

/** OBJECT-like facts for PFDEBUG ENCODING. */
export function hyperLogLogEncoding(counter: MutableString): 'sparse' | 'dense' {
  return counter.byteAt(ENCODING_AT) === DENSE ? 'dense' : 'sparse'
}

/** PFADD of one element. When something changed, the caller marks the cached count stale with `invalidateCount`. */
export function addElement(counter: MutableString, element: Bytes, sparseMaxBytes: number): RegisterChange {
  hash.hash(element)
  const index = hash.low & (REGISTERS - 1)
  return setRegister(counter, index, runLength(hash.high, hash.low), sparseMaxBytes)
}

/** Raises a register to `value` if it is lower; a sparse counter that cannot hold it becomes dense. */
export function setRegister(
  counter: MutableString,
  index: number,
  value: number,
  sparseMaxBytes: number,
): RegisterChange {
  if (counter.byteAt(ENCODING_AT) === SPARSE) {
    const change = value > SPARSE_MOST_VALUE ? 'too-big' : setSparseRegister(counter, index, value, sparseMaxBytes)
    if (change !== 'too-big') return change
    if (!makeDense(counter)) return 'corrupt'
  }
  if (denseRegister(counter, index) >= value) return 'unchanged'
  setDenseRegister(counter, index, value)
  return 'changed'
}

/** Rewrites a sparse counter as a dense one, keeping its cached count; false when its runs are corrupt. */
export function makeDense(counter: MutableString): boolean {
  if (counter.byteAt(ENCODING_AT) === DENSE) return true
  const registers = readRegisters(counter)
  if (registers === undefined) return false
  counter.splice(HEADER_BYTES, counter.length - HEADER_BYTES, new Uint8Array(DENSE_BYTES - HEADER_BYTES))
  counter.setByte(ENCODING_AT, DENSE)
  for (let index = 0; index < REGISTERS; index++) {
    if (registers[index] !== 0) setDenseRegister(counter, index, registers[index]!)
  }
  return true
}

/** All registers, a byte each; undefined when the runs of a sparse counter are corrupt. */
export function readRegisters(counter: StringValue): Uint8Array | undefined {
  const held = typeof counter === 'string' ? new MutableString(counter) : counter
  const registers = new Uint8Array(REGISTERS)
  if (held.byteAt(ENCODING_AT) === SPARSE) return decodeRegisters(held, registers) ? registers : undefined
  for (let index = 0; index < REGISTERS; index++) registers[index] = denseRegister(held, index)
  return registers
}

/** PFMERGE and PFCOUNT of several: raises every register to that of `counter`; false when it is corrupt. */
export function mergeInto(registers: Uint8Array, counter: StringValue): boolean {
  const others = readRegisters(counter)
  if (others === undefined) return false
  for (let index = 0; index < REGISTERS; index++) {
    if (others[index]! > registers[index]!) registers[index] = others[index]!
  }
  return true
}

/** The end of PFMERGE: raises a counter's registers to these. It stays sparse if it can, unless `dense`. */
export function raiseRegisters(
  counter: MutableString,
  registers: Uint8Array,
  dense: boolean,
  sparseMaxBytes: number,
): boolean {
  assert(registers.length === REGISTERS, 'a byte for every register')
  if (dense && !makeDense(counter)) return false
  for (let index = 0; index < REGISTERS; index++) {
    if (registers[index] === 0) continue
    if (setRegister(counter, index, registers[index]!, sparseMaxBytes) === 'corrupt') return false
  }
  invalidateCount(counter)
  return true
}

/** Marks the cached count as stale, as every change must. */
export function invalidateCount(counter: MutableString): void {
  counter.setByte(STALE_AT, counter.byteAt(STALE_AT) | STALE_BIT)
}

/** The count a string carries; undefined when it is stale. */
export function cachedCount(counter: StringValue): number | undefined {
  const header = stringBytes(counter.slice(CARDINALITY_AT, HEADER_BYTES))
  if ((header.charCodeAt(7) & STALE_BIT) !== 0) return undefined
  let count = 0
  for (let at = 7; at >= 0; at--) count = count * 256 + header.charCodeAt(at)
  return count
}

/** Writes a fresh count into the string. (Redis does so in PFCOUNT, and propagates it as a write.) */
export function storeCount(counter: MutableString, count: number): void {
  let left = count
  for (let at = CARDINALITY_AT; at <= STALE_AT; at++) {
    counter.setByte(at, left % 256)
    left = Math.floor(left / 256)
  }
}

/** How many different elements were added, by Ertl's improved estimator: the number PFCOUNT gives. */
export function estimateCount(registers: Uint8Array): number {
  const histogram = new Uint32Array(REGISTER_MASK + 1)
  for (const register of registers) histogram[register & REGISTER_MASK]!++
  let z = REGISTERS * tau((REGISTERS - histogram[LONGEST_RUN + 1]!) / REGISTERS)
  for (let run = LONGEST_RUN; run >= 1; run--) z = (z + histogram[run]!) * 0.5
  z += REGISTERS * sigma(histogram[0]! / REGISTERS)
  return Math.round((ALPHA * REGISTERS * REGISTERS) / z)
}

function sigma(share: number): number {
  if (share === 1) return Infinity
  let [x, y, z, before] = [share, 1, share, NaN]
  while (z !== before) {
    x *= x
    before = z
    z += x * y
    y += y
  }
  return z
}

function tau(share: number): number {
  if (share === 0 || share === 1) return 0
  let [x, y, z, before] = [share, 1, 1 - share, NaN]
  while (z !== before) {
    x = Math.sqrt(x)
    before = z
    y *= 0.5
    z -= (1 - x) ** 2 * y
  }
  return z / 3
}

/** Zeros at the low end of the hash without its index bits, plus one; a bit above all others ends the run. */
function runLength(high: number, low: number): number {
  const lowPart = (low >>> INDEX_BITS) | (high << (32 - INDEX_BITS)) | 0
  if (lowPart !== 0) return trailingZeros(lowPart) + 1
  return 32 + trailingZeros((high >>> INDEX_BITS) | (1 << (LONGEST_RUN - 32))) + 1
}

function trailingZeros(word: number): number {
  return 31 - Math.clz32(word & -word)
}

function denseRegister(counter: MutableString, index: number): number {
  const bit = index * REGISTER_BITS
  const at = HEADER_BYTES + (bit >>> 3)
  return ((counter.byteAt(at) | (counter.byteAt(at + 1) << 8)) >>> (bit & 7)) & REGISTER_MASK
}

function setDenseRegister(counter: MutableString, index: number, value: number): void {
  const bit = index * REGISTER_BITS
  const at = HEADER_BYTES + (bit >>> 3)
  const shift = bit & 7
  const pair = counter.byteAt(at) | (counter.byteAt(at + 1) << 8)
  const changed = (pair & ~(REGISTER_MASK << shift)) | (value << shift)
  counter.setByte(at, changed & 0xff)
  if (shift > 8 - REGISTER_BITS) counter.setByte(at + 1, changed >>> 8)
}
