/** The bitmap commands: strings as rows of bits. */
import {type Bytes} from '../ports.js'
import {parseSafeInteger} from '../resp/numbers.js'
import {type Call, type CommandFamily} from '../server/call.js'
import {type BitOperation, combineBits, countBitRange, countBits, findBit} from '../values/bitmap.js'
import {isEmbedded, MutableString, type StringValue, stringView, toMutable} from '../values/string.js'
import {findString, integerOrReply, readString, SYNTAX_ERROR} from './arguments.js'
import {bitfield, bitfieldReadOnly} from './bitfield.js'
import {bitmapFacts} from './specs/bitmap.js'
import {bitOffset} from './bit-offset.js'
import {fitsOrReply} from './string-reply.js'

const NOT_AN_OFFSET = 'ERR bit offset is not an integer or out of range'
const OPERATIONS: ReadonlyMap<string, BitOperation> = new Map([
  ['and', 'and'],
  ['or', 'or'],
  ['xor', 'xor'],
  ['not', 'not'],
])

function setbit(call: Call): void {
  const {argv, db, reply} = call
  const key = argv[1]!
  const offset = bitOffset(argv[2]!)
  if (offset === undefined) return reply.error(NOT_AN_OFFSET)
  const bit = parseSafeInteger(argv[3]!)
  if (bit !== 0 && bit !== 1) return reply.error('ERR bit is not an integer or out of range')
  const found = findString(call, key)
  if (found === null) return
  const at = Math.floor(offset / 8)
  if (!fitsOrReply(call, at + 1)) return
  const value = toMutable(found === undefined ? '' : found)
  const isLonger = at >= value.length
  const mask = 0x80 >>> (offset % 8)
  const byte = value.byteAt(at)
  const before = (byte & mask) === 0 ? 0 : 1
  if (value !== found) db.setKeepingExpiry(key, value)
  if (isLonger || before !== bit) {
    value.setByte(at, bit === 1 ? byte | mask : byte & ~mask)
    call.changed('$', 'setbit', key)
  }
  reply.integer(before)
}

function getbit(call: Call): void {
  const offset = bitOffset(call.argv[2]!)
  if (offset === undefined) return call.reply.error(NOT_AN_OFFSET)
  const value = readString(call, call.argv[1]!)
  if (value === null) return
  const at = Math.floor(offset / 8)
  if (value === undefined || at >= value.length) return call.reply.integer(0)
  const byte = typeof value === 'string' ? value.charCodeAt(at) : value.byteAt(at)
  call.reply.integer((byte >>> (7 - (offset % 8))) & 1)
}

/** Both ends included; counted in `unit`s, from the end when negative. */
interface BitRange {
  readonly start: number
  readonly end: number
  readonly inBits: boolean
}

/** Clips a range to `length` bytes or bits; undefined when nothing is left. */
function clip({start, end}: BitRange, length: number): {from: number; to: number} | undefined {
  const from = start < 0 ? Math.max(length + start, 0) : start
  const to = Math.min(end < 0 ? Math.max(length + end, 0) : end, length - 1)
  return from > to ? undefined : {from, to}
}

/** BYTE or BIT at `at`, if there is anything; undefined when the error was sent. */
function unitOrReply({argv, reply}: Call, at: number): boolean | undefined {
  if (at >= argv.length) return false
  const word = argv[at]!.toLowerCase()
  if (word === 'bit' || word === 'byte') return word === 'bit'
  reply.error(SYNTAX_ERROR)
  return undefined
}

function bitcount(call: Call): void {
  const {argv, reply} = call
  const value = readString(call, argv[1]!)
  if (value === null) return
  if (value === undefined) return reply.integer(0)
  const range = countRangeOrReply(call)
  if (range === undefined) return
  if (range === 'empty') return reply.integer(0)
  const view = stringView(value)
  const clipped = clip(range, range.inBits ? view.length * 8 : view.length)
  if (clipped === undefined) return reply.integer(0)
  reply.integer((range.inBits ? countBitRange : countBits)(view, clipped.from, clipped.to))
}

