/** Requests out of a stream of bytes: RESP arrays of bulk strings and inline commands, resumable at any byte. */
import {LIMITS} from '../limits.js'
import {type Bytes} from '../ports.js'
import {splitInline} from './inline-words.js'
import {asSliceable, type Sliceable, wordOf} from './word-cache.js'

export {splitInline}

/** `more`: the stream ends inside a request. A `ProtocolError` ends the connection after its text was sent. */
export type Parsed = 'request' | 'more' | 'empty' | ProtocolError

export interface ProtocolError {
  /** As Redis words it, without the leading `ERR `. */
  readonly protocolError: string
}

const CR = 13
const LF = 10
const STAR = 42
const DOLLAR = 36
const ZERO = 48

/** What `#number` says instead of a number. */
const MORE = Number.MIN_SAFE_INTEGER
const INVALID = MORE + 1
const MOST_DIGITS = 18

/** Requests of more words are gathered, however they arrive: their number may be a lie, and room for them is not made in advance. */
const MOST_WORDS_AT_ONCE = 64
const SMALLEST_BUFFER = 64

const EMPTY = asSliceable(new Uint8Array(0))

/**
 * One client's stream. `feed` a chunk, then call `next` until it says `more`, then `keepRest`: the chunk may be the host's own read
 * buffer, so nothing of it is kept without a copy. Each byte is looked at and copied a bounded number of times, however it trickles in.
 * Source: the RESP protocol specification; error texts are those of Redis 7.0's processMultibulkBuffer.
 */
export class RequestParser {
  /** A client that has not logged in may send little (Redis 7.0: CVE-2021-32675). */
  authenticated = true
  #buffer: Sliceable = EMPTY
  #at = 0
  #end = 0
  /** Up to here there is no end of the line that begins at #at. */
  #searched = 0
  /** Whether #buffer is ours to grow; otherwise it is the host's chunk. */
  #owned = false
  /** Words of the current request that are still to come; -1 between requests. */
  #wordsLeft = -1
  /** Length of the bulk that is being read; -1 before its header was seen. */
  #bulkLength = -1
  /** Words of a request that did not come in one piece, and their bytes. */
  #words: Bytes[] = []
  #wordBytes = 0
  #fault: ProtocolError | undefined

  /** Bytes held for the rest of a request. */
  get pendingBytes(): number {
    return this.#end - this.#at + this.#wordBytes
  }

  feed(chunk: Uint8Array): void {
    if (this.#at === this.#end) {
      this.#buffer = asSliceable(chunk)
      this.#at = 0
      this.#end = chunk.length
      this.#searched = 0
      this.#owned = false
      return
    }
    this.#reserve(chunk.length)
    this.#buffer.set(chunk, this.#end)
    this.#end += chunk.length
  }

