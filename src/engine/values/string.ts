/** String values: a plain JavaScript string as a rule, a growable buffer for what is changed in place. */
import {assert} from '../../model/assert.js'
import {type Bytes} from '../ports.js'

export type StringValue = Bytes | MutableString

const SMALLEST_CAPACITY = 32
/** Redis' SDS_MAX_PREALLOC: up to here room doubles, beyond it grows by this much. */
const LARGEST_RESERVE = 1024 * 1024
/** The longest string that Redis keeps in one piece with its object header. */
const EMBEDDED_BYTES = 44

/** What APPEND, SETRANGE, SETBIT, BITFIELD, PFADD change in place. Its encoding is raw, as in Redis, however short it is. */
export class MutableString {
  readonly type = 'string'
  #buffer: Buffer
  #length: number
  /** What `toBytes` gave last; a change forgets it. */
  #cached: Bytes | undefined

  constructor(initial: Bytes = '') {
    this.#length = initial.length
    this.#buffer = Buffer.alloc(Math.max(initial.length, SMALLEST_CAPACITY))
    this.#buffer.write(initial, 0, 'latin1')
    this.#cached = initial
  }

  get length(): number {
    return this.#length
  }

  /** Room held, in bytes: for MEMORY USAGE. */
  get capacity(): number {
    return this.#buffer.length
  }

  /** The whole value. Copied at most once between two changes. */
  toBytes(): Bytes {
    this.#cached ??= this.#buffer.toString('latin1', 0, this.#length)
    return this.#cached
  }

  /** The bytes from `start` up to, not including, `end`; clipped to what is there. */
  slice(start: number, end = this.#length): Bytes {
    if (this.#cached !== undefined) return this.#cached.slice(Math.max(start, 0), Math.max(end, 0))
    return this.#buffer.toString('latin1', Math.max(start, 0), Math.min(end, this.#length))
  }

  /** The byte at an index; 0 past the end, as GETBIT and BITFIELD read it. */
  byteAt(index: number): number {
    return index < this.#length ? this.#buffer[index]! : 0
  }

  /** Writes one byte, padding with zeros up to it. */
  setByte(index: number, byte: number): void {
    if (index >= this.#length) this.grow(index + 1)
    this.#buffer[index] = byte
    this.#cached = undefined
  }

  append(bytes: Bytes): void {
    this.write(this.#length, bytes)
  }

  /** Writes `bytes` at an offset, padding with zeros up to it. */
  write(offset: number, bytes: Bytes): void {
    const end = offset + bytes.length
    if (end > this.#length) this.grow(end)
    this.#buffer.write(bytes, offset, 'latin1')
    this.#cached = undefined
  }

  /** Makes the value at least `length` bytes long, with zeros. */
  grow(length: number): void {
    if (length <= this.#length) return
    this.#reserve(length)
    this.#length = length
    this.#cached = undefined
  }

  /** Replaces `removed` bytes at `offset` by `bytes`, moving what stands behind. */
  splice(offset: number, removed: number, bytes: Uint8Array): void {
    assert(offset + removed <= this.#length, 'a splice stays inside the string')
    const length = this.#length - removed + bytes.length
    this.#reserve(length)
    this.#buffer.copyWithin(offset + bytes.length, offset + removed, this.#length)
    this.#buffer.set(bytes, offset)
    if (length < this.#length) this.#buffer.fill(0, length, this.#length)
    this.#length = length
    this.#cached = undefined
  }

  /** The bytes themselves, not a copy: to read, and only until the next change. */
  view(): Uint8Array {
    return this.#buffer.subarray(0, this.#length)
  }

  /** What lies behind the end is always zero, so growing needs no clearing. */
  #reserve(length: number): void {
    if (length <= this.#buffer.length) return
    const larger = Buffer.alloc(length + Math.min(length, LARGEST_RESERVE))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}

/** The bytes of a string value. */
export function stringBytes(value: StringValue): Bytes {
  return typeof value === 'string' ? value : value.toBytes()
}

/** A string value that may be changed in place: itself, or a copy that the caller stores under the key. */
export function toMutable(value: StringValue): MutableString {
  return typeof value === 'string' ? new MutableString(value) : value
}

/** The bytes of a string value for a loop over numbers: to read, and only until the next change. */
export function stringView(value: StringValue): Uint8Array {
  return typeof value === 'string' ? Buffer.from(value, 'latin1') : value.view()
}

/** Whether Redis would keep a string of this length in one piece with its header (embstr). */
export function isEmbedded(length: number): boolean {
  return length <= EMBEDDED_BYTES
}
