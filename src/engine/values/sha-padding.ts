/** What SHA-1 and SHA-256 do to a message first: fill it up to whole blocks. Source: FIPS 180-4, 5.1.1. */
import {type Bytes} from '../ports.js'

/** The message, a one bit, zeros, and its length in bits as 64 bits: a multiple of 64 bytes. */
export function padBlocks(text: Bytes): DataView {
  const blocks = new DataView(new ArrayBuffer(Math.ceil((text.length + 9) / 64) * 64))
  for (let at = 0; at < text.length; at++) blocks.setUint8(at, text.charCodeAt(at))
  blocks.setUint8(text.length, 0x80)
  blocks.setBigUint64(blocks.byteLength - 8, BigInt(text.length) * 8n)
  return blocks
}
