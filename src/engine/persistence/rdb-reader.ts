/** An RDB file, read as its bytes come in: from disk, from the head of an AOF, or from a primary. Trusts nothing it reads. */
import {CRC64_BYTES, Crc64} from '../../model/crc64.js'
import {type Bytes} from '../ports.js'
import {type EncodingLimits} from '../values/encoding-limits.js'
import {isEmptyCollection, type Value} from '../values/value.js'
import {OPCODE, RDB_FIRST_WITH_CHECKSUM, RDB_NEWEST_REDIS, RDB_VALKEY} from './rdb-format.js'
import {readForeign, type ForeignValue} from './rdb-foreign.js'
import {beginElements, type ElementReader} from './rdb-elements.js'
import {RdbInput} from './rdb-input.js'
import {isReadable, readValue} from './rdb-value-reader.js'
import {skipModuleItems, skipUnsupported, unsupportedName} from './rdb-unsupported.js'

/** What a file holds, in its own order. */
export type RdbEvent =
  | {
      readonly kind: 'entry'
      readonly db: number
      readonly key: Bytes
      readonly value: Value
      readonly expireAtMs: number | undefined
    }
  | {readonly kind: 'aux'; readonly name: Bytes; readonly value: Bytes}
  | {readonly kind: 'sizes'; readonly db: number; readonly keyCount: number; readonly expiryCount: number}
  /** A library of functions, which this server does not run. */
  | {readonly kind: 'function'; readonly source: Bytes}
  /** A key that is passed over, and why: `stream`, `module value`, `hash with field expiry`, or `empty` for no elements at all. */
  | {
      readonly kind: 'skipped'
      readonly db: number
      readonly key: Bytes
      readonly what: string
      /** What it is, for a reader that was asked for it. */
      readonly foreign?: ForeignRecord
    }

/** A collection that goes on in the next chunk. */
interface OpenEntry {
  readonly key: Bytes
  readonly elements: ElementReader
}

/** A value that this server cannot keep. */
export interface ForeignRecord {
  readonly value: ForeignValue
  readonly expireAtMs: number | undefined
  /** Of what is `opaque`: its type byte and its bytes, as a DUMP payload begins with them. */
  readonly payload: Uint8Array
}

const HEADER_BYTES = 9
const REDIS_HEADER = /^REDIS(\d{4})$/
const VALKEY_HEADER = /^VALKEY(\d{3})$/
const SHORT_READ = 'Short read or OOM loading DB. Unrecoverable error, aborting now.'
/** A record that did not fit is tried again when half as much more has come: then reading stays linear whatever the chunks. */
const RETRY_FROM_BYTES = 1024

/**
 * Feed it chunks, draw events with `next` until it gives none, and say `close` when no more will come. It ends in one of two
 * ways: `isComplete`, or `error` in the words a real server would log.
 */
export class RdbReader {
  readonly #limits: EncodingLimits
  readonly #readsForeign: boolean
  #buffer = Buffer.alloc(0)
  /** The unread bytes are those from `start` to `end`. */
  #start = 0
  #end = 0
  /** What reads them; made anew when the bytes have moved. */
  #input: RdbInput | undefined
  /** Of the bytes that are read, those from here on are not in the checksum yet. */
  #summedTo = 0
  /** Where `start` lies in the file. */
  #offset = 0
  #retryFrom = 0
  #closed = false
  #version: number | undefined
  #db = 0
  /** Of the record in hand: what stood before its type byte. */
  #expireAtMs: number | undefined
  /** The collection in hand: what was read of it is taken in. */
  #open: OpenEntry | undefined
  readonly #crc = new Crc64()
  #complete = false
  #error: string | undefined

  /** @param readsForeign tell what is in values that this server cannot keep, too */
  constructor(limits: EncodingLimits, {readsForeign = false} = {}) {
    this.#limits = limits
    this.#readsForeign = readsForeign
  }

  /** The end was reached and the checksum is right. */
  get isComplete(): boolean {
    return this.#complete
  }

  get error(): string | undefined {
    return this.#error
  }

