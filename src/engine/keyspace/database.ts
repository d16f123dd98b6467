/** One database: keys to values, when they expire, and which slot they lie in. */
import {below} from '../chance.js'
import {type Bytes, type Rng} from '../ports.js'
import {CursorShelf} from '../values/scan.js'
import {type Value} from '../values/value.js'
import {keySlot} from './key-slot.js'
import {type SlotSet} from '../../model/slot-set.js'
import {SLOT_COUNT} from '../../model/slot.js'

/** What a database tells the node it belongs to. */
export interface DatabaseHooks {
  /** A key was found past its time. On a primary it is deleted, propagated and announced; a replica only hides it. */
  mayDeleteExpired(): boolean
  /** Keys past their time count as there: for the commands of our own primary, which alone decides, and while loading. */
  ignoresExpiry(): boolean
  /** An expired key is gone: propagate DEL, announce `expired`. */
  expired(database: Database, key: Bytes): void
  /** A key came that was not there before: announce `new`. */
  added(database: Database, key: Bytes): void
  /** A key was added, changed or removed: WATCH. */
  modified(database: Database, key: Bytes): void
}

/** Who keeps an image of the data as they were (a snapshot): told before anything changes. */
export interface ChangeObserver {
  beforeChange(database: Database, key: Bytes): void
  /** All keys are about to go. */
  beforeClear(database: Database): void
  /** Two databases are about to trade all their keys. */
  beforeSwap(first: Database, second: Database): void
}

/** What a database holds: still all of it when `clear` or `swapWith` have given the database other keys. */
export interface KeyContents {
  /** Undefined when there are none. */
  keysInSlot(slot: number): ReadonlyMap<Bytes, Value> | undefined
  /** Unix ms, or undefined when the key does not expire. */
  expiryOf(slot: number, key: Bytes): number | undefined
}

/**
 * The keys of one slot with their values. A map itself instead of an object that holds one: each object on the way to a key that is not
 * in the processor's cache costs a look-up as much as everything else in it. The map of expiries is there only while some key expires.
 */
class SlotKeys extends Map<Bytes, Value> {
  expires: Map<Bytes, number> | undefined = undefined
}

type Slots = (SlotKeys | undefined)[]

const NO_KEYS: ReadonlyMap<Bytes, Value> = new Map()
/** A slot with more keys is not walked from its beginning for one random key. */
const WALKED_KEYS = 1024

/**
 * Keys lie in one map per slot, in cluster mode and out of it: counting, listing and deleting the keys of a slot cost nothing
 * extra, SCAN has a cursor that survives every change, and no map grows so large that enlarging it would stall the node.
 * A plain string value has no object around it; expiries lie in a side map of the slot.
 */
export class Database {
  readonly index: number
  readonly #hooks: DatabaseHooks
  #slots: Slots = new Array<SlotKeys | undefined>(SLOT_COUNT)
  #size = 0
  #expiringKeys = 0
  #nowMs = 0
  #nowSeconds = 0
  /** The second in which a key of each slot was used last. Made with the first key: most databases stay empty. */
  #usedAt: Uint32Array | undefined
  #cursors = new CursorShelf()
  /** Where RANDOMKEY stands in a slot too large to be walked. */
  #wanderer: {readonly keys: ReadonlyMap<Bytes, Value>; iterator: Iterator<Bytes>} | undefined
  /** What INFO tells as avg_ttl, ms; the expiry cycle keeps it. */
  averageTtlMs = 0
  /** Slots on their way in (atomic slot migration): their keys are here, and nobody is to see them before they are all here. */
  hiddenSlots: SlotSet | undefined
  /** Set while a snapshot is being taken. */
  observer: ChangeObserver | undefined

  constructor(index: number, hooks: DatabaseHooks) {
    this.index = index
    this.#hooks = hooks
  }

  /** Unix ms of the turn: set by the node before anything runs. */
  get nowMs(): number {
    return this.#nowMs
  }

  set nowMs(nowMs: number) {
    this.#nowMs = nowMs
    this.#nowSeconds = Math.floor(nowMs / 1000)
  }

  get size(): number {
    return this.#size
  }

  get expiringKeys(): number {
    return this.#expiringKeys
  }

