/** Bytes in the making: lengths and strings as an RDB file has them. */
import {CRC64_BYTES, Crc64} from '../../model/crc64.js'
import {type Bytes} from '../ports.js'
import {isCanonicalInteger} from '../values/integer.js'
import {compressLzf} from './lzf.js'
import {
  COMPRESSED_FROM_BYTES,
  COMPRESSION_SAVES_BYTES,
  INTEGER_TEXT_BYTES,
  LENGTH,
  STRING_ENCODING,
} from './rdb-format.js'

const INITIAL_CAPACITY = 256
/** What came before tells how much will come: up to here it is made room for at once. */
const MOST_FORESEEN = 1024 * 1024
const NOTHING = Buffer.alloc(0) as TextBuffer
const TWO_TO_32 = 2 ** 32
const MOST_COUNT_BYTES = 9
/** Smaller ones are cheap to make. */
const LEAST_SPARE_BYTES = 32 * 1024
const MOST_SPARES = 16

/** A Buffer's own way to take a latin1 string: `write` looks at its arguments first. */
type TextBuffer = Buffer & {latin1Write(text: Bytes, at: number, length: number): number}

export class RdbOutput {
  #buffer: TextBuffer = NOTHING
  #length = 0
  /** What the last buffer came to hold: likely enough for the next one. */
  #capacity = INITIAL_CAPACITY
  readonly #spares: TextBuffer[] = []
  /** Made here and for nobody else: how large the pool is that Buffers share is up to Node. */
  readonly #own = new WeakSet<ArrayBufferLike>()
  readonly compresses: boolean

  constructor(compresses = true) {
    this.compresses = compresses
  }

  get length(): number {
    return this.#length
  }

  /** All bytes so far; the output is empty afterwards and the bytes are the caller's. */
  take(): Uint8Array {
    const taken = this.#buffer.subarray(0, this.#length)
    this.#capacity = Math.min(Math.max(INITIAL_CAPACITY, this.#length), MOST_FORESEEN)
    this.#buffer = NOTHING
    this.#length = 0
    return taken
  }

  /** Forgets all bytes, and keeps their room. */
  clear(): void {
    this.#length = 0
  }

  /** Everything that another output holds. */
  append(other: RdbOutput): void {
    this.#reserve(other.#length)
    this.#length += other.#buffer.copy(this.#buffer, this.#length, 0, other.#length)
  }

