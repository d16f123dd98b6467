/** Intsets: the packed form of small sets of integers. */
import {type Bytes} from '../ports.js'

const HEADER_BYTES = 8
const WIDTHS = [2, 4, 8]

/** Packs canonical integers that stand in ascending order. */
export function encodeIntset(members: readonly Bytes[]): Uint8Array {
  let width = 2
  for (const member of members) width = Math.max(width, widthOf(Number(member)))
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + members.length * width)
  bytes.writeUInt32LE(width, 0)
  bytes.writeUInt32LE(members.length, 4)
  let at = HEADER_BYTES
  for (const member of members) {
    if (width === 8) bytes.writeBigInt64LE(BigInt(member), at)
    else bytes.writeIntLE(Number(member), at, width)
    at += width
  }
  return bytes
}

/** All members; undefined when the size is wrong or they do not ascend. */
export function decodeIntset(bytes: Uint8Array): Bytes[] | undefined {
  if (bytes.length < HEADER_BYTES) return undefined
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const [width, count] = [buffer.readUInt32LE(0), buffer.readUInt32LE(4)]
  if (!WIDTHS.includes(width) || bytes.length !== HEADER_BYTES + width * count) return undefined
  const members: Bytes[] = []
  let last: bigint | number = -Infinity
  for (let at = HEADER_BYTES; at < bytes.length; at += width) {
    const member: bigint | number = width === 8 ? buffer.readBigInt64LE(at) : buffer.readIntLE(at, width)
    if (member <= last) return undefined
    members.push(String(member))
    last = member
  }
  return members
}

/** Numbers beyond 2^53 may be rounded: they are all wider than 32 bits. */
function widthOf(value: number): number {
  if (value >= -0x8000 && value <= 0x7fff) return 2
  return value >= -0x80000000 && value <= 0x7fffffff ? 4 : 8
}
