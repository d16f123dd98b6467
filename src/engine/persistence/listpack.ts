/** Listpacks: the packed form of small hashes and sorted sets, of list nodes, and since Redis 7.2 of small sets. */
import {type Bytes} from '../ports.js'
import {isCanonicalInteger} from '../values/integer.js'
import {backLengthSize, EMPTY_LISTPACK_BYTES, integerSize, packedSize, stringSize} from '../values/packed-size.js'

const HEADER_BYTES = 6
const END = 0xff
const COUNT_UNKNOWN = 0xffff

/** Packs items; texts of 64-bit integers become integers, as in Redis. */
export function encodeListpack(items: readonly Bytes[]): Uint8Array {
  let size = EMPTY_LISTPACK_BYTES
  for (const item of items) size += packedSize(item)
  const bytes = Buffer.allocUnsafe(size)
  bytes.writeUInt32LE(size, 0)
  bytes.writeUInt16LE(Math.min(items.length, COUNT_UNKNOWN), 4)
  let at = HEADER_BYTES
  for (const item of items) at = writeItem(bytes, at, item)
  bytes[at] = END
  return bytes
}

/** All items; undefined when anything in the bytes is not as it must be. */
export function decodeListpack(bytes: Uint8Array): Bytes[] | undefined {
  if (bytes.length < EMPTY_LISTPACK_BYTES) return undefined
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (buffer.readUInt32LE(0) !== bytes.length || buffer[bytes.length - 1] !== END) return undefined
  const items: Bytes[] = []
  const end = bytes.length - 1
  let at = HEADER_BYTES
  while (at < end) {
    const body = bodySize(buffer, at, end)
    const next = at + body + backLengthSize(body)
    if (body === 0 || next > end || !hasBackLength(buffer, at + body, body)) return undefined
    items.push(readItem(buffer, at, body))
    at = next
  }
  const count = buffer.readUInt16LE(4)
  return count === COUNT_UNKNOWN || count === items.length ? items : undefined
}

function writeItem(bytes: Buffer, at: number, item: Bytes): number {
  if (item.length <= 20 && isCanonicalInteger(item)) {
    const size = integerSize(Number(item))
    writeInteger(bytes, at, item, size)
    return writeBackLength(bytes, at + size, size)
  }
  const size = stringSize(item.length)
  if (item.length < 64) {
    bytes[at] = 0x80 | item.length
  } else if (item.length < 4096) {
    bytes[at] = 0xe0 | (item.length >>> 8)
    bytes[at + 1] = item.length & 0xff
  } else {
    bytes[at] = 0xf0
    bytes.writeUInt32LE(item.length, at + 1)
  }
  bytes.write(item, at + size - item.length, 'latin1')
  return writeBackLength(bytes, at + size, size)
}

function writeInteger(bytes: Buffer, at: number, text: Bytes, size: number): void {
  const value = Number(text)
  if (size === 1) {
    bytes[at] = value
  } else if (size === 2) {
    bytes[at] = 0xc0 | ((value >> 8) & 0x1f)
    bytes[at + 1] = value & 0xff
  } else if (size === 9) {
    bytes[at] = 0xf4
    bytes.writeBigInt64LE(BigInt(text), at + 1)
  } else {
    bytes[at] = 0xf1 + size - 3
    bytes.writeIntLE(value, at + 1, size - 1)
  }
}

/** Groups of seven bits, the most significant first; all but the first are marked. */
function writeBackLength(bytes: Buffer, at: number, body: number): number {
  const size = backLengthSize(body)
  let left = body
  for (let index = size - 1; index >= 0; index--) {
    bytes[at + index] = (left & 127) | (index === 0 ? 0 : 128)
    left = Math.floor(left / 128)
  }
  return at + size
}

function hasBackLength(bytes: Buffer, at: number, body: number): boolean {
  const size = backLengthSize(body)
  let left = body
  for (let index = size - 1; index >= 0; index--) {
    if (bytes[at + index] !== ((left & 127) | (index === 0 ? 0 : 128))) return false
    left = Math.floor(left / 128)
  }
  return true
}

/** Bytes of encoding and data; 0 when the encoding is unknown or its own length is not all there. */
function bodySize(bytes: Buffer, at: number, end: number): number {
  const first = bytes[at]!
  if (first < 0x80) return 1
  if (first < 0xc0) return 1 + (first & 0x3f)
  if (first < 0xe0) return 2
  if (first < 0xf0) return at + 2 > end ? 0 : 2 + (((first & 0x0f) << 8) | bytes[at + 1]!)
  if (first === 0xf0) return at + 5 > end ? 0 : 5 + bytes.readUInt32LE(at + 1)
  return first <= 0xf3 ? first - 0xf1 + 3 : first === 0xf4 ? 9 : 0
}

function readItem(bytes: Buffer, at: number, body: number): Bytes {
  const first = bytes[at]!
  if (first < 0x80) return String(first)
  if (first < 0xc0) return bytes.toString('latin1', at + 1, at + body)
  if (first < 0xe0) return String(((((first & 0x1f) << 8) | bytes[at + 1]!) << 19) >> 19)
  if (first < 0xf0) return bytes.toString('latin1', at + 2, at + body)
  if (first === 0xf0) return bytes.toString('latin1', at + 5, at + body)
  return first === 0xf4 ? String(bytes.readBigInt64LE(at + 1)) : String(bytes.readIntLE(at + 1, body - 1))
}
