/** A set of hash slots: 16384 bits that read and print as "0-5460 6000". Never changed after it was made. */
import {assert} from './assert.js'
import {isSlot, SLOT_COUNT, type SlotId} from './slot.js'

/** First and last slot, both included. */
export type SlotRange = readonly [first: SlotId, last: SlotId]

/** Bits set, by byte. */
const ONES = Uint8Array.from({length: 256}, (_, byte) => byte.toString(2).replaceAll('0', '').length)

export class SlotSet implements Iterable<SlotId> {
  static readonly EMPTY: SlotSet = new SlotSet(new Uint8Array(SLOT_COUNT / 8))
  static readonly ALL: SlotSet = SlotSet.fromRanges([[0, SLOT_COUNT - 1]])

  readonly size: number
  readonly #bits: Uint8Array

  private constructor(bits: Uint8Array) {
    this.#bits = bits
    let size = 0
    for (const byte of bits) size += ONES[byte]!
    this.size = size
  }

  static of(slots: Iterable<SlotId>): SlotSet {
    const bits = new Uint8Array(SLOT_COUNT / 8)
    for (const slot of slots) {
      assert(isSlot(slot), 'a slot is an integer from 0 to 16383')
      bits[slot >> 3]! |= 1 << (slot & 7)
    }
    return new SlotSet(bits)
  }

  static fromRanges(ranges: Iterable<SlotRange>): SlotSet {
    const bits = new Uint8Array(SLOT_COUNT / 8)
    for (const [first, last] of ranges) {
      assert(isSlot(first) && isSlot(last) && first <= last, 'a range runs from a slot to one not before it')
      for (let slot = first; slot <= last; slot++) bits[slot >> 3]! |= 1 << (slot & 7)
    }
    return new SlotSet(bits)
  }

  /** Reads "0-5460 6000" (spaces or commas between). `undefined` when the text is anything else. */
  static parse(text: string): SlotSet | undefined {
    const ranges: SlotRange[] = []
    for (const word of text.split(/[\s,]+/).filter(Boolean)) {
      const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(word)
      if (match === null) return undefined
      const first = Number(match[1])
      const last = match[2] === undefined ? first : Number(match[2])
      if (!isSlot(first) || !isSlot(last) || first > last) return undefined
      ranges.push([first, last])
    }
    return SlotSet.fromRanges(ranges)
  }

  has(slot: SlotId): boolean {
    return ((this.#bits[slot >> 3] ?? 0) & (1 << (slot & 7))) !== 0
  }

  union(other: SlotSet): SlotSet {
    return new SlotSet(this.#bits.map((byte, index) => byte | other.#bits[index]!))
  }

  minus(other: SlotSet): SlotSet {
    return new SlotSet(this.#bits.map((byte, index) => byte & ~other.#bits[index]!))
  }

  intersection(other: SlotSet): SlotSet {
    return new SlotSet(this.#bits.map((byte, index) => byte & other.#bits[index]!))
  }

  equals(other: SlotSet): boolean {
    return this.size === other.size && this.#bits.every((byte, index) => byte === other.#bits[index])
  }

  /** The `count` lowest slots, or all when there are fewer. */
  lowest(count: number): SlotSet {
    const taken: SlotId[] = []
    for (const slot of this) {
      if (taken.length >= count) break
      taken.push(slot)
    }
    return SlotSet.of(taken)
  }

  *[Symbol.iterator](): Iterator<SlotId> {
    for (let index = 0; index < this.#bits.length; index++) {
      const byte = this.#bits[index]!
      if (byte === 0) continue
      for (let bit = 0; bit < 8; bit++) if (byte & (1 << bit)) yield index * 8 + bit
    }
  }

  /** Maximal runs of neighbouring slots, lowest first. */
  ranges(): SlotRange[] {
    const ranges: SlotRange[] = []
    for (let first = this.#next(true, 0); first < SLOT_COUNT;) {
      const end = this.#next(false, first)
      ranges.push([first, end - 1])
      first = this.#next(true, end)
    }
    return ranges
  }

  /** The first slot from `start` on that is in the set, or is not; SLOT_COUNT when there is none. Whole bytes at a time. */
  #next(present: boolean, start: number): number {
    const none = present ? 0x00 : 0xff
    let slot = start
    while (slot < SLOT_COUNT && this.has(slot) !== present) {
      slot += (slot & 7) === 0 && this.#bits[slot >> 3] === none ? 8 : 1
    }
    return slot
  }

  /** "0-5460 6000": the words of CLUSTER NODES. */
  toString(): string {
    return this.ranges()
      .map(([first, last]) => (first === last ? String(first) : `${first}-${last}`))
      .join(' ')
  }

  toJSON(): string {
    return this.toString()
  }
}
