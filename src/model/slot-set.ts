/** A set of hash slots: 16384 bits that read and print as "0-5460 6000". Never changed after it was made. */
import {assert} from './assert.js'
import {isSlot, SLOT_COUNT, type SlotId} from './slot.js'

/** First and last slot, both included. */
export type SlotRange = readonly [first: SlotId, last: SlotId]

/** Of 32 slots each: sets of a large cluster are compared and united by the thousand. */
const WORD_COUNT = SLOT_COUNT / 32

export class SlotSet implements Iterable<SlotId> {
  static readonly EMPTY: SlotSet = new SlotSet(new Int32Array(WORD_COUNT))
  static readonly ALL: SlotSet = SlotSet.fromRanges([[0, SLOT_COUNT - 1]])

  readonly #bits: Int32Array
  /** Counted when somebody asks. */
  #size = -1

  private constructor(bits: Int32Array) {
    this.#bits = bits
  }

  get size(): number {
    if (this.#size >= 0) return this.#size
    let size = 0
    for (let index = 0; index < WORD_COUNT; index++) size += ones(this.#bits[index]!)
    this.#size = size
    return size
  }

  static of(slots: Iterable<SlotId>): SlotSet {
    const bits = new Int32Array(WORD_COUNT)
    for (const slot of slots) {
      assert(isSlot(slot), 'a slot is an integer from 0 to 16383')
      bits[slot >> 5]! |= 1 << (slot & 31)
    }
    return new SlotSet(bits)
  }

  static fromRanges(ranges: Iterable<SlotRange>): SlotSet {
    const bits = new Int32Array(WORD_COUNT)
    for (const [first, last] of ranges) {
      assert(isSlot(first) && isSlot(last) && first <= last, 'a range runs from a slot to one not before it')
      setRange(bits, first, last)
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
    return ((this.#bits[slot >> 5] ?? 0) & (1 << (slot & 31))) !== 0
  }

  union(other: SlotSet): SlotSet {
    const bits = this.#bits.slice()
    for (let index = 0; index < WORD_COUNT; index++) bits[index]! |= other.#bits[index]!
    return new SlotSet(bits)
  }

  minus(other: SlotSet): SlotSet {
    if (!this.intersects(other)) return this
    const bits = this.#bits.slice()
    for (let index = 0; index < WORD_COUNT; index++) bits[index]! &= ~other.#bits[index]!
    return new SlotSet(bits)
  }

  intersection(other: SlotSet): SlotSet {
    const bits = this.#bits.slice()
    for (let index = 0; index < WORD_COUNT; index++) bits[index]! &= other.#bits[index]!
    return new SlotSet(bits)
  }

  /** Whether they have a slot in common. */
  intersects(other: SlotSet): boolean {
    for (let index = 0; index < WORD_COUNT; index++) {
      if ((this.#bits[index]! & other.#bits[index]!) !== 0) return true
    }
    return false
  }

  equals(other: SlotSet): boolean {
    if (this === other) return true
    for (let index = 0; index < WORD_COUNT; index++) {
      if (this.#bits[index] !== other.#bits[index]) return false
    }
    return true
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
    for (let index = 0; index < WORD_COUNT; index++) {
      // The lowest bit is taken out until none is left.
      for (let word = this.#bits[index]!; word !== 0; word &= word - 1) {
        yield index * 32 + 31 - Math.clz32(word & -word)
      }
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

  /** The first slot from `start` on that is in the set, or is not; SLOT_COUNT when there is none. Whole words at a time. */
  #next(present: boolean, start: number): number {
    const none = present ? 0 : -1
    let slot = start
    while (slot < SLOT_COUNT && this.has(slot) !== present) {
      slot += (slot & 31) === 0 && this.#bits[slot >> 5] === none ? 32 : 1
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

/** Whole words at a time. */
function setRange(bits: Int32Array, first: SlotId, last: SlotId): void {
  const [firstWord, lastWord] = [first >> 5, last >> 5]
  const fromFirst = -1 << (first & 31)
  const upToLast = -1 >>> (31 - (last & 31))
  if (firstWord === lastWord) {
    bits[firstWord]! |= fromFirst & upToLast
    return
  }
  bits[firstWord]! |= fromFirst
  bits.fill(-1, firstWord + 1, lastWord)
  bits[lastWord]! |= upToLast
}

/** Bits set in a word: pairs, nibbles and bytes are added up side by side. */
function ones(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555)
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