  /** The checksum of all bytes from `start` on. */
  checksum(start: number): void {
    const crc = new Crc64()
    crc.update(this.#buffer, start, this.#length)
    this.#reserve(CRC64_BYTES)
    crc.writeTo(this.#buffer, this.#length)
    this.#length += CRC64_BYTES
  }

  /** What was taken is of no use to the caller any more. A new buffer for every piece would keep the garbage collector busy. */
  giveBack({buffer}: Uint8Array): void {
    const isSpare = this.#own.has(buffer) && this.#spares.length < MOST_SPARES
    if (isSpare) this.#spares.push(Buffer.from(buffer) as TextBuffer)
  }

  u8(byte: number): void {
    this.#reserve(1)
    this.#buffer[this.#length++] = byte
  }

  u16le(value: number): void {
    this.#reserve(2)
    this.#length = this.#buffer.writeUInt16LE(value, this.#length)
  }

  i64le(value: bigint): void {
    this.#reserve(8)
    this.#length = this.#buffer.writeBigInt64LE(value, this.#length)
  }

  f64le(value: number): void {
    this.#reserve(8)
    this.#length = this.#buffer.writeDoubleLE(value, this.#length)
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#buffer.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** Characters as they are, without a length. */
  text(bytes: Bytes): void {
    this.#reserve(bytes.length)
    if (bytes.length > 0) this.#length += this.#buffer.latin1Write(bytes, this.#length, bytes.length)
  }

  /** A length: 1, 2, 5 or 9 bytes. */
  count(value: number): void {
    if (value < 64) return this.u8(value)
    if (value < 16384) {
      this.u8(LENGTH.bits14 | (value >>> 8))
      return this.u8(value & 0xff)
    }
    this.#reserve(MOST_COUNT_BYTES)
    if (value < TWO_TO_32) {
      this.#buffer[this.#length++] = LENGTH.bits32
      this.#length = this.#buffer.writeUInt32BE(value, this.#length)
    } else {
      this.#buffer[this.#length++] = LENGTH.bits64
      this.#length = this.#buffer.writeBigUInt64BE(BigInt(value), this.#length)
    }
  }

  /** A string, in the shortest of its encodings, as Redis chooses it. */
  string(bytes: Bytes): void {
    if (this.compresses && bytes.length >= COMPRESSED_FROM_BYTES) return this.#compressible(bytes)
    if (bytes.length <= INTEGER_TEXT_BYTES && isCanonicalInteger(bytes) && this.#integer(Number(bytes))) return
    this.count(bytes.length)
    this.text(bytes)
  }

  /** A string that is no integer's text. */
  blob(bytes: Uint8Array): void {
    if (this.compresses && bytes.length >= COMPRESSED_FROM_BYTES) {
      const compressed = compressLzf(bytes, bytes.length - COMPRESSION_SAVES_BYTES)
      if (compressed !== undefined) return this.#compressed(compressed, bytes.length)
    }
    this.count(bytes.length)
    this.raw(bytes)
  }

  /** Looked at where it would stand if nothing is saved: no array is made for it. */
  #compressible(bytes: Bytes): void {
    const {length} = bytes
    this.#reserve(MOST_COUNT_BYTES + length)
    const from = this.#length + countBytes(length)
    this.#buffer.latin1Write(bytes, from, length)
    const compressed = compressLzf(this.#buffer, length - COMPRESSION_SAVES_BYTES, from, from + length)
    if (compressed !== undefined) return this.#compressed(compressed, length)
    this.count(length)
    this.#length += length
  }

  #compressed(compressed: Uint8Array, length: number): void {
    this.u8(LENGTH.special | STRING_ENCODING.lzf)
    this.count(compressed.length)
    this.count(length)
    this.raw(compressed)
  }

  #integer(value: number): boolean {
    if (value !== (value | 0)) return false
    this.#reserve(5)
    if (value >= -0x80 && value <= 0x7f) {
      this.#buffer[this.#length++] = LENGTH.special | STRING_ENCODING.int8
      this.#length = this.#buffer.writeInt8(value, this.#length)
    } else if (value >= -0x8000 && value <= 0x7fff) {
      this.#buffer[this.#length++] = LENGTH.special | STRING_ENCODING.int16
      this.#length = this.#buffer.writeInt16LE(value, this.#length)
    } else {
      this.#buffer[this.#length++] = LENGTH.special | STRING_ENCODING.int32
      this.#length = this.#buffer.writeInt32LE(value, this.#length)
    }
    return true
  }

  #reserve(more: number): void {
    const needed = this.#length + more
    if (needed <= this.#buffer.length) return
    if (this.#length === 0 && this.#spares.length > 0) {
      this.#buffer = this.#spares.pop()!
      if (needed <= this.#buffer.length) return
    }
    const larger = this.#room(Math.max(needed, this.#buffer.length * 2, this.#capacity))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }

  #room(bytes: number): TextBuffer {
    if (bytes < LEAST_SPARE_BYTES) return Buffer.allocUnsafe(bytes) as TextBuffer
    const room = Buffer.allocUnsafeSlow(bytes) as TextBuffer
    this.#own.add(room.buffer)
    return room
  }
}

/** How many bytes `count` makes of a length. */
function countBytes(value: number): number {
  if (value < 64) return 1
  if (value < 16384) return 2
  return value < TWO_TO_32 ? 5 : MOST_COUNT_BYTES
}
