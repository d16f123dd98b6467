/** Strings from the bytes of a read buffer; the name of a command, which comes again and again, without making a new one. */
import {type Bytes} from '../ports.js'

/** A Buffer's own way to a latin1 string: `toString` checks its arguments first, which costs as much as the copy of a short word. */
export interface Sliceable extends Uint8Array {
  latin1Slice(from: number, end: number): Bytes
}

/** The same memory with `latin1Slice`; a Buffer has it already. */
export function asSliceable(bytes: Uint8Array): Sliceable {
  // Asked of the object itself: Buffer.isBuffer walks its ancestors, for every chunk that is read.
  if (isSliceable(bytes)) return bytes
  const buffer: unknown = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return buffer as Sliceable
}

function isSliceable(bytes: Uint8Array | Sliceable): bytes is Sliceable {
  return 'latin1Slice' in bytes
}

const LONGEST_CACHED = 24
const CACHE_SIZE = 1024

/** The last word of each hash. Words are values, so nothing passes between nodes that use the same ones. */
const cache = new Array<Bytes>(CACHE_SIZE).fill('')

/** The bytes from `from` to `end` as a string; for a word that was asked for lately, the string that was made then. */
export function wordOf(buffer: Sliceable, from: number, end: number): Bytes {
  const length = end - from
  if (length === 0 || length > LONGEST_CACHED) return buffer.latin1Slice(from, end)
  const hash =
    (buffer[from]! + buffer[end - 1]! * 7 + buffer[from + (length >> 1)]! * 31 + length * 97) & (CACHE_SIZE - 1)
  const cached = cache[hash]!
  if (cached.length === length && isSame(cached, buffer, from)) return cached
  const word = buffer.latin1Slice(from, end)
  cache[hash] = word
  return word
}

function isSame(word: Bytes, buffer: Uint8Array, from: number): boolean {
  for (let at = 0; at < word.length; at++) if (word.charCodeAt(at) !== buffer[from + at]) return false
  return true
}
