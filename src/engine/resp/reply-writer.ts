/** Replies as bytes, in RESP2 or RESP3: what a handler says once comes out as the client's protocol has it. */
import {type Bytes, type OutputBuffer} from '../ports.js'
import {formatDouble} from './numbers.js'

const SMALL_INTEGERS = Array.from({length: 1024}, (_, value) => `:${value}\r\n`)
const BULK_HEADERS = Array.from({length: 1024}, (_, length) => `$${length}\r\n`)
const ARRAY_HEADERS = Array.from({length: 64}, (_, length) => `*${length}\r\n`)

/** Bytes gathered in one string before they are made a chunk: V8's ropes are cheap to grow and to flatten once. */
const CHUNK_BYTES = 64 * 1024

/** A silent writer (CLIENT REPLY OFF, the stream from a primary) takes everything and keeps nothing. */
export class ReplyWriter implements OutputBuffer {
  protocol: 2 | 3 = 2
  silent = false
  /** How many error replies were written: dispatch compares before and after a call. */
  errors = 0
  /** The text of the last error reply. */
  lastError = ''
  #text = ''
  #chunks: Uint8Array[] = []
  #chunkBytes = 0

  get isEmpty(): boolean {
    return this.#text.length === 0 && this.#chunks.length === 0
  }

  /** Bytes that wait to be taken. */
  get pendingBytes(): number {
    return this.#text.length + this.#chunkBytes
  }

  take(): readonly Uint8Array[] {
    this.#flushText()
    const chunks = this.#chunks
    this.#chunks = []
    this.#chunkBytes = 0
    return chunks
  }

  takeText(): Bytes | undefined {
    if (this.#chunks.length > 0) return undefined
    const text = this.#text
    this.#text = ''
    return text
  }

  /** Forgets what was written and not yet taken. */
  clear(): void {
    this.#text = ''
    this.#chunks = []
    this.#chunkBytes = 0
  }

  /** Bytes that are a reply, or a stream, already. */
  raw(bytes: Bytes): void {
    if (this.silent) return
    this.#text += bytes
    if (this.#text.length > CHUNK_BYTES) this.#flushText()
  }

  rawBytes(bytes: Uint8Array): void {
    if (this.silent) return
    this.#flushText()
    this.#chunks.push(bytes)
    this.#chunkBytes += bytes.length
  }

  ok(): void {
    this.raw('+OK\r\n')
  }

  status(text: string): void {
    this.raw(`+${text}\r\n`)
  }

  /** The whole text with its code: `ERR syntax error`, `WRONGTYPE …`. Line breaks inside become blanks. */
  error(text: string): void {
    this.errors++
    this.lastError = text
    this.raw(`-${/[\r\n]/.test(text) ? text.replace(/[\r\n]/g, ' ') : text}\r\n`)
  }

  integer(value: number | bigint): void {
    this.raw(typeof value === 'number' && value >= 0 && value < 1024 ? SMALL_INTEGERS[value]! : `:${value}\r\n`)
  }

  bulk(bytes: Bytes): void {
    if (this.silent) return
    const length = bytes.length
    if (length > CHUNK_BYTES) return this.#largeBulk(bytes)
    this.#text += length < 1024 ? BULK_HEADERS[length]! : `$${length}\r\n`
    this.#text += bytes
    this.#text += '\r\n'
    if (this.#text.length > CHUNK_BYTES) this.#flushText()
  }

  /** A chunk of its own: together with what is there already it might be longer than a string can be. */
  #largeBulk(bytes: Bytes): void {
    this.#text += `$${bytes.length}\r\n`
    this.rawBytes(Buffer.from(bytes, 'latin1'))
    this.#text += '\r\n'
  }

  /** A bulk, or the null of the protocol when there is none. */
  bulkOrNull(bytes: Bytes | undefined): void {
    if (bytes === undefined) this.null()
    else this.bulk(bytes)
  }

  null(): void {
    this.raw(this.protocol === 3 ? '_\r\n' : '$-1\r\n')
  }

  nullArray(): void {
    this.raw(this.protocol === 3 ? '_\r\n' : '*-1\r\n')
  }

  array(length: number): void {
    this.raw(length < 64 ? ARRAY_HEADERS[length]! : `*${length}\r\n`)
  }

  /** `pairs` keys, each followed by its value; RESP2 has a flat array. */
  map(pairs: number): void {
    this.raw(this.protocol === 3 ? `%${pairs}\r\n` : `*${pairs * 2}\r\n`)
  }

  set(length: number): void {
    this.raw(`${this.protocol === 3 ? '~' : '*'}${length}\r\n`)
  }

  /** A message that is no reply: pub/sub, MONITOR. */
  push(length: number): void {
    this.raw(`${this.protocol === 3 ? '>' : '*'}${length}\r\n`)
  }

  double(value: number): void {
    const text = formatDouble(value)
    this.raw(this.protocol === 3 ? `,${text}\r\n` : `$${text.length}\r\n${text}\r\n`)
  }

  /** A double whose text is made already: a form of its own (GEOPOS), digits that a double cannot hold. */
  doubleText(text: string): void {
    this.raw(this.protocol === 3 ? `,${text}\r\n` : `$${text.length}\r\n${text}\r\n`)
  }

  boolean(value: boolean): void {
    if (this.protocol === 3) this.raw(value ? '#t\r\n' : '#f\r\n')
    else this.integer(value ? 1 : 0)
  }

  bigNumber(text: string): void {
    if (this.protocol === 3) this.raw(`(${text}\r\n`)
    else this.bulk(text)
  }

  /** Text for people: `txt` or `mkd`. */
  verbatim(text: Bytes, format: 'txt' | 'mkd' = 'txt'): void {
    if (this.protocol === 3) this.raw(`=${text.length + 4}\r\n${format}:${text}\r\n`)
    else this.bulk(text)
  }

  bulks(items: readonly Bytes[]): void {
    this.array(items.length)
    for (const item of items) this.bulk(item)
  }

  #flushText(): void {
    if (this.#text.length === 0) return
    const chunk = Buffer.from(this.#text, 'latin1')
    this.#text = ''
    this.#chunks.push(chunk)
    this.#chunkBytes += chunk.length
  }
}
