/**
 * 128-bit digests of bytes: MurmurHash3 (x86, 128 bits, public domain, Austin Appleby) in a chain of blocks, so that what is read
 * piece by piece has the digest of the whole. It finds accidents, not forgers: two values that differ by chance have the same digest
 * once in 2^128, but who wants to can make two that have it.
 */

/** Four unsigned 32-bit words. */
export interface Digest {
  readonly a: number
  readonly b: number
  readonly c: number
  readonly d: number
}

/** Text stands for its bytes, one a character (latin1). */
export type Bytes = Uint8Array | string

const BLOCK_BYTES = 4096
const WORD = 2 ** 32

/** Of nothing at all the digest is not nothing, so that it counts in a sum. */
const SEED = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a] as const

const C1 = 0x239b961b
const C2 = 0xab0e9789
const C3 = 0x38b34ae5
const C4 = 0xa1e38b93

/** Takes bytes in pieces of any size; the digest depends only on what they are together. May be used again after `finish`. */
export class Digester {
  readonly #block = Buffer.allocUnsafe(BLOCK_BYTES)
  #used = 0
  #length = 0
  readonly #state = Int32Array.from(SEED)

  add(bytes: Bytes): this {
    const {length} = bytes
    this.#length += length
    let from = 0
    while (from < length) {
      if (this.#used === BLOCK_BYTES) this.#flush()
      const size = Math.min(length - from, BLOCK_BYTES - this.#used)
      if (typeof bytes === 'string') this.#block.write(slice(bytes, from, size), this.#used, 'latin1')
      else this.#block.set(from === 0 && size === length ? bytes : bytes.subarray(from, from + size), this.#used)
      this.#used += size
      from += size
    }
    return this
  }

  /** With its length, so that where one part ends and the next begins counts as well. */
  part(bytes: Bytes): this {
    return this.number(bytes.length).add(bytes)
  }

  /** A double; both zeros are one, as they are to a sorted set. */
  number(value: number): this {
    if (this.#used + 8 > BLOCK_BYTES) this.#flush()
    this.#block.writeDoubleLE(value === 0 ? 0 : value, this.#used)
    this.#used += 8
    this.#length += 8
    return this
  }

  digest(value: Digest): this {
    return this.number(value.a).number(value.b).number(value.c).number(value.d)
  }

  finish(): Digest {
    mix(this.#state, this.#block, this.#used, this.#length)
    const [a, b, c, d] = this.#state as unknown as readonly [number, number, number, number]
    this.#state.set(SEED)
    this.#used = 0
    this.#length = 0
    return {a: a >>> 0, b: b >>> 0, c: c >>> 0, d: d >>> 0}
  }

  #flush(): void {
    mix(this.#state, this.#block, this.#used, BLOCK_BYTES)
    this.#used = 0
  }
}

/** A sum of digests modulo 2^128: the same whatever the order. */
export class DigestSum {
  #a = 0
  #b = 0
  #c = 0
  #d = 0

  add({a, b, c, d}: Digest): void {
    const low = this.#d + d
    const third = this.#c + c + (low >= WORD ? 1 : 0)
    const second = this.#b + b + (third >= WORD ? 1 : 0)
    this.#a = (this.#a + a + (second >= WORD ? 1 : 0)) % WORD
    this.#b = second % WORD
    this.#c = third % WORD
    this.#d = low % WORD
  }

  value(): Digest {
    return {a: this.#a, b: this.#b, c: this.#c, d: this.#d}
  }
}

export function sameDigest(one: Digest, other: Digest): boolean {
  return one.a === other.a && one.b === other.b && one.c === other.c && one.d === other.d
}

/** 32 hexadecimal digits. */
export function formatDigest({a, b, c, d}: Digest): string {
  return [a, b, c, d].map((word) => word.toString(16).padStart(8, '0')).join('')
}

function slice(text: string, from: number, size: number): string {
  return from === 0 && size === text.length ? text : text.slice(from, from + size)
}

/** The reference algorithm, with the four words of `state` as its seed; bytes that fill no 16 count as followed by zeros. */
function mix(state: Int32Array, block: Buffer, used: number, length: number): void {
  let [h1, h2, h3, h4] = state as unknown as [number, number, number, number]
  const padded = (used + 15) & ~15
  block.fill(0, used, padded)
  for (let at = 0; at < padded; at += 16) {
    h1 = Math.imul(rotated(h1 ^ scrambled(block.readInt32LE(at), C1, 15, C2), 19) + h2, 5) + 0x561ccd1b
    h2 = Math.imul(rotated(h2 ^ scrambled(block.readInt32LE(at + 4), C2, 16, C3), 17) + h3, 5) + 0x0bcaa747
    h3 = Math.imul(rotated(h3 ^ scrambled(block.readInt32LE(at + 8), C3, 17, C4), 15) + h4, 5) + 0x96cd1c35
    h4 = Math.imul(rotated(h4 ^ scrambled(block.readInt32LE(at + 12), C4, 18, C1), 13) + h1, 5) + 0x32ac3b17
  }
  h1 ^= length
  h2 ^= length
  h3 ^= length
  h4 ^= length
  h1 = (h1 + h2 + h3 + h4) | 0
  h2 = (h2 + h1) | 0
  h3 = (h3 + h1) | 0
  h4 = (h4 + h1) | 0
  h1 = avalanche(h1)
  h2 = avalanche(h2)
  h3 = avalanche(h3)
  h4 = avalanche(h4)
  h1 = (h1 + h2 + h3 + h4) | 0
  state[0] = h1
  state[1] = h2 + h1
  state[2] = h3 + h1
  state[3] = h4 + h1
}

function scrambled(word: number, first: number, turn: number, second: number): number {
  return Math.imul(rotated(Math.imul(word, first), turn), second)
}

function rotated(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by))
}

function avalanche(word: number): number {
  const first = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  const second = Math.imul(first ^ (first >>> 13), 0xc2b2ae35)
  return second ^ (second >>> 16)
}