  feed(chunk: Uint8Array): void {
    this.#input = undefined
    this.#sumUp()
    if (this.#end + chunk.length > this.#buffer.length) this.#makeRoom(chunk.length)
    this.#buffer.set(chunk, this.#end)
    this.#end += chunk.length
  }

  /** No more bytes will come: what is incomplete now is an error. */
  close(): void {
    this.#closed = true
    this.#retryFrom = 0
  }

  /** The bytes behind the end of the file: an AOF goes on with commands. */
  rest(): Uint8Array {
    return Uint8Array.from(this.#buffer.subarray(this.#start, this.#end))
  }

  /** The next thing in the file; undefined when more bytes are needed, or at the end, or after an error. */
  next(): RdbEvent | undefined {
    while (!this.#complete && this.#error === undefined && this.#end - this.#start >= this.#retryFrom) {
      const input = (this.#input ??= new RdbInput(this.#buffer, this.#start, this.#end))
      const event = this.#open !== undefined ? this.#readOn(input, this.#open) : this.#readNew(input)
      if (this.#error !== undefined) return undefined
      if (input.failure !== undefined) {
        this.#stop(input)
        return undefined
      }
      this.#commit(input.at)
      if (event !== undefined) return event
    }
    return undefined
  }

  #readNew(input: RdbInput): RdbEvent | undefined {
    return this.#version === undefined ? this.#readHeader(input) : this.#readRecord(input)
  }

  /** What is read already makes room; only what is left over counts. */
  #makeRoom(more: number): void {
    const unread = this.#end - this.#start
    if (unread + more <= this.#buffer.length) {
      this.#buffer.copyWithin(0, this.#start, this.#end)
      this.#start = 0
      this.#summedTo = 0
      this.#end = unread
      return
    }
    const larger = Buffer.allocUnsafe(Math.max(unread + more, Math.min(2 * unread, unread + more + 2 ** 26)))
    this.#buffer.copy(larger, 0, this.#start, this.#end)
    this.#buffer = larger
    this.#start = 0
    this.#summedTo = 0
    this.#end = unread
  }

  /** Nothing was taken in: either more must come, or the file is no good. */
  #stop(input: RdbInput): void {
    this.#input = undefined
    if (input.failure === 'short' && !this.#closed) {
      const available = this.#end - this.#start
      const patience = available < RETRY_FROM_BYTES ? 1 : available >>> 1
      this.#retryFrom = available + Math.max(Math.min(input.missing, 2 ** 40), patience)
    } else {
      this.#error =
        input.failure === 'short' ? SHORT_READ : `Internal error in RDB reading offset ${this.#offset}: corrupt record`
    }
  }

  #commit(at: number): void {
    this.#offset += at - this.#start
    this.#start = at
    this.#retryFrom = 0
  }

  /** In long stretches: record by record it would cost as much again. */
  #sumUp(): void {
    if (!this.#complete && this.#start > this.#summedTo) this.#crc.update(this.#buffer, this.#summedTo, this.#start)
    this.#summedTo = this.#start
  }

