/** BITFIELD and BITFIELD_RO: integers of any width inside a string. */
import {type Bytes} from '../ports.js'
import {type Call} from '../server/call.js'
import {type BitFieldType, fitBitField, type Overflow, readBitField, writeBitField} from '../values/bitmap.js'
import {MutableString, type StringValue, toMutable} from '../values/string.js'
import {bigintOrReply, findString, readString, SYNTAX_ERROR} from './arguments.js'
import {fieldOffset} from './bit-offset.js'
import {fitsOrReply} from './string-reply.js'

const NOT_A_TYPE = 'ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.'
const NOT_AN_OFFSET = 'ERR bit offset is not an integer or out of range'

interface Operation {
  readonly kind: 'get' | 'set' | 'incrby'
  readonly type: BitFieldType
  readonly offset: number
  readonly operand: bigint
  readonly overflow: Overflow
}

export function bitfield(call: Call): void {
  const operations = parseOperations(call)
  if (operations === undefined) return
  const writes = operations.filter(({kind}) => kind !== 'get')
  if (writes.length === 0) return replyGets(call, operations)
  const {argv, db} = call
  const found = findString(call, argv[1]!)
  if (found === null) return
  const bytes = Math.max(...writes.map(({offset, type}) => Math.ceil((offset + type.bits) / 8)))
  if (!fitsOrReply(call, bytes)) return
  const value = toMutable(found === undefined ? '' : found)
  if (value !== found) db.setKeepingExpiry(argv[1]!, value)
  const isLonger = bytes > value.length
  value.grow(bytes)
  change(call, value, operations, isLonger)
}

export function bitfieldReadOnly(call: Call): void {
  const operations = parseOperations(call)
  if (operations === undefined) return
  if (operations.every(({kind}) => kind === 'get')) return replyGets(call, operations)
  call.reply.error('ERR BITFIELD_RO only supports the GET subcommand')
}

function parseOperations(call: Call): Operation[] | undefined {
  const {argv, reply} = call
  const operations: Operation[] = []
  let overflow: Overflow = 'wrap'
  for (let at = 2; at < argv.length;) {
    const word = argv[at]!.toLowerCase()
    if (word === 'overflow' && at + 1 < argv.length) {
      const mode = parseOverflow(argv[at + 1]!)
      if (mode === undefined) {
        reply.error('ERR Invalid OVERFLOW type specified')
        return undefined
      }
      overflow = mode
      at += 2
      continue
    }
    const kind = parseKind(word, argv.length - at - 1)
    if (kind === undefined) {
      reply.error(SYNTAX_ERROR)
      return undefined
    }
    const operation = parseOperation(call, at, kind, overflow)
    if (operation === undefined) return undefined
    operations.push(operation)
    at += kind === 'get' ? 3 : 4
  }
  return operations
}

function parseKind(word: string, wordsBehind: number): Operation['kind'] | undefined {
  if (word === 'get') return wordsBehind >= 2 ? word : undefined
  return (word === 'set' || word === 'incrby') && wordsBehind >= 3 ? word : undefined
}

function parseOperation(call: Call, at: number, kind: Operation['kind'], overflow: Overflow): Operation | undefined {
  const {argv, reply} = call
  const type = parseType(argv[at + 1]!)
  if (type === undefined) {
    reply.error(NOT_A_TYPE)
    return undefined
  }
  const offset = fieldOffset(argv[at + 2]!, type.bits)
  if (offset === undefined) {
    reply.error(NOT_AN_OFFSET)
    return undefined
  }
  if (kind === 'get') return {kind, type, offset, operand: 0n, overflow}
  const operand = bigintOrReply(call, at + 3)
  return operand === undefined ? undefined : {kind, type, offset, operand, overflow}
}

function parseOverflow(word: Bytes): Overflow | undefined {
  const mode = word.toLowerCase()
  return mode === 'wrap' || mode === 'sat' || mode === 'fail' ? mode : undefined
}

/** i1 to i64, u1 to u63: what a signed 64-bit reply can hold. */
function parseType(word: Bytes): BitFieldType | undefined {
  const match = /^([iu])([1-9]\d?)$/.exec(word)
  if (match === null) return undefined
  const signed = match[1] === 'i'
  const bits = Number(match[2])
  return bits <= (signed ? 64 : 63) ? {signed, bits} : undefined
}

function replyGets(call: Call, operations: readonly Operation[]): void {
  const value = readString(call, call.argv[1]!)
  if (value === null) return
  const source = value === undefined ? new MutableString() : byteSource(value)
  call.reply.array(operations.length)
  for (const {type, offset} of operations) call.reply.integer(readBitField(source, offset, type))
}

function byteSource(value: StringValue): {byteAt(index: number): number} {
  if (typeof value !== 'string') return value
  return {byteAt: (index) => (index < value.length ? value.charCodeAt(index) : 0)}
}

function change(call: Call, value: MutableString, operations: readonly Operation[], isLonger: boolean): void {
  const {argv, reply} = call
  let changes = 0
  reply.array(operations.length)
  for (const {kind, type, offset, operand, overflow} of operations) {
    const before = readBitField(value, offset, type)
    if (kind === 'get') {
      reply.integer(before)
      continue
    }
    const after =
      kind === 'set' ? fitBitField(operand, 0n, type, overflow) : fitBitField(before, operand, type, overflow)
    if (after === undefined) {
      reply.null()
      continue
    }
    writeBitField(value, offset, type, after)
    reply.integer(kind === 'set' ? before : after)
    if (isLonger || before !== after) changes++
  }
  if (changes > 0) call.changed('$', 'setbit', argv[1]!, changes)
}
