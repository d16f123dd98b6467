/** The slot of a key held as a latin1 string: CRC16 of it, or of its hash tag. */
import {type Bytes} from '../ports.js'
import {SLOT_COUNT} from '../../model/slot.js'

const POLYNOMIAL = 0x1021

const TABLE = new Uint16Array(256)
for (let byte = 0; byte < 256; byte++) {
  let crc = byte << 8
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ POLYNOMIAL : crc << 1
  TABLE[byte] = crc & 0xffff
}

/** Longer keys are not remembered: the memory they take would be held. */
const REMEMBERED_BYTES = 256

let lastKey: Bytes = ''
let lastSlot = 0

/** The slot of a key. The last one is remembered: one command asks for the same key several times, here and there. */
export function keySlot(key: Bytes): number {
  if (key === lastKey) return lastSlot
  const slot = hashSlot(key)
  if (key.length <= REMEMBERED_BYTES) {
    lastKey = key
    lastSlot = slot
  }
  return slot
}

/** Source: the cluster specification, "Key hash tags": what stands between the first `{` and the next `}`, if anything does. */
function hashSlot(key: Bytes): number {
  let from = 0
  let to = key.length
  const open = key.indexOf('{')
  if (open >= 0) {
    const close = key.indexOf('}', open + 1)
    if (close > open + 1) {
      from = open + 1
      to = close
    }
  }
  let crc = 0
  for (let at = from; at < to; at++) crc = ((crc << 8) & 0xffff) ^ TABLE[(crc >> 8) ^ key.charCodeAt(at)]!
  return crc & (SLOT_COUNT - 1)
}
