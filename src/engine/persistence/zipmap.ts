/** Zipmaps: the packed form of small hashes before Redis 2.6. Only read. */
import {type Bytes} from '../ports.js'

const END = 0xff
const LARGE_LENGTH = 0xfe
const COUNT_UNKNOWN = 254

/** Fields and values by turns; undefined when anything in the bytes is not as it must be. */
export function decodeZipmap(bytes: Uint8Array): Bytes[] | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = bytes.length - 1
  if (end < 1 || buffer[end] !== END) return undefined
  const items: Bytes[] = []
  let at = 1
  while (at < end) {
    const isValue = items.length % 2 === 1
    const isLarge = buffer[at] === LARGE_LENGTH
    if (buffer[at] === END || at + (isLarge ? 5 : 1) + 1 > end) return undefined
    const length = isLarge ? buffer.readUInt32LE(at + 1) : buffer[at]!
    at += isLarge ? 5 : 1
    // Behind a value's length: how many bytes stand unused behind the value.
    const unused = isValue ? buffer[at++]! : 0
    if (at + length + unused > end) return undefined
    items.push(buffer.toString('latin1', at, at + length))
    at += length + unused
  }
  const count = buffer[0]!
  const isSound = items.length % 2 === 0 && (count >= COUNT_UNKNOWN || count === items.length / 2)
  return isSound ? items : undefined
}
