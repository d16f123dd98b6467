/** Hash slots and the rule that maps keys to them (cluster specification, "Key distribution model" and "Hash tags"). */
import {crc16} from './crc16.js'

export const SLOT_COUNT = 16384

/** A hash slot: 0 … 16383. */
export type SlotId = number

const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/** The slot of a key. Only the first non-empty `{…}` counts where there is one, so related keys can share a slot. */
export function slotOf(key: Uint8Array): SlotId {
  const open = key.indexOf(OPEN_BRACE)
  if (open >= 0) {
    const close = key.indexOf(CLOSE_BRACE, open + 1)
    if (close > open + 1) return crc16(key, open + 1, close) % SLOT_COUNT
  }
  return crc16(key) % SLOT_COUNT
}

export function isSlot(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < SLOT_COUNT
}