  #readHeader(input: RdbInput): undefined {
    const header = input.text(HEADER_BYTES)
    if (input.failure !== undefined) return undefined
    const [redis, valkey] = [REDIS_HEADER.exec(header), VALKEY_HEADER.exec(header)]
    const version = Number(redis?.[1] ?? valkey?.[1] ?? NaN)
    if (Number.isNaN(version)) this.#error = 'Wrong signature trying to load DB from file'
    else if (redis !== null ? version < 1 || version > RDB_NEWEST_REDIS : version !== RDB_VALKEY) {
      this.#error = `Can't handle RDB format version ${version}`
    }
    this.#version = version
    return undefined
  }

  #readRecord(input: RdbInput): RdbEvent | undefined {
    const code = input.u8()
    if (input.failure !== undefined) return undefined
    switch (code) {
      case OPCODE.selectDb:
        return this.#selectDb(input)
      case OPCODE.resizeDb:
        return {kind: 'sizes', db: this.#db, keyCount: input.length(), expiryCount: input.length()}
      case OPCODE.aux:
        return {kind: 'aux', name: input.string(), value: input.string()}
      case OPCODE.function:
        return {kind: 'function', source: input.string()}
      case OPCODE.moduleAux:
        input.length()
        return void skipModuleItems(input)
      case OPCODE.slotInfo:
        return void [input.length(), input.length(), input.length()]
      case OPCODE.end:
        return this.#readEnd(input)
      default:
        return this.#readKey(input, code)
    }
  }

  #selectDb(input: RdbInput): undefined {
    const db = input.length()
    if (input.failure === undefined) this.#db = db
    return undefined
  }

  /** What may stand before a type byte belongs to one record with it: a chunk's end between them changes nothing. */
  #readKey(input: RdbInput, first: number): RdbEvent | undefined {
    this.#expireAtMs = undefined
    let code = first
    while (this.#readPrefix(input, code)) code = input.u8()
    if (input.failure !== undefined) return undefined
    const unsupported = unsupportedName(code)
    if (!isReadable(code) && unsupported === undefined) {
      this.#error = `Unknown RDB encoding type ${code}`
      return undefined
    }
    const key = input.string()
    if (unsupported !== undefined) return this.#readForeign(input, code, key, unsupported)
    const elements = beginElements(input, code, this.#limits)
    if (elements === undefined) return this.#entry(key, readValue(input, code, this.#limits))
    if (input.failure !== undefined) return undefined
    this.#open = {key, elements}
    return this.#readOn(input, this.#open)
  }

  /** Element by element: were it read anew with every chunk, a hash of gigabytes would never come to its end. */
  #readOn(input: RdbInput, {key, elements}: OpenEntry): RdbEvent | undefined {
    while (elements.left > 0) {
      const {at} = input
      elements.readOne(input)
      if (input.failure === undefined) continue
      this.#commit(at)
      return undefined
    }
    this.#open = undefined
    return this.#entry(key, elements.value)
  }

  #entry(key: Bytes, value: Value): RdbEvent {
    if (isEmptyCollection(value)) return {kind: 'skipped', db: this.#db, key, what: 'empty'}
    return {kind: 'entry', db: this.#db, key, value, expireAtMs: this.#expireAtMs}
  }

  #readForeign(input: RdbInput, code: number, key: Bytes, what: string): RdbEvent {
    const skipped = {kind: 'skipped', db: this.#db, key, what} as const
    if (!this.#readsForeign) {
      skipUnsupported(input, code)
      return skipped
    }
    const start = input.at
    const value = readForeign(input, code)
    const bytes = this.#buffer.subarray(start, input.at)
    const payload = value.kind === 'opaque' ? Buffer.concat([Uint8Array.of(code), bytes]) : bytes.subarray(0, 0)
    return {...skipped, foreign: {value, expireAtMs: this.#expireAtMs, payload}}
  }

  /** True when the code was an expiry or an access hint, which has been taken in. */
  #readPrefix(input: RdbInput, code: number): boolean {
    if (input.failure !== undefined) return false
    if (code === OPCODE.expireMs) this.#expireAtMs = input.i64le()
    else if (code === OPCODE.expireSeconds) this.#expireAtMs = input.i32le() * 1000
    else if (code === OPCODE.idle) input.length()
    else if (code === OPCODE.freq) input.u8()
    else return false
    return true
  }

  #readEnd(input: RdbInput): undefined {
    const endAt = input.at
    if (this.#version! >= RDB_FIRST_WITH_CHECKSUM) {
      const stored = input.raw(CRC64_BYTES)
      if (input.failure !== undefined) return undefined
      this.#sumUp()
      this.#crc.update(this.#buffer, this.#start, endAt)
      this.#compare(stored, this.#crc.bytes())
    }
    this.#complete = this.#error === undefined
    return undefined
  }

  /** A checksum of zeros says that there is none. */
  #compare(stored: Uint8Array, computed: Uint8Array): void {
    if (stored.every((byte) => byte === 0) || stored.every((byte, at) => byte === computed[at])) return
    this.#error = `Wrong RDB checksum expected: (${hexNumber(computed)}) but got (${hexNumber(stored)}). Aborting now.`
  }
}

/** A number whose lowest byte comes first, in hexadecimal without leading zeros. */
function hexNumber(bytes: Uint8Array): string {
  return Buffer.from(bytes).readBigUInt64LE(0).toString(16)
}
