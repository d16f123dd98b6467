/** Ziplists: the packed form of small values before Redis 7.0. Only read. */
import {type Bytes} from '../ports.js'

const HEADER_BYTES = 10
const END = 0xff
const LARGE_PREVIOUS = 0xfe
const COUNT_UNKNOWN = 0xffff
/** Bytes of the integers by encoding. */
const INTEGER_BYTES: ReadonlyMap<number, number> = new Map([
  [0xc0, 2],
  [0xd0, 4],
  [0xe0, 8],
  [0xf0, 3],
  [0xfe, 1],
])

/** One entry's data and where the next begins. */
interface Entry {
  readonly item: Bytes
  readonly next: number
}

/** All items; undefined when anything in the bytes is not as it must be. */
export function decodeZiplist(bytes: Uint8Array): Bytes[] | undefined {
  if (bytes.length < HEADER_BYTES + 1) return undefined
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (buffer.readUInt32LE(0) !== bytes.length || buffer[bytes.length - 1] !== END) return undefined
  const items: Bytes[] = []
  const end = bytes.length - 1
  let [at, previousSize, lastStart] = [HEADER_BYTES, 0, HEADER_BYTES]
  while (at < end) {
    const isLarge = buffer[at] === LARGE_PREVIOUS
    const dataAt = at + (isLarge ? 5 : 1)
    if (dataAt >= end || (isLarge ? buffer.readUInt32LE(at + 1) : buffer[at]) !== previousSize) return undefined
    const entry = readEntry(buffer, dataAt, end)
    if (entry === undefined) return undefined
    items.push(entry.item)
    previousSize = entry.next - at
    lastStart = at
    at = entry.next
  }
  const count = buffer.readUInt16LE(8)
  const isSound = buffer.readUInt32LE(4) === lastStart && (count === COUNT_UNKNOWN || count === items.length)
  return isSound ? items : undefined
}

function readEntry(buffer: Buffer, at: number, end: number): Entry | undefined {
  const first = buffer[at]!
  if (first < 0x40) return readString(buffer, at + 1, first, end)
  if (first < 0x80) {
    return at + 2 > end ? undefined : readString(buffer, at + 2, ((first & 0x3f) << 8) | buffer[at + 1]!, end)
  }
  if (first < 0xc0) return at + 5 > end ? undefined : readString(buffer, at + 5, buffer.readUInt32BE(at + 1), end)
  if (first >= 0xf1 && first <= 0xfd) return {item: String(first - 0xf1), next: at + 1}
  const size = INTEGER_BYTES.get(first)
  if (size === undefined || at + 1 + size > end) return undefined
  const item = size === 8 ? String(buffer.readBigInt64LE(at + 1)) : String(buffer.readIntLE(at + 1, size))
  return {item, next: at + 1 + size}
}

function readString(buffer: Buffer, at: number, length: number, end: number): Entry | undefined {
  if (at + length > end) return undefined
  return {item: buffer.toString('latin1', at, at + length), next: at + length}
}
