/** Many keys in little memory: some 50 bytes each and their names, so that a key that is missing later can be named. */
import type {SlotId} from '../../model/slot.js'
import {digestOfKey, type KeyRecord} from './key-record.js'

const FIRST_CAPACITY = 1024
/** Of longer names only the beginning is kept; their digests are of the whole. */
const LONGEST_NAME = 1024
const NAMES_CHUNK_BYTES = 1024 * 1024

/** A key of a table, by its row. */
export type Row = number

export class KeyTable {
  #size = 0
  #capacity = 0
  /** Four words of key digest and value digest each: 64 bits of one, 64 of the other. */
  #digests = new Uint32Array(0)
  #times = new Float64Array(0)
  #slots = new Uint16Array(0)
  #databases = new Uint16Array(0)
  #names = new Float64Array(0)
  readonly #chunks: Buffer[] = []
  #chunkUsed = NAMES_CHUNK_BYTES
  /** Open addressing: row + 1, or 0. */
  #index = new Int32Array(0)

  get size(): number {
    return this.#size
  }

  /** A key that is there already (SCAN tells some twice; two nodes can both have it) is not added again. @returns its row */
  add(record: KeyRecord): Row {
    if (this.#size === this.#capacity) this.#grow()
    const {a, b} = digestOfKey(record)
    const place = this.#place(a, b)
    const found = this.#index[place]!
    if (found > 0) return found - 1
    const row = this.#size++
    this.#index[place] = row + 1
    const value = record.value ?? UNKNOWN
    this.#digests.set([a, b, value.a, value.b], row * 4)
    this.#times[row] = record.expireAtMs
    this.#slots[row] = record.slot
    this.#databases[row] = record.database
    this.#names[row] = this.#keepName(record.key)
    return row
  }

  has(record: KeyRecord): boolean {
    if (this.#size === 0) return false
    const {a, b} = digestOfKey(record)
    return this.#index[this.#place(a, b)]! > 0
  }

  /** The row of the same key. */
  find(other: KeyTable, row: Row): Row | undefined {
    if (this.#size === 0) return undefined
    const found = this.#index[this.#place(other.#digests[row * 4]!, other.#digests[row * 4 + 1]!)]!
    return found > 0 ? found - 1 : undefined
  }

  /** Whether both hold the same value; `undefined` where one of them could not be read. */
  sameValue(row: Row, other: KeyTable, otherRow: Row): boolean | undefined {
    const [one, two] = [row * 4 + 2, otherRow * 4 + 2]
    const isKnown = (table: KeyTable, at: number): boolean => table.#digests[at] !== 0 || table.#digests[at + 1] !== 0
    if (!isKnown(this, one) || !isKnown(other, two)) return undefined
    return this.#digests[one] === other.#digests[two] && this.#digests[one + 1] === other.#digests[two + 1]
  }

  /** Unix ms; 0: lives on. */
  expireAtMs(row: Row): number {
    return this.#times[row]!
  }

  slot(row: Row): SlotId {
    return this.#slots[row]!
  }

  database(row: Row): number {
    return this.#databases[row]!
  }

  /** Its first 1,024 bytes. */
  name(row: Row): Uint8Array {
    const at = this.#names[row]!
    const chunk = this.#chunks[Math.floor(at / NAMES_CHUNK_BYTES)]!
    const from = at % NAMES_CHUNK_BYTES
    return chunk.subarray(from + 2, from + 2 + chunk.readUInt16LE(from))
  }

  /** @returns where it stands: no name lies across two chunks */
  #keepName(key: Uint8Array): number {
    const length = Math.min(key.length, LONGEST_NAME)
    if (this.#chunkUsed + length + 2 > NAMES_CHUNK_BYTES) {
      this.#chunks.push(Buffer.allocUnsafe(NAMES_CHUNK_BYTES))
      this.#chunkUsed = 0
    }
    const chunk = this.#chunks.at(-1)!
    const from = this.#chunkUsed
    chunk.writeUInt16LE(length, from)
    chunk.set(key.length > length ? key.subarray(0, length) : key, from + 2)
    this.#chunkUsed += length + 2
    return (this.#chunks.length - 1) * NAMES_CHUNK_BYTES + from
  }

  /** Where a key is in the index, or would be. The index is never full. */
  #place(a: number, b: number): number {
    const mask = this.#index.length - 1
    let place = a & mask
    for (let row = this.#index[place]!; row > 0; row = this.#index[place]!) {
      if (this.#digests[(row - 1) * 4] === a && this.#digests[(row - 1) * 4 + 1] === b) return place
      place = (place + 1) & mask
    }
    return place
  }

  #grow(): void {
    this.#capacity = Math.max(FIRST_CAPACITY, this.#capacity * 2)
    this.#digests = widened(this.#digests, new Uint32Array(this.#capacity * 4))
    this.#times = widened(this.#times, new Float64Array(this.#capacity))
    this.#slots = widened(this.#slots, new Uint16Array(this.#capacity))
    this.#databases = widened(this.#databases, new Uint16Array(this.#capacity))
    this.#names = widened(this.#names, new Float64Array(this.#capacity))
    this.#index = new Int32Array(this.#capacity * 2)
    for (let row = 0; row < this.#size; row++) {
      this.#index[this.#place(this.#digests[row * 4]!, this.#digests[row * 4 + 1]!)] = row + 1
    }
  }
}

/** Stands for a value that could not be read: no other has this digest but once in 2^64. */
const UNKNOWN = {a: 0, b: 0} as const

function widened<List extends {set(other: List): void}>(from: List, into: List): List {
  into.set(from)
  return into
}
