/** Is what came a whole RDB file? It begins with a known word and ends with 0xff and a CRC-64 over all before it. */
import {Crc64, CRC64_BYTES} from '../../model/crc64.js'

const HEADER = /^(REDIS\d{4}|VALKEY\d{3})$/
const HEADER_BYTES = 9
const END_OPCODE = 0xff

/** Reads along as the chunks pass by. */
export class SnapshotCheck {
  readonly #crc = new Crc64()
  #header = ''
  #bytes = 0
  /** The last bytes so far: they may turn out to be the checksum, which does not cover itself. */
  #tail: Uint8Array = new Uint8Array(0)
  #lastOpcode = -1

  add(chunk: Uint8Array): void {
    for (let index = 0; index < chunk.length && this.#header.length < HEADER_BYTES; index++) {
      this.#header += String.fromCharCode(chunk[index]!)
    }
    this.#bytes += chunk.length
    const fromTail = Math.min(this.#tail.length, Math.max(0, this.#tail.length + chunk.length - CRC64_BYTES))
    const fromChunk = Math.max(0, chunk.length - CRC64_BYTES)
    this.#cover(this.#tail, fromTail)
    this.#cover(chunk, fromChunk)
    const tail = new Uint8Array(this.#tail.length - fromTail + chunk.length - fromChunk)
    tail.set(this.#tail.subarray(fromTail))
    tail.set(chunk.subarray(fromChunk), this.#tail.length - fromTail)
    this.#tail = tail
  }

  /** What is wrong with the whole; `undefined` when nothing is. */
  fault(): string | undefined {
    if (!HEADER.test(this.#header)) return 'what came does not begin like an RDB file'
    if (this.#bytes < HEADER_BYTES + 1 + CRC64_BYTES || this.#lastOpcode !== END_OPCODE) {
      return `the RDB file ends too early, after ${this.#bytes} bytes`
    }
    const expected = this.#crc.bytes()
    // `rdbchecksum no` writes zeros.
    const isWritten = this.#tail.some((byte) => byte !== 0)
    const fits = this.#tail.every((byte, index) => byte === expected[index])
    return isWritten && !fits ? 'the checksum of the RDB file does not fit its contents' : undefined
  }

  #cover(bytes: Uint8Array, count: number): void {
    if (count === 0) return
    this.#crc.update(bytes, 0, count)
    this.#lastOpcode = bytes[count - 1]!
  }
}
