/** CRC-64 as Redis and Valkey end their RDB files with it: Jones' polynomial, reflected, initial value 0. */

const POLYNOMIAL_HIGH = 0x95ac9329
const POLYNOMIAL_LOW = 0xac4bc9b5
const STRIDE = 8

export const CRC64_BYTES = 8

/** JavaScript has no fast 64-bit integer: a value is two halves, and eight bytes go through eight tables at once. */
export class Crc64 {
  #high = 0
  #low = 0

  /** Takes in `bytes` from `start` up to, not including, `end`. */
  update(bytes: Uint8Array, start = 0, end = bytes.length): void {
    const {highs, lows} = TABLES
    let high = this.#high
    let low = this.#low
    let at = start
    for (; at + STRIDE <= end; at += STRIDE) {
      low ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
      high ^= bytes[at + 4]! | (bytes[at + 5]! << 8) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 24)
      const [a, b, c, d] = [
        0x700 | (low & 0xff),
        0x600 | ((low >>> 8) & 0xff),
        0x500 | ((low >>> 16) & 0xff),
        0x400 | (low >>> 24),
      ]
      const [e, f, g, h] = [
        0x300 | (high & 0xff),
        0x200 | ((high >>> 8) & 0xff),
        0x100 | ((high >>> 16) & 0xff),
        high >>> 24,
      ]
      low = lows[a]! ^ lows[b]! ^ lows[c]! ^ lows[d]! ^ lows[e]! ^ lows[f]! ^ lows[g]! ^ lows[h]!
      high = highs[a]! ^ highs[b]! ^ highs[c]! ^ highs[d]! ^ highs[e]! ^ highs[f]! ^ highs[g]! ^ highs[h]!
    }
    for (; at < end; at++) {
      const index = (low ^ bytes[at]!) & 0xff
      low = ((low >>> 8) | (high << 24)) ^ lows[index]!
      high = (high >>> 8) ^ highs[index]!
    }
    this.#high = high
    this.#low = low
  }

  /** As it stands in a file: eight bytes, lowest first. */
  bytes(): Uint8Array {
    const bytes = new Uint8Array(CRC64_BYTES)
    this.writeTo(bytes, 0)
    return bytes
  }

  /** The same, into room that is there already. */
  writeTo(target: Uint8Array, at: number): void {
    for (let index = 0; index < CRC64_BYTES; index++) target[at + index] = this.#byte(index)
  }

  /** Whether these eight bytes stand at `at`. */
  isAt(bytes: Uint8Array, at: number): boolean {
    for (let index = 0; index < CRC64_BYTES; index++) if (bytes[at + index] !== this.#byte(index)) return false
    return true
  }

  #byte(index: number): number {
    return ((index < 4 ? this.#low : this.#high) >>> ((index & 3) * 8)) & 0xff
  }
}

/** Table k, from index 256 × k on: what a byte becomes when k zero bytes follow it. */
function makeTables(): {readonly highs: Int32Array; readonly lows: Int32Array} {
  const highs = new Int32Array(STRIDE * 256)
  const lows = new Int32Array(STRIDE * 256)
  for (let byte = 0; byte < 256; byte++) {
    let [high, low] = [0, byte]
    for (let bit = 0; bit < 8; bit++) {
      const carry = low & 1
      low = (low >>> 1) | (high << 31)
      high >>>= 1
      if (carry === 1) {
        low ^= POLYNOMIAL_LOW
        high ^= POLYNOMIAL_HIGH
      }
    }
    highs[byte] = high
    lows[byte] = low
  }
  for (let index = 256; index < highs.length; index++) {
    const [high, low] = [highs[index - 256]!, lows[index - 256]!]
    highs[index] = (high >>> 8) ^ highs[low & 0xff]!
    lows[index] = ((low >>> 8) | (high << 24)) ^ lows[low & 0xff]!
  }
  return {highs, lows}
}

const TABLES = makeTables()
