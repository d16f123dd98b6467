/** A point-in-time image of all databases, written piece by piece between turns, without a fork. */
import {assert} from '../../model/assert.js'
import {type SlotSet} from '../../model/slot-set.js'
import {SLOT_COUNT} from '../../model/slot.js'
import {type Bytes} from '../ports.js'
import {type ChangeObserver, type Database, type KeyContents} from '../keyspace/database.js'
import {keySlot} from '../keyspace/key-slot.js'
import {ShardedSet} from '../values/element-image.js'
import {type Value} from '../values/value.js'
import {type AuxFields, type ImageFormat} from './image-format.js'
import {closeLong, isLong, type LongSource, openLong, weigh} from './long-value.js'
import {RdbImage} from './rdb-image.js'

export type {AuxFields} from './image-format.js'

export interface SnapshotOptions {
  /** Default: an RDB file. */
  readonly format?: ImageFormat
  /** Nothing changes before it is written to its end: then nobody needs to be watched, and others may be under way. */
  readonly isImmediate?: boolean
  /** Only the keys of these slots. Default: all. */
  readonly slots?: SlotSet
}

/** What a key costs besides its bytes, in bytes that could be written instead: small ones, well compressed, make much work. */
const KEY_BYTES = 256
/** A slot with more keys than this (they share a hash tag) has its settled keys in shards. */
const CROWDED_SLOT_KEYS = 4096
/** A slot is written at once up to here: then it need not be known which of its keys are written. */
const SLOT_AT_ONCE_BYTES = 64 * 1024

/**
 * The first pieces of a snapshot are small: nothing of the code that writes them is compiled yet, which makes it some thirty times
 * slower, and a node must not stand still for that.
 */
const FIRST_PIECE_BYTES = 2 * 1024
const PIECE_GROWTH = 1.3

/** The keys of a slot that are written already, or were not there when the snapshot began. */
interface KeySet {
  has(key: Bytes): boolean
  add(key: Bytes): unknown
}

/** One database as it was, and how far it is written. */
interface Progress {
  readonly db: number
  readonly sizes: {readonly keys: number; readonly expiring: number}
  readonly contents: KeyContents
  /** Slots below it are done. */
  slot: number
  /** The slot in hand, when it is too much to be written at once: a live walk. */
  walk: Iterator<[Bytes, Value]> | undefined
  readonly settled: Map<number, KeySet>
  isAnnounced: boolean
}

/** A pre-image: a key that was about to change, to be written before anything else. */
type Ahead = {readonly progress: Progress} & (
  | {readonly kind: 'encoded'; readonly bytes: Uint8Array}
  | {readonly kind: 'string'; readonly key: Bytes; readonly value: Bytes; readonly expireAtMs: number | undefined}
  | LongKey
)

/** A long value in hand, or waiting for it; `value` is the live one. */
interface LongKey {
  readonly kind: 'long'
  readonly key: Bytes
  readonly value: Value
  readonly source: LongSource
  readonly expireAtMs: number | undefined
}

/**
 * Shows the data as they were when it was made. A key that is about to change is put aside as it still is (its pre-image), and
 * passed over later; a key that came later is never written. A large value is put aside element by element. Order within a file is
 * free, and a database may be selected as often as it must. Source: persistence.md §11, option 2.
 */
export class Snapshot implements ChangeObserver {
  readonly #databases: readonly Database[]
  readonly #all: readonly Progress[]
  /** By database number: whose keys it holds now. FLUSHALL leaves none, SWAPDB trades them. */
  readonly #holds: (Progress | undefined)[] = []
  readonly #format: ImageFormat
  readonly #isImmediate: boolean
  readonly #slots: SlotSet | undefined
  readonly #keysTotal: number
  readonly #ahead: Ahead[] = []
  #steps: Iterator<number, void> | undefined
  #long: Value | undefined
  #keysWritten = 0
  #selected: Progress | undefined
  #at = 0
  #mostBytes = FIRST_PIECE_BYTES
  #isDone = false