  /** Copies what is left of a chunk that belongs to the host. */
  keepRest(): void {
    if (!this.#owned && this.#at !== this.#end) this.#reserve(0)
  }

  /** Reads one request into `argv`, whose former words are lost. `empty`: a request without words, which Redis passes over. */
  next(argv: Bytes[]): Parsed {
    if (this.#wordsLeft >= 0) return this.#gather(argv)
    if (this.#at === this.#end) return 'more'
    if (this.#buffer[this.#at] !== STAR) return this.#inline(argv)
    const count = this.#number()
    if (count === MORE) return this.#unlessTooLong('too big mbulk count string')
    if (count === INVALID || count > LIMITS.requestWords) return fault('invalid multibulk length')
    if (count > LIMITS.unauthenticatedWords && !this.authenticated) return fault('unauthenticated multibulk length')
    if (count <= 0) return 'empty'
    return count <= MOST_WORDS_AT_ONCE ? this.#takeAtOnce(argv, count) : this.#beginGathering(argv, count, 0)
  }

  /** The common case: the whole request is here, and nothing is kept of it but its words. */
  #takeAtOnce(argv: Bytes[], count: number): Parsed {
    // A stream of equal requests never changes the length: that would cost more than the words themselves.
    if (argv.length !== count) argv.length = count
    for (let index = 0; index < count; index++) {
      const word = this.#word(index === 0)
      if (word === undefined) return this.#beginGathering(argv, count, index)
      argv[index] = word
    }
    return 'request'
  }

  /** The first `read` words of `count` are in argv. */
  #beginGathering(argv: Bytes[], count: number, read: number): Parsed {
    this.#words = argv.slice(0, read)
    for (const word of this.#words) this.#wordBytes += word.length
    this.#wordsLeft = count - read
    return this.#gather(argv)
  }

  #gather(argv: Bytes[]): Parsed {
    const words = this.#words
    while (this.#wordsLeft > 0) {
      const word = this.#word(words.length === 0)
      if (word === undefined) return this.#fault ?? 'more'
      words.push(word)
      this.#wordBytes += word.length
      this.#wordsLeft--
    }
    this.#wordsLeft = -1
    this.#words = []
    this.#wordBytes = 0
    argv.length = words.length
    for (let index = 0; index < words.length; index++) argv[index] = words[index]!
    return 'request'
  }

  /** The next bulk string; undefined when it is not here yet, or there is a fault. */
  #word(isName: boolean): Bytes | undefined {
    if (this.#bulkLength < 0 && !this.#readBulkHeader()) return undefined
    const from = this.#at
    const end = from + this.#bulkLength
    if (end + 2 > this.#end) return undefined
    this.#at = end + 2
    this.#bulkLength = -1
    return isName ? wordOf(this.#buffer, from, end) : this.#buffer.latin1Slice(from, end)
  }

  #readBulkHeader(): boolean {
    if (this.#at === this.#end) return false
    const first = this.#buffer[this.#at]!
    if (first !== DOLLAR) return this.#refuse(`expected '$', got '${String.fromCharCode(first)}'`)
    const length = this.#number()
    if (length === MORE) {
      const long = this.#unlessTooLong('too big bulk count string')
      if (long !== 'more') this.#fault = long
      return false
    }
    if (length < 0 || length > LIMITS.bulkBytes) return this.#refuse('invalid bulk length')
    if (length > LIMITS.unauthenticatedBulkBytes && !this.authenticated) {
      return this.#refuse('unauthenticated bulk length')
    }
    this.#bulkLength = length
    return true
  }

  /** The number between `*` or `$` and the end of its line, which is consumed. Anything else than Redis' string2ll takes is INVALID. */
  #number(): number {
    const buffer = this.#buffer
    const from = this.#at + 1
    let at = from
    let value = 0
    for (; at < this.#end; at++) {
      const digit = buffer[at]! - ZERO
      if (digit < 0 || digit > 9 || at - from > MOST_DIGITS) break
      value = value * 10 + digit
    }
    if (at + 1 < this.#end && buffer[at] === CR && at > from && (buffer[from] !== ZERO || at === from + 1)) {
      this.#at = at + 2
      return value
    }
    return this.#oddNumber()
  }

  /** A number that is negative, wrong, or not here yet. */
  #oddNumber(): number {
    const end = this.#lineEnd(CR)
    if (end < 0 || end + 1 >= this.#end) return MORE
    const text = this.#buffer.latin1Slice(this.#at + 1, end)
    this.#at = end + 2
    return text.length <= MOST_DIGITS + 1 && /^(?:0|-?[1-9]\d*)$/.test(text) ? Number(text) : INVALID
  }

  #inline(argv: Bytes[]): Parsed {
    const lineEnd = this.#lineEnd(LF)
    if (lineEnd < 0) return this.#unlessTooLong('too big inline request')
    const from = this.#at
    const text = this.#buffer.latin1Slice(
      from,
      lineEnd > from && this.#buffer[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd,
    )
    this.#at = lineEnd + 1
    const words = splitInline(text)
    if (words === undefined) return fault('unbalanced quotes in request')
    argv.length = words.length
    for (let index = 0; index < words.length; index++) argv[index] = words[index]!
    return words.length === 0 ? 'empty' : 'request'
  }

  /** Where the line at hand ends; -1 when that is not here yet. What was searched in vain is not searched again. */
  #lineEnd(byte: number): number {
    const buffer = this.#buffer
    for (let at = Math.max(this.#at, this.#searched); at < this.#end; at++) {
      if (buffer[at] !== byte) continue
      // The CR alone may be here, its LF not yet.
      this.#searched = at
      return at
    }
    this.#searched = this.#end
    return -1
  }

  #unlessTooLong(what: string): 'more' | ProtocolError {
    return this.#end - this.#at > LIMITS.inlineBytes ? fault(what) : 'more'
  }

  #refuse(what: string): false {
    this.#fault = fault(what)
    return false
  }

  /** Makes the buffer our own, with room for more: twice what there is, but no more than the bulk at hand wants. */
  #reserve(bytes: number): void {
    const rest = this.#end - this.#at
    if (this.#owned && this.#end + bytes <= this.#buffer.length) return
    const needed = rest + bytes
    const wanted = this.#bulkLength + 2 > needed ? Math.min(needed * 2, this.#bulkLength + 2) : needed * 2
    const own = Buffer.allocUnsafe(Math.max(wanted, SMALLEST_BUFFER))
    own.set(this.#buffer.subarray(this.#at, this.#end))
    this.#buffer = asSliceable(own)
    this.#searched = Math.max(0, this.#searched - this.#at)
    this.#at = 0
    this.#end = rest
    this.#owned = true
  }
}

function fault(what: string): ProtocolError {
  return {protocolError: `Protocol error: ${what}`}
}