/**
 * `empty`: two ends before the first byte stand the wrong way round. Unlike BITPOS, BITCOUNT does not bring them into the string,
 * and it does not even read the unit then.
 */
function countRangeOrReply(call: Call): BitRange | 'empty' | undefined {
  const {argv, reply} = call
  if (argv.length === 2) return {start: 0, end: -1, inBits: false}
  if (argv.length !== 4 && argv.length !== 5) {
    reply.error(SYNTAX_ERROR)
    return undefined
  }
  const start = integerOrReply(call, 2)
  const end = start === undefined ? undefined : integerOrReply(call, 3)
  if (start === undefined || end === undefined) return undefined
  if (start < 0 && end < 0 && start > end) return 'empty'
  const inBits = unitOrReply(call, 4)
  return inBits === undefined ? undefined : {start, end, inBits}
}

function bitpos(call: Call): void {
  const {argv, reply} = call
  const bit = integerOrReply(call, 2)
  if (bit === undefined) return
  if (bit !== 0 && bit !== 1) return reply.error('ERR The bit argument must be 1 or 0.')
  const value = readString(call, argv[1]!)
  if (value === null) return
  // The right side of a missing string is all zeros, so that a search for 0 finds the first bit and one for 1 nothing.
  if (value === undefined) return reply.integer(bit === 1 ? -1 : 0)
  const range = searchRangeOrReply(call)
  if (range !== undefined) reply.integer(findInRange(value, bit, range, argv.length < 5))
}

function searchRangeOrReply(call: Call): BitRange | undefined {
  const {argv, reply} = call
  if (argv.length === 3) return {start: 0, end: -1, inBits: false}
  if (argv.length > 6) {
    reply.error(SYNTAX_ERROR)
    return undefined
  }
  const start = integerOrReply(call, 3)
  if (start === undefined) return undefined
  const inBits = unitOrReply(call, 5)
  if (inBits === undefined) return undefined
  if (argv.length === 4) return {start, end: -1, inBits}
  const end = integerOrReply(call, 4)
  return end === undefined ? undefined : {start, end, inBits}
}

/** Without an end given, a string of ones is taken to go on with zeros. */
function findInRange(value: StringValue, bit: 0 | 1, range: BitRange, isOpen: boolean): number {
  const view = stringView(value)
  const {inBits} = range
  const clipped = clip(range, inBits ? view.length * 8 : view.length)
  if (clipped === undefined) return -1
  const {from, to} = inBits ? clipped : {from: clipped.from * 8, to: clipped.to * 8 + 7}
  const found = findBit(view, bit, from, to)
  return found < 0 && isOpen && bit === 0 ? view.length * 8 : found
}

function bitop(call: Call): void {
  const {argv, db, reply} = call
  const operation = OPERATIONS.get(argv[1]!.toLowerCase())
  if (operation === undefined) return reply.error(SYNTAX_ERROR)
  if (operation === 'not' && argv.length !== 4) {
    return reply.error('ERR BITOP NOT must be called with a single source key.')
  }
  const sources = sourcesOrReply(call)
  if (sources === undefined) return
  const target = argv[2]!
  const result = combineBits(operation, sources)
  if (result.length > 0) {
    db.set(target, storable(result))
    call.changed('$', 'set', target)
  } else if (db.get(target) !== undefined) {
    db.delete(target)
    call.changed('g', 'del', target)
  }
  reply.integer(result.length)
}

function sourcesOrReply(call: Call): Uint8Array[] | undefined {
  const sources: Uint8Array[] = []
  for (let at = 3; at < call.argv.length; at++) {
    const value = readString(call, call.argv[at]!)
    if (value === null) return undefined
    sources.push(value === undefined ? new Uint8Array() : stringView(value))
  }
  return sources
}

/** Short ones are raw too, as in Redis; long plain strings are raw anyway. */
function storable(bytes: Uint8Array): StringValue {
  const text: Bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  return isEmbedded(text.length) ? new MutableString(text) : text
}

export const bitmapFamily: CommandFamily = {
  group: 'bitmap',
  facts: bitmapFacts,
  handlers: {bitcount, bitfield, bitfield_ro: bitfieldReadOnly, bitop, bitpos, getbit, setbit},
}
