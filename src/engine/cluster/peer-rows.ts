/**
 * What gossip looks at of each node, side by side. A packet brings news of a tenth of the nodes, and nearly none of it is new: to see that must
 * not take a look at a hundred objects that lie anywhere in memory. A row is half a line of the processor's cache.
 */

const ROW_DOUBLES = 4
const ROW_WORDS = 8
const FIRST_ROOM = 16

/** Places of a row, in doubles: unix ms, 0 for never. */
export const TIME = {PONG_RECEIVED: 0, PING_SENT: 1} as const

/** Places of a row, in 32-bit words. */
export const WORD = {
  /** The node's flags, and the two below. */
  FLAGS: 4,
  /** The edition of its image that tells the address at which I believe it to be: `NodeNames`. 0: not looked at yet. */
  EDITION: 5,
  /** Its number in `NodeNames`. */
  NAME: 6,
  /** Number of the last packet that gossiped about it: none does so twice. */
  MARK: 7,
} as const

/** Beside the flags of the bus, which have sixteen bits. */
export const OWN_FLAG = {
  /** Somebody reports it. */
  REPORTED: 0x1_0000,
  /** There is a link to it. */
  LINKED: 0x2_0000,
} as const

/** The flags of the bus. */
export const BUS_FLAGS = 0xffff

export class PeerRows {
  /** Read and written in place by who goes through many rows. */
  times: Float64Array
  words: Uint32Array

  constructor(rows = FIRST_ROOM) {
    const buffer = new ArrayBuffer(rows * ROW_WORDS * 4)
    this.times = new Float64Array(buffer)
    this.words = new Uint32Array(buffer)
  }

  /** An empty row for a node. */
  clear(row: number): void {
    if ((row + 1) * ROW_WORDS > this.words.length) this.#grow(row)
    this.words.fill(0, row * ROW_WORDS, (row + 1) * ROW_WORDS)
  }

  /** A copy of one row, in a table of its own, as its row 0: what is left of a node that has left. */
  alone(row: number): PeerRows {
    const copy = new PeerRows(1)
    copy.words.set(this.words.subarray(row * ROW_WORDS, (row + 1) * ROW_WORDS))
    return copy
  }

  #grow(row: number): void {
    const grown = new PeerRows(2 * (row + 1))
    grown.words.set(this.words)
    this.times = grown.times
    this.words = grown.words
  }
}

/** Where a row begins. */
export const timeAt = (row: number, time: number): number => row * ROW_DOUBLES + time
export const wordAt = (row: number, word: number): number => row * ROW_WORDS + word
