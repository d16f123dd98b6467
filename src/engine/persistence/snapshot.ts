/** A point-in-time image of all databases as an RDB file, written piece by piece between turns, without a fork. */
import {assert} from '../../model/assert.js'
import {Crc64} from '../../model/crc64.js'
import {SLOT_COUNT} from '../../model/slot.js'
import {type Bytes} from '../ports.js'
import {type ChangeObserver, type Database} from '../keyspace/database.js'
import {keySlot} from '../keyspace/key-slot.js'
import {type Value} from '../values/value.js'
import {OPCODE, RDB_MAGIC} from './rdb-format.js'
import {RdbOutput} from './rdb-output.js'
import {rdbTypeOf, writeValue} from './rdb-value.js'

/** Keys in one piece: small ones, well compressed, make few bytes of much work. */
const MOST_KEYS = 1000

/** The largest number that is a 64-bit integer: a time further off is no different. */
const LATEST_MS = 2 ** 63 - 1024

/** Name and value of each AUX field at the head of the file. */
export type AuxFields = readonly (readonly [name: string, value: Bytes])[]

interface Detached {
  readonly key: Bytes
  readonly value: Value
  readonly expireAtMs: number | undefined
}

/** How far one database is written. */
interface Progress {
  readonly database: Database
  /** Slots below it are done. */
  slot: number
  /** Keys of the slot in hand that are still to be looked at. */
  keys: Bytes[]
  /** Keys ahead that are written already, or were not there when the snapshot began. */
  readonly settled: Set<Bytes>
  /** What FLUSHDB took away: nobody else can change it any more. */
  detached: Detached[]
}

/**
 * Shows the data as they were when it was made. A key that is about to change is written first, as it still is (its pre-image), and
 * passed over later; a key that came later is never written. Order within a file is free, and a SELECTDB may come as often as
 * it must. Source: persistence.md §11, option 2.
 */
export class Snapshot implements ChangeObserver {
  readonly #progress: readonly Progress[]
  readonly #output = new RdbOutput()
  readonly #crc = new Crc64()
  readonly #keysTotal: number
  #keysWritten = 0
  #selected = -1
  #at = 0
  #isDone = false

  constructor(databases: readonly Database[], aux: AuxFields) {
    this.#progress = databases.map((database) => ({database, slot: -1, keys: [], settled: new Set(), detached: []}))
    this.#keysTotal = databases.reduce((sum, {size}) => sum + size, 0)
    this.#output.text(RDB_MAGIC)
    for (const [name, value] of aux) {
      this.#output.u8(OPCODE.aux)
      this.#output.string(name)
      this.#output.string(value)
    }
    for (const database of databases) {
      assert(database.observer === undefined, 'one snapshot at a time')
      database.observer = this
    }
    for (const database of databases) if (database.size > 0) this.#announce(database)
  }

  get isDone(): boolean {
    return this.#isDone
  }

  get keysTotal(): number {
    return this.#keysTotal
  }

  get keysWritten(): number {
    return this.#keysWritten
  }

  /** At most about `bytes` more of the file; one value is never divided. After the last piece `isDone` is true. */
  next(bytes: number): Uint8Array {
    assert(!this.#isDone, 'the snapshot is complete')
    const lastKey = this.#keysWritten + MOST_KEYS
    while (this.#output.length < bytes && this.#keysWritten < lastKey) {
      const progress = this.#progress[this.#at]
      if (progress === undefined) return this.#finish()
      if (!this.#writeNext(progress)) this.#at++
    }
    return this.#piece()
  }

  /** Lets go of the databases. A snapshot that is not read to its end must be abandoned. */
  abandon(): void {
    for (const {database} of this.#progress) if (database.observer === this) database.observer = undefined
  }

  beforeChange(database: Database, key: Bytes): void {
    const progress = this.#progress[database.index]!
    if (progress.settled.has(key)) return
    const slot = keySlot(key)
    if (slot < progress.slot) return
    progress.settled.add(key)
    const value = database.peek(key)
    if (value === undefined) return
    // A key of the slot in hand that is no longer among those to be looked at was written.
    this.#write(database, key, value, database.expiryOf(key))
  }

  beforeClear(database: Database): void {
    const progress = this.#progress[database.index]!
    const {detached} = progress
    for (let slot = Math.max(progress.slot, 0); slot < SLOT_COUNT; slot++) {
      for (const [key, value] of database.keysInSlot(slot)) {
        if (!progress.settled.has(key)) detached.push({key, value, expireAtMs: database.expiryOf(key)})
      }
    }
    progress.keys = []
    progress.slot = SLOT_COUNT
    progress.settled.clear()
  }

  beforeSwap(database: Database): void {
    const progress = this.#progress[database.index]!
    while (this.#writeNext(progress));
  }

  /** Hints for the loader: how large its tables will be. */
  #announce(database: Database): void {
    this.#select(database)
    this.#output.u8(OPCODE.resizeDb)
    this.#output.count(database.size)
    this.#output.count(database.expiringKeys)
  }

  #select(database: Database): void {
    if (this.#selected === database.index) return
    this.#selected = database.index
    this.#output.u8(OPCODE.selectDb)
    this.#output.count(database.index)
  }

  /** @returns false when the database is written */
  #writeNext(progress: Progress): boolean {
    const {database, settled, detached} = progress
    const taken = detached.pop()
    if (taken !== undefined) {
      this.#write(database, taken.key, taken.value, taken.expireAtMs)
      return true
    }
    const key = progress.keys.pop()
    if (key === undefined) return this.#enterNextSlot(progress)
    if (settled.has(key)) return true
    settled.add(key)
    const value = database.peek(key)
    if (value !== undefined) this.#write(database, key, value, database.expiryOf(key))
    return true
  }

  #enterNextSlot(progress: Progress): boolean {
    const {database, settled} = progress
    if (settled.size > 0 && progress.slot >= 0) {
      for (const key of database.keysInSlot(progress.slot).keys()) settled.delete(key)
    }
    do {
      progress.slot++
    } while (progress.slot < SLOT_COUNT && database.countKeysInSlot(progress.slot) === 0)
    if (progress.slot >= SLOT_COUNT) {
      settled.clear()
      return false
    }
    progress.keys = [...database.keysInSlot(progress.slot).keys()]
    return true
  }

  #write(database: Database, key: Bytes, value: Value, expireAtMs: number | undefined): void {
    const output = this.#output
    this.#select(database)
    if (expireAtMs !== undefined) {
      output.u8(OPCODE.expireMs)
      output.i64le(BigInt(Math.min(expireAtMs, LATEST_MS)))
    }
    output.u8(rdbTypeOf(value))
    output.string(key)
    writeValue(output, value)
    this.#keysWritten++
  }

  #finish(): Uint8Array {
    this.abandon()
    this.#output.u8(OPCODE.end)
    const last = this.#piece()
    this.#isDone = true
    return Buffer.concat([last, this.#crc.bytes()])
  }

  #piece(): Uint8Array {
    const bytes = this.#output.take()
    this.#crc.update(bytes)
    return bytes
  }
}
