/** Bytes being read: lengths and strings as an RDB file has them, from a source that is not trusted. */
import {type Bytes} from '../ports.js'
import {asSliceable, type Sliceable} from '../resp/word-cache.js'
import {decompressLzf, expandLzf} from './lzf.js'
import {LENGTH, STRING_ENCODING} from './rdb-format.js'

/** JavaScript has no longer string (2^29 - 24 characters); Redis' own limit is 24 bytes more. */
const LONGEST_STRING = 2 ** 29 - 24
/** Where compressed strings up to this length are expanded: a buffer for each would cost as much as the rest of it. */
const SCRATCH_BYTES = 16 * 1024
const scratch = asSliceable(Buffer.allocUnsafeSlow(SCRATCH_BYTES))

/** `short`: the bytes end too early. `corrupt`: what is there cannot be right. */
export type InputFailure = 'short' | 'corrupt'

/**
 * A reader that never throws: the first failure sticks, and from then on every read gives zeros and empty strings. Callers check
 * `failure` once at the end of a piece; no count they read is larger than the bytes that are left.
 */
export class RdbInput {
  readonly #buffer: Buffer & Sliceable
  #at: number
  readonly #end: number
  #failure: InputFailure | undefined
  /** With a `short` failure: how many bytes are missing at least. */
  #missing = 0

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#buffer = asSliceable(bytes) as Buffer & Sliceable
    this.#at = start
    this.#end = end
  }

  get at(): number {
    return this.#at
  }

  get left(): number {
    return this.#end - this.#at
  }

  get failure(): InputFailure | undefined {
    return this.#failure
  }

  get missing(): number {
    return this.#missing
  }

  fail(failure: InputFailure, missing = 1): void {
    this.#failure ??= failure
    if (this.#missing === 0) this.#missing = missing
  }

  /** Moves past `count` bytes and returns where they stand; undefined (and a failure) when they are not all there. */
  #advance(count: number): number | undefined {
    if (this.#failure !== undefined) return undefined
    if (count > this.left) {
      this.fail('short', count - this.left)
      return undefined
    }
    const at = this.#at
    this.#at += count
    return at
  }

  u8(): number {
    const at = this.#advance(1)
    return at === undefined ? 0 : this.#buffer[at]!
  }

  u16le(): number {
    const at = this.#advance(2)
    return at === undefined ? 0 : this.#buffer.readUInt16LE(at)
  }

  i32le(): number {
    const at = this.#advance(4)
    return at === undefined ? 0 : this.#buffer.readInt32LE(at)
  }

  /** A 64-bit integer as a number: exact for every time in milliseconds. */
  i64le(): number {
    const at = this.#advance(8)
    return at === undefined ? 0 : Number(this.#buffer.readBigInt64LE(at))
  }

  f64le(): number {
    const at = this.#advance(8)
    return at === undefined ? 0 : this.#buffer.readDoubleLE(at)
  }

  skip(count: number): void {
    this.#advance(count)
  }

  /** Bytes without a length, as they stand in the input: not a copy. */
  raw(count: number): Uint8Array {
    const at = this.#advance(count)
    return at === undefined ? this.#buffer.subarray(0, 0) : this.#buffer.subarray(at, at + count)
  }

  text(count: number): Bytes {
    if (count > LONGEST_STRING) {
      this.fail('corrupt')
      return ''
    }
    const at = this.#advance(count)
    return at === undefined ? '' : this.#buffer.latin1Slice(at, at + count)
  }

  /** A length. A special encoding in its place is corrupt. */
  length(): number {
    const first = this.u8()
    if (first < LENGTH.special) return this.#lengthAfter(first)
    this.fail('corrupt')
    return 0
  }

  /** A number of things that take at least `leastBytes` each: more than the input can hold is a failure, not a loop. */
  count(leastBytes: number): number {
    const count = this.length()
    if (this.#failure !== undefined) return 0
    if (count <= this.left / leastBytes) return count
    this.fail('short', count * leastBytes - this.left)
    return 0
  }

  /** A string in any of its encodings. */
  string(): Bytes {
    const first = this.u8()
    if (this.#failure !== undefined) return ''
    if (first < LENGTH.special) return this.text(this.#lengthAfter(first))
    if ((first & 0x3f) === STRING_ENCODING.lzf) return this.#compressedText()
    return this.#integerText(first & 0x3f)
  }

  /** A string that holds a packed structure, as bytes. */
  blob(): Uint8Array {
    const first = this.u8()
    if (this.#failure !== undefined) return this.raw(0)
    if (first < LENGTH.special) {
      const length = this.#lengthAfter(first)
      if (length > LONGEST_STRING) this.fail('corrupt')
      return this.raw(length)
    }
    if ((first & 0x3f) === STRING_ENCODING.lzf) return this.#compressed()
    return Buffer.from(this.#integerText(first & 0x3f), 'latin1')
  }

  #lengthAfter(first: number): number {
    if (first < LENGTH.bits14) return first
    if (first < LENGTH.bits32) return ((first & 0x3f) << 8) | this.u8()
    const at = first === LENGTH.bits32 ? this.#advance(4) : first === LENGTH.bits64 ? this.#advance(8) : undefined
    if (at === undefined) {
      this.fail('corrupt') // keeps `short` if that is what happened
      return 0
    }
    return first === LENGTH.bits32 ? this.#buffer.readUInt32BE(at) : Number(this.#buffer.readBigUInt64BE(at))
  }

  #integerText(encoding: number): Bytes {
    if (encoding === STRING_ENCODING.int8) return String((this.u8() << 24) >> 24)
    if (encoding === STRING_ENCODING.int16) return String((this.u16le() << 16) >> 16)
    if (encoding === STRING_ENCODING.int32) return String(this.i32le())
    this.fail('corrupt')
    return ''
  }

  #compressed(): Uint8Array {
    const compressedLength = this.length()
    return this.#expanded(compressedLength, this.length())
  }

  #compressedText(): Bytes {
    const compressedLength = this.length()
    const length = this.length()
    if (length > SCRATCH_BYTES) {
      const bytes = asSliceable(this.#expanded(compressedLength, length))
      return bytes.latin1Slice(0, bytes.length)
    }
    const at = this.#advance(compressedLength)
    if (at === undefined) return ''
    if (expandLzf(this.#buffer, at, at + compressedLength, scratch, length)) return scratch.latin1Slice(0, length)
    this.fail('corrupt')
    return ''
  }

  #expanded(compressedLength: number, length: number): Uint8Array {
    const compressed = this.raw(compressedLength)
    if (this.#failure === undefined && length <= LONGEST_STRING) {
      const bytes = decompressLzf(compressed, length)
      if (bytes !== undefined) return bytes
    }
    this.fail('corrupt')
    return this.raw(0)
  }
}
