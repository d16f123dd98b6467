/** MurmurHash64A as Redis' HyperLogLog uses it: 64 bits as two halves, since JavaScript multiplies no more than 32 exactly. */
import {type Bytes} from '../ports.js'

const SEED = 0xadc83b19
/** The multiplier 0xc6a4a7935bd1e995. */
const MULTIPLIER_HIGH = 0xc6a4a793
const MULTIPLIER_LOW = 0x5bd1e995
const SHIFT_BITS = 15 // of 47: the other 32 move a whole half

/** A hash, and the scratch that computes it; the halves are signed 32-bit numbers. */
export class MurmurHash {
  high = 0
  low = 0

  /** Hashes a byte string; the result stands in `high` and `low`. */
  hash(bytes: Bytes): void {
    const length = bytes.length
    this.#set(MULTIPLIER_HIGH, MULTIPLIER_LOW)
    this.#multiply(0, length)
    let [high, low] = [this.high, this.low ^ SEED]
    const whole = length - (length % 8)
    for (let at = 0; at < whole; at += 8) {
      this.#set(wordAt(bytes, at + 4, 4), wordAt(bytes, at, 4))
      this.#scramble()
      high ^= this.high
      low ^= this.low
      this.#set(high, low)
      this.#multiply(MULTIPLIER_HIGH, MULTIPLIER_LOW)
      high = this.high
      low = this.low
    }
    const left = length - whole
    this.#set(high, low)
    if (left > 0) {
      this.high ^= left > 4 ? wordAt(bytes, whole + 4, left - 4) : 0
      this.low ^= wordAt(bytes, whole, Math.min(left, 4))
      this.#multiply(MULTIPLIER_HIGH, MULTIPLIER_LOW)
    }
    this.#fold()
    this.#multiply(MULTIPLIER_HIGH, MULTIPLIER_LOW)
    this.#fold()
  }

  #set(high: number, low: number): void {
    this.high = high | 0
    this.low = low | 0
  }

  #scramble(): void {
    this.#multiply(MULTIPLIER_HIGH, MULTIPLIER_LOW)
    this.#fold()
    this.#multiply(MULTIPLIER_HIGH, MULTIPLIER_LOW)
  }

  /** h ^= h >>> 47. */
  #fold(): void {
    this.low ^= this.high >>> SHIFT_BITS
  }

  /** Times another 64-bit number, modulo 2^64: the low halves' full product, and what the cross products add to the high half. */
  #multiply(otherHigh: number, otherLow: number): void {
    const [a, b] = [this.low & 0xffff, this.low >>> 16]
    const [c, d] = [otherLow & 0xffff, otherLow >>> 16]
    const lowest = a * c
    const middle = a * d + (lowest >>> 16)
    const upper = b * c + (middle % 0x10000)
    const carried = b * d + Math.floor(middle / 0x10000) + Math.floor(upper / 0x10000)
    const crossed = Math.imul(this.high, otherLow) + Math.imul(this.low, otherHigh)
    this.high = (carried + crossed) | 0
    this.low = ((upper % 0x10000) << 16) | (lowest & 0xffff)
  }
}

/** Up to four bytes, lowest first. */
function wordAt(bytes: Bytes, at: number, count: number): number {
  let word = 0
  for (let index = 0; index < count; index++) word |= bytes.charCodeAt(at + index) << (index * 8)
  return word
}