  /** Keys, and those of them that expire, without those of hidden slots. */
  countVisible(): {readonly keys: number; readonly expiring: number} {
    let [keys, expiring] = [this.#size, this.#expiringKeys]
    for (const slot of this.hiddenSlots ?? []) {
      const hidden = this.#slots[slot]
      keys -= hidden?.size ?? 0
      expiring -= hidden?.expires?.size ?? 0
    }
    return {keys, expiring}
  }

  isHidden(slot: number): boolean {
    return this.hiddenSlots !== undefined && this.hiddenSlots.has(slot)
  }

  /** Iterators of SCAN that wait inside a slot. */
  get cursors(): CursorShelf {
    return this.#cursors
  }

  /** The value, or undefined when there is none or its time has passed (it is then deleted, on a primary). Counts as a use. */
  get(key: Bytes): Value | undefined {
    const slot = keySlot(key)
    const keys = this.#slots[slot]
    if (keys === undefined) return undefined
    if (keys.expires !== undefined && this.#expireIfDue(keys, key)) return undefined
    this.#usedAt![slot] = this.#nowSeconds
    const value = keys.get(key)
    // Whoever has a collection in hand may change it in place; a plain string cannot change.
    if (this.observer !== undefined && typeof value === 'object') this.observer.beforeChange(this, key)
    return value
  }

  /** The same without counting as a use, for TTL, TYPE, OBJECT: what it gives must not be changed. */
  look(key: Bytes): Value | undefined {
    const keys = this.#slots[keySlot(key)]
    if (keys === undefined || (keys.expires !== undefined && this.#expireIfDue(keys, key))) return undefined
    return keys.get(key)
  }

  /** The value whatever its expiry says. */
  peek(key: Bytes): Value | undefined {
    return this.#slots[keySlot(key)]?.get(key)
  }

  has(key: Bytes): boolean {
    return this.look(key) !== undefined
  }

  /** Stores a value and forgets the key's expiry, as SET does. Tells nobody of a change: `Call.changed` does. */
  set(key: Bytes, value: Value): void {
    // What is overwritten after its time has expired first.
    if (this.#expiringKeys > 0) this.expireIfDue(key)
    const keys = this.#store(key, value)
    if (keys.expires !== undefined) this.#dropExpiry(keys, key)
  }

  /** Stores a value; an expiry stays. */
  setKeepingExpiry(key: Bytes, value: Value): void {
    this.#store(key, value)
  }

  /** @returns whether the key was there (expired or not) */
  delete(key: Bytes): boolean {
    this.observer?.beforeChange(this, key)
    const slot = keySlot(key)
    const keys = this.#slots[slot]
    if (keys === undefined || !keys.delete(key)) return false
    this.#size--
    if (keys.expires !== undefined) this.#dropExpiry(keys, key)
    if (keys.size === 0) this.#slots[slot] = undefined
    return true
  }

  /** Unix ms, or undefined when the key does not expire. */
  expiryOf(key: Bytes): number | undefined {
    return this.#expiringKeys === 0 ? undefined : this.#slots[keySlot(key)]?.expires?.get(key)
  }

  /** The key must be there. */
  setExpiry(key: Bytes, atMs: number): void {
    const keys = this.#slots[keySlot(key)]
    if (keys === undefined) return
    this.observer?.beforeChange(this, key)
    const expires = (keys.expires ??= new Map<Bytes, number>())
    const before = expires.size
    expires.set(key, atMs)
    this.#expiringKeys += expires.size - before
  }

  /** @returns whether there was an expiry */
  removeExpiry(key: Bytes): boolean {
    const keys = this.#slots[keySlot(key)]
    if (keys?.expires === undefined) return false
    this.observer?.beforeChange(this, key)
    return this.#dropExpiry(keys, key)
  }

  /** Whether the key's time has passed and counts; on a primary it is deleted then. */
  expireIfDue(key: Bytes): boolean {
    const keys = this.#slots[keySlot(key)]
    return keys !== undefined && this.#expireIfDue(keys, key)
  }

  /** Whether the key's time has passed and counts; it is left where it is. */
  isExpired(key: Bytes): boolean {
    const atMs = this.expiryOf(key)
    return atMs !== undefined && atMs < this.#nowMs && !this.#hooks.ignoresExpiry()
  }

  /** Deletes a key whose time has passed, and says so. */
  deleteExpired(key: Bytes): void {
    this.delete(key)
    this.#hooks.expired(this, key)
    this.#hooks.modified(this, key)
  }

  /** WATCH and everybody else who waits for a change of this key hears of it. */
  modified(key: Bytes): void {
    this.#hooks.modified(this, key)
  }

  /** Seconds since a key of this key's slot was used: at most what Redis' OBJECT IDLETIME would tell of the key itself. */
  idleSeconds(key: Bytes): number {
    return Math.max(0, this.#nowSeconds - (this.#usedAt?.[keySlot(key)] ?? this.#nowSeconds))
  }

  /** Keys with an expiry, slot by slot, in a live iterator: the active expiry cycle goes on where it stopped. */
  *expiries(): Generator<[Bytes, number], void> {
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      const expires = this.#slots[slot]?.expires
      if (expires !== undefined && !this.isHidden(slot)) yield* expires
    }
  }

  countKeysInSlot(slot: number): number {
    return this.#slots[slot]?.size ?? 0
  }

  /** The keys and values of one slot, expired ones included. */
  keysInSlot(slot: number): ReadonlyMap<Bytes, Value> {
    return this.#slots[slot] ?? NO_KEYS
  }

  /** The keys as they stand here now; changes to them are seen. */
  contents(): KeyContents {
    const slots = this.#slots
    return {
      keysInSlot: (slot) => slots[slot],
      expiryOf: (slot, key) => slots[slot]?.expires?.get(key),
    }
  }

  /** Every key with its value, slot by slot, expired ones included and hidden ones left out. */
  *entries(): Generator<[Bytes, Value]> {
    for (const [slot, keys] of this.#slots.entries()) if (keys !== undefined && !this.isHidden(slot)) yield* keys
  }

  /** Some key, expired ones included and hidden ones left out; undefined when there is none. */
  randomKey(rng: Rng): Bytes | undefined {
    const size = this.hiddenSlots === undefined ? this.#size : this.countVisible().keys
    if (size === 0) return undefined
    let place = below(rng, size)
    let slot = 0
    const visibleIn = (at: number): number => (this.isHidden(at) ? 0 : this.countKeysInSlot(at))
    for (; place >= visibleIn(slot); slot++) place -= visibleIn(slot)
    const keys = this.keysInSlot(slot)
    if (keys.size > WALKED_KEYS) return this.#wander(keys, below(rng, WALKED_KEYS))
    for (const key of keys.keys()) if (place-- === 0) return key
    return undefined
  }

  clear(): void {
    this.observer?.beforeClear(this)
    this.#become(new Array<SlotKeys | undefined>(SLOT_COUNT), 0, 0)
    this.averageTtlMs = 0
  }

  /** Trades all keys with another database (SWAPDB, and a full sync that loads beside the old data). */
  swapWith(other: Database): void {
    if (this.observer !== undefined) this.observer.beforeSwap(this, other)
    else other.observer?.beforeSwap(other, this)
    const [slots, size, expiringKeys, averageTtlMs] = [this.#slots, this.#size, this.#expiringKeys, this.averageTtlMs]
    this.#become(other.#slots, other.#size, other.#expiringKeys)
    this.averageTtlMs = other.averageTtlMs
    other.#become(slots, size, expiringKeys)
    other.averageTtlMs = averageTtlMs
  }

  #become(slots: Slots, size: number, expiringKeys: number): void {
    this.#slots = slots
    this.#size = size
    this.#expiringKeys = expiringKeys
    this.#usedAt = size > 0 ? new Uint32Array(SLOT_COUNT).fill(this.#nowSeconds) : undefined
    this.#cursors = new CursorShelf()
    this.#wanderer = undefined
  }

  #store(key: Bytes, value: Value): SlotKeys {
    this.observer?.beforeChange(this, key)
    const slot = keySlot(key)
    this.#usedAt ??= new Uint32Array(SLOT_COUNT)
    this.#usedAt[slot] = this.#nowSeconds
    const keys = (this.#slots[slot] ??= new SlotKeys())
    const before = keys.size
    keys.set(key, value)
    if (keys.size !== before) {
      this.#size++
      this.#hooks.added(this, key)
    }
    return keys
  }

  #dropExpiry(keys: SlotKeys, key: Bytes): boolean {
    if (keys.expires?.delete(key) !== true) return false
    this.#expiringKeys--
    if (keys.expires.size === 0) keys.expires = undefined
    return true
  }

  #expireIfDue(keys: SlotKeys, key: Bytes): boolean {
    const atMs = keys.expires?.get(key)
    if (atMs === undefined || atMs >= this.#nowMs || this.#hooks.ignoresExpiry()) return false
    if (this.#hooks.mayDeleteExpired()) this.deleteExpired(key)
    return true
  }

  /** Goes on from where the last call stood, over some keys and round the end. */
  #wander(keys: ReadonlyMap<Bytes, Value>, steps: number): Bytes | undefined {
    if (this.#wanderer?.keys !== keys) this.#wanderer = {keys, iterator: keys.keys()}
    let next = this.#wanderer.iterator.next()
    for (let step = 0; step < steps || next.done === true; step++) {
      if (next.done === true) this.#wanderer.iterator = keys.keys()
      next = this.#wanderer.iterator.next()
    }
    return next.value
  }
}
