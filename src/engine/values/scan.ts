/** What SCAN, HSCAN, SSCAN and ZSCAN promise, kept without the hash table whose buckets Redis' cursors count. */
import {LIMITS} from '../limits.js'

/** Collections of this kind (listpack, intset) are told whole, with cursor 0, whatever COUNT says. */
export const FINISHED_CURSOR = 0

interface Waiting {
  readonly owner: object
  readonly iterator: Iterator<unknown>
}

/**
 * Iterators that wait for their client's next call. JavaScript's Map and Set iterators survive any change of what they walk, and
 * meet every element that is there from first to last: just what SCAN guarantees. A cursor is used once. One that is unknown
 * (forgotten to keep within the limit, used already, of another collection) starts from the beginning: elements may then be told
 * twice, which the guarantee allows, but none is missed.
 */
export class CursorShelf {
  readonly #limit: number
  /** By cursor; the order of insertion is the order of age. */
  readonly #waiting = new Map<number, Waiting>()
  #lastCursor: number

  /** `firstCursor`: something that differs between nodes, so that a cursor of one is unlikely to mean anything to another. */
  constructor(limit: number = LIMITS.scanCursors, firstCursor = 0) {
    this.#limit = limit
    this.#lastCursor = firstCursor
  }

  /**
   * Goes on with the walk over `owner` that `cursor` stands for, or begins one with `start`. The caller draws what it wants, then
   * calls `keep` unless the iterator has ended. `owner` is the object walked: a key that was deleted and made anew is another one.
   */
  resume<T>(cursor: number, owner: object, start: () => Iterator<T>): Iterator<T> {
    const waiting = this.#waiting.get(cursor)
    if (waiting?.owner !== owner) return start()
    this.#waiting.delete(cursor)
    return waiting.iterator as Iterator<T>
  }

  /** Lets an iterator wait, and returns the cursor to tell the client: never 0, never told before. */
  keep(owner: object, iterator: Iterator<unknown>): number {
    if (this.#waiting.size >= this.#limit) {
      const [oldest] = this.#waiting.keys()
      if (oldest !== undefined) this.#waiting.delete(oldest)
    }
    this.#lastCursor++
    this.#waiting.set(this.#lastCursor, {owner, iterator})
    return this.#lastCursor
  }

  /** Drops all walks over something that is gone (FLUSHALL), which they would otherwise keep in memory. */
  forget(owner: object): void {
    for (const [cursor, waiting] of this.#waiting) if (waiting.owner === owner) this.#waiting.delete(cursor)
  }

  get size(): number {
    return this.#waiting.size
  }
}

/** Draws up to `count` elements into `visit`; false when the iterator has ended. */
export function drawFrom<T>(iterator: Iterator<T>, count: number, visit: (element: T) => void): boolean {
  for (let drawn = 0; drawn < count; drawn++) {
    const next = iterator.next()
    if (next.done === true) return false
    visit(next.value)
  }
  return true
}