  constructor(databases: readonly Database[], aux: AuxFields, options: SnapshotOptions = {}) {
    const {format = new RdbImage(), isImmediate = false, slots} = options
    this.#databases = databases
    this.#format = format
    this.#isImmediate = isImmediate
    this.#slots = slots
    this.#all = databases.filter(({size}) => size > 0).map((database) => beginProgress(database))
    for (const progress of this.#all) this.#holds[progress.db] = progress
    this.#keysTotal = this.#all.reduce((sum, {sizes}) => sum + sizes.keys, 0)
    format.begin(aux)
    if (isImmediate) return
    for (const database of databases) {
      assert(database.observer === undefined, 'one snapshot at a time')
      database.observer = this
    }
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

  /** At most about `bytes` more of the image, or as much work. After the last piece `isDone` is true. */
  next(bytes: number): Uint8Array {
    assert(!this.#isDone, 'the snapshot is complete')
    const format = this.#format
    const most = this.#isImmediate ? bytes : Math.min(bytes, this.#mostBytes)
    this.#mostBytes *= PIECE_GROWTH
    for (let left = most; left > 0 && format.length < most;) {
      const cost = this.#step()
      if (cost === undefined) return this.#finish()
      left -= cost
    }
    return format.take()
  }

  /** Lets go of the databases. A snapshot that is not read to its end must be abandoned. */
  abandon(): void {
    for (const database of this.#databases) if (database.observer === this) database.observer = undefined
    if (this.#long !== undefined) closeLong(this.#long)
    for (const ahead of this.#ahead) if (ahead.kind === 'long') closeLong(ahead.value)
    this.#ahead.length = 0
  }

  /** A piece has been written by whoever drew it, and may be written over. */
  giveBack(bytes: Uint8Array): void {
    this.#format.giveBack(bytes)
  }

  beforeChange(database: Database, key: Bytes): void {
    const progress = this.#holds[database.index]
    if (progress === undefined) return
    const slot = keySlot(key)
    if (slot < progress.slot || this.#slots?.has(slot) === false) return
    const settled = settledIn(progress, slot)
    if (settled.has(key)) return
    settled.add(key)
    const value = progress.contents.keysInSlot(slot)?.get(key)
    if (value !== undefined) this.#ahead.push(this.#putAside(progress, key, value, slot))
  }

  /** What went is nobody's any more but ours. */
  beforeClear(database: Database): void {
    this.#holds[database.index] = undefined
  }

  beforeSwap(first: Database, second: Database): void {
    const [before, after] = [this.#holds[first.index], this.#holds[second.index]]
    this.#holds[first.index] = second.observer === this ? after : undefined
    if (second.observer === this) this.#holds[second.index] = before
  }

  /** @returns about how many bytes it looked at; undefined when nothing is left */
  #step(): number | undefined {
    if (this.#steps !== undefined) return this.#goOn(this.#steps)
    const ahead = this.#ahead.pop()
    if (ahead !== undefined) return this.#writeAhead(ahead)
    const progress = this.#all[this.#at]
    if (progress === undefined) return undefined
    if (progress.walk !== undefined) return this.#walk(progress, progress.walk)
    const keys = nextSlot(progress, this.#slots)
    if (keys !== undefined) return this.#writeSlot(progress, keys)
    this.#at++
    return 1
  }

  #goOn(steps: Iterator<number, void>): number {
    const step = steps.next()
    if (step.done !== true) return step.value
    closeLong(this.#long!)
    this.#long = undefined
    this.#steps = undefined
    return 0
  }

  #writeAhead(ahead: Ahead): number {
    this.#select(ahead.progress)
    this.#keysWritten++
    if (ahead.kind === 'long') return this.#begin(ahead)
    if (ahead.kind === 'string') {
      this.#format.write(ahead)
      return KEY_BYTES + ahead.value.length
    }
    this.#format.writeEncoded(ahead.bytes)
    return KEY_BYTES + ahead.bytes.length
  }

  #begin({key, value, source, expireAtMs}: LongKey): number {
    this.#long = value
    this.#steps = this.#format.writeLong({key, source, expireAtMs})
    return KEY_BYTES
  }

  /** All of a slot, or so much of it that the rest must be walked. @returns about how many bytes it looked at */
  #writeSlot(progress: Progress, keys: ReadonlyMap<Bytes, Value>): number {
    const settled = progress.settled.get(progress.slot)
    let cost = 1
    for (const [key, value] of keys) {
      if (settled?.has(key) === true) continue
      if (cost > SLOT_AT_ONCE_BYTES) {
        this.#walkFrom(progress, keys, key)
        return cost
      }
      cost += this.#write(progress, key, value)
    }
    leaveSlot(progress)
    return cost
  }

  /** What stands before this key is written. */
  #walkFrom(progress: Progress, keys: ReadonlyMap<Bytes, Value>, first: Bytes): void {
    const settled = settledIn(progress, progress.slot)
    for (const key of keys.keys()) {
      if (key === first) break
      settled.add(key)
    }
    progress.walk = keys.entries()
  }

  /** The next key of the slot in hand. */
  #walk(progress: Progress, walk: Iterator<[Bytes, Value]>): number {
    const next = walk.next()
    if (next.done === true) {
      leaveSlot(progress)
      return 1
    }
    const [key, value] = next.value
    const settled = settledIn(progress, progress.slot)
    if (settled.has(key)) return 1
    settled.add(key)
    return this.#write(progress, key, value)
  }

  #write(progress: Progress, key: Bytes, value: Value): number {
    const expireAtMs = progress.contents.expiryOf(progress.slot, key)
    const weight = weigh(value)
    if (!this.#isImmediate && isLong(weight)) {
      // As it is now, and piece by piece: it is the next that is written.
      this.#ahead.push({progress, kind: 'long', key, value, source: openLong(value), expireAtMs})
      return KEY_BYTES
    }
    this.#select(progress)
    this.#keysWritten++
    this.#format.write({key, value, expireAtMs})
    return KEY_BYTES + weight
  }

  #putAside(progress: Progress, key: Bytes, value: Value, slot: number): Ahead {
    const expireAtMs = progress.contents.expiryOf(slot, key)
    if (typeof value === 'string') return {progress, kind: 'string', key, value, expireAtMs}
    if (isLong(weigh(value))) return {progress, kind: 'long', key, value, source: openLong(value), expireAtMs}
    return {progress, kind: 'encoded', bytes: this.#format.encode({key, value, expireAtMs})}
  }

  #select(progress: Progress): void {
    if (this.#selected === progress) return
    this.#selected = progress
    this.#format.selectDatabase(progress.db, progress.isAnnounced ? undefined : progress.sizes)
    progress.isAnnounced = true
  }

  #finish(): Uint8Array {
    this.abandon()
    this.#format.end()
    this.#isDone = true
    return this.#format.take()
  }
}

function beginProgress(database: Database): Progress {
  return {
    db: database.index,
    sizes: {keys: database.size, expiring: database.expiringKeys},
    contents: database.contents(),
    slot: 0,
    walk: undefined,
    settled: new Map(),
    isAnnounced: false,
  }
}

function settledIn({settled, contents}: Progress, slot: number): KeySet {
  let keys = settled.get(slot)
  if (keys === undefined) {
    const isCrowded = (contents.keysInSlot(slot)?.size ?? 0) > CROWDED_SLOT_KEYS
    keys = isCrowded ? new ShardedSet() : new Set<Bytes>()
    settled.set(slot, keys)
  }
  return keys
}

function leaveSlot(progress: Progress): void {
  progress.settled.delete(progress.slot)
  progress.walk = undefined
  progress.slot++
}

/** The keys of the next slot that has some; undefined when the database is written. */
function nextSlot(progress: Progress, slots: SlotSet | undefined): ReadonlyMap<Bytes, Value> | undefined {
  const {contents, settled} = progress
  for (; progress.slot < SLOT_COUNT; progress.slot++) {
    const keys = slots?.has(progress.slot) === false ? undefined : contents.keysInSlot(progress.slot)
    if (keys !== undefined) return keys
    settled.delete(progress.slot)
  }
  return undefined
}
