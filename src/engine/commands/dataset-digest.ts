/** A fingerprint of values and of whole data sets: the same on every node that holds the same, in whatever order. */
import {type Bytes} from '../ports.js'
import {formatSignificant} from '../resp/numbers.js'
import {sha1} from '../values/sha1.js'
import {stringBytes} from '../values/string.js'
import {type TypeName, typeName, type Value} from '../values/value.js'

const TYPE_NUMBERS: Readonly<Record<TypeName, number>> = {string: 0, list: 1, set: 2, zset: 3, hash: 4}
const EXPIRES = '!!expire!!'

/** 20 bytes that things are added to. Source: Redis 7.0's debug.c. */
export class Digest {
  readonly #bytes = new Uint8Array(20)

  /** Adds something whose place among others does not matter. */
  add(bytes: Bytes): void {
    const hash = sha1(bytes)
    for (let at = 0; at < 20; at++) this.#bytes[at]! ^= hash[at]!
  }

  /** Adds something that comes after what was mixed in before. */
  mix(bytes: Bytes): void {
    this.add(bytes)
    this.#bytes.set(sha1(this.toBytes()))
  }

  toBytes(): Bytes {
    return String.fromCharCode(...this.#bytes)
  }

  /** 40 hexadecimal digits. */
  toString(): string {
    return Buffer.from(this.#bytes).toString('hex')
  }
}

/** Mixes a value into a digest, with the fact that it expires. */
export function mixValue(digest: Digest, value: Value, expires: boolean): void {
  digest.mix(bigEndian(TYPE_NUMBERS[typeName(value)]))
  mixContent(digest, value)
  if (expires) digest.add(EXPIRES)
}

function mixContent(digest: Digest, value: Value): void {
  if (typeof value === 'string' || value.type === 'string') return digest.mix(stringBytes(value))
  switch (value.type) {
    case 'list':
      for (const item of value.values()) digest.mix(item)
      return
    case 'set':
      for (const member of value.values()) digest.add(member)
      return
    case 'hash':
      for (const [field, content] of value.entries()) digest.add(pair(field, content))
      return
    case 'zset':
      for (const [member, score] of value.entries()) digest.add(pair(member, formatScore(score)))
      return
  }
}

function pair(first: Bytes, second: Bytes): Bytes {
  const digest = new Digest()
  digest.mix(first)
  digest.mix(second)
  return digest.toBytes()
}

function formatScore(score: number): string {
  if (!Number.isFinite(score)) return score > 0 ? 'inf' : '-inf'
  return formatSignificant(score, 17)
}

/** The database's number, as all its keys' digests are mixed behind it. */
export function mixDatabaseNumber(digest: Digest, index: number): void {
  digest.mix(bigEndian(index))
}

function bigEndian(value: number): Bytes {
  return String.fromCharCode((value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255)
}
