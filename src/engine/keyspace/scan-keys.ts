/** SCAN over a database: slot by slot, and inside a slot too large for one reply with an iterator that waits. */
import {SLOT_COUNT} from '../../model/slot.js'
import {type Bytes} from '../ports.js'
import {drawFrom} from '../values/scan.js'
import {type Database} from './database.js'

/** A slot with no more keys than this is told at once, whatever COUNT says. */
const WHOLE_SLOT_KEYS = 64

/**
 * Appends about `count` keys to `found`, expired ones included, and returns the next cursor, 0 at the end.
 * A cursor is a slot, plus 16384 times the number of an iterator that waits inside that slot; when that is forgotten, the slot is
 * told from its beginning again, so that a key that is there all the time is never missed.
 */
export function scanKeys(database: Database, cursor: number, count: number, found: Bytes[]): number {
  const most = found.length + count
  let slot = cursor % SLOT_COUNT
  let waiting = Math.floor(cursor / SLOT_COUNT)
  for (; slot < SLOT_COUNT; slot++, waiting = 0) {
    const keys = database.keysInSlot(slot)
    if (keys.size === 0 || database.isHidden(slot)) continue
    const left = most - found.length
    if (left <= 0) return slot
    if (waiting === 0 && keys.size <= Math.max(left, WHOLE_SLOT_KEYS)) {
      for (const key of keys.keys()) found.push(key)
      continue
    }
    const {cursors} = database
    const iterator = cursors.resume(waiting, keys, () => keys.keys())
    if (drawFrom(iterator, left, (key) => found.push(key))) return slot + SLOT_COUNT * cursors.keep(keys, iterator)
  }
  return 0
}
