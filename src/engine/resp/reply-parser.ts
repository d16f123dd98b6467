/** Replies out of a stream of bytes, resumable at any byte: what a node reads from a server that it has called itself. */
import {LIMITS} from '../limits.js'
import {type Bytes} from '../ports.js'

export class ReplyError {
  /** The whole line with its code: `ERR syntax error`. */
  readonly message: string

  constructor(message: string) {
    this.message = message
  }
}

/** Statuses and bulk strings are both strings; a RESP3 map is an array of keys and values in turn, sets and pushes are arrays. */
export type Reply = Bytes | number | bigint | boolean | null | ReplyError | Reply[]

/** An array that is not complete yet. */
interface OpenArray {
  readonly items: Reply[]
  readonly length: number
}

const LF = 10
const CR = 13
const EMPTY = Buffer.alloc(0)
const SMALLEST_BUFFER = 64
const DEEPEST_NESTING = 64

/**
 * `feed` a chunk (it is copied), then call `next` until it returns undefined. Where the stream turns into something else (an RDB
 * payload after `+FULLRESYNC`), `nextLine` reads its header and `takeRest` hands over what was fed and not read.
 */
export class ReplyParser {
  /** What is wrong with the stream, once something is: nothing more is read from it then. */
  fault: string | undefined
  #buffer: Buffer = EMPTY
  #at = 0
  #end = 0
  /** Up to here there is no line end: a line that trickles in is searched once. */
  #searched = 0
  /** Length of the bulk whose header was read; -1 otherwise. */
  #bulkLength = -1
  #bulkKind = 0
  readonly #open: OpenArray[] = []

  /** Bytes held for a reply that is not complete. */
  get pendingBytes(): number {
    return this.#end - this.#at
  }

  feed(chunk: Uint8Array): void {
    this.#reserve(chunk.length)
    this.#buffer.set(chunk, this.#end)
    this.#end += chunk.length
  }

  /** The next whole reply; undefined when the stream ends inside one, or has a fault. */
  next(): Reply | undefined {
    while (this.fault === undefined) {
      const item = this.#bulkLength >= 0 ? this.#bulk() : this.#headed()
      if (item === undefined) return undefined
      if (item === OPENED) continue
      const whole = this.#close(item)
      if (whole !== undefined) return whole
    }
    return undefined
  }

  /** The next line without its end, which may be a bare LF; undefined when it is not complete. */
  nextLine(): Bytes | undefined {
    if (this.fault !== undefined) return undefined
    const newline = this.#buffer.subarray(0, this.#end).indexOf(LF, Math.max(this.#at, this.#searched))
    if (newline < 0) {
      this.#searched = this.#end
      if (this.#end - this.#at > LIMITS.inlineBytes) this.fault = 'a line is too long'
      return undefined
    }
    const end = newline > this.#at && this.#buffer[newline - 1] === CR ? newline - 1 : newline
    const line = this.#buffer.toString('latin1', this.#at, end)
    this.#at = newline + 1
    return line
  }

  /** Everything that was fed and not read, copied; the parser is empty afterwards. */
  takeRest(): Uint8Array {
    const rest = Buffer.from(this.#buffer.subarray(this.#at, this.#end))
    this.#buffer = EMPTY
    this.#at = this.#end = this.#searched = 0
    return rest
  }

  /** A reply by its first byte. */
  #headed(): Reply | typeof OPENED | undefined {
    const line = this.nextLine()
    if (line === undefined) return undefined
    const rest = line.slice(1)
    switch (line[0]) {
      case '+':
        return rest
      case '-':
      case '!':
        return line[0] === '-' ? new ReplyError(rest) : this.#openBulk(line)
      case ':':
      case '(':
        return this.#integer(rest)
      case ',':
        return Number(rest === 'inf' ? Infinity : rest === '-inf' ? -Infinity : rest)
      case '#':
        return rest === 't'
      case '_':
        return null
      case '$':
      case '=':
        return this.#openBulk(line)
      case '*':
      case '~':
      case '>':
        return this.#openArray(rest, 1)
      case '%':
        return this.#openArray(rest, 2)
      default:
        return this.#refuse(`no reply begins with ${JSON.stringify(line.slice(0, 32))}`)
    }
  }

  #integer(text: Bytes): number | bigint | undefined {
    if (!/^[-+]?\d+$/.test(text)) return this.#refuse('an integer is none')
    const value = Number(text)
    return Number.isSafeInteger(value) ? value : BigInt(text)
  }

  #openBulk(line: Bytes): null | typeof OPENED | undefined {
    const length = lengthOf(line.slice(1))
    if (length === -1) return null
    if (length === undefined || length > LIMITS.bulkBytes) return this.#refuse('a bulk string has no such length')
    this.#bulkLength = length
    this.#bulkKind = line.charCodeAt(0)
    return OPENED
  }

  #bulk(): Bytes | ReplyError | undefined {
    const end = this.#at + this.#bulkLength
    if (end + 2 > this.#end) return undefined
    const bytes = this.#buffer.toString('latin1', this.#at, end)
    if (this.#buffer[end] !== CR || this.#buffer[end + 1] !== LF) return this.#refuse('a bulk string is not ended')
    this.#at = end + 2
    this.#bulkLength = -1
    if (this.#bulkKind === BULK_ERROR) return new ReplyError(bytes)
    // A verbatim string says its format first: `txt:`.
    return this.#bulkKind === VERBATIM ? bytes.slice(4) : bytes
  }

  #openArray(text: Bytes, each: number): Reply | typeof OPENED | undefined {
    const length = lengthOf(text)
    if (length === -1) return null
    if (length === undefined || length > LIMITS.requestWords) return this.#refuse('an array has no such length')
    if (this.#open.length === DEEPEST_NESTING) return this.#refuse('arrays are nested too deep')
    if (length === 0) return []
    this.#open.push({items: [], length: length * each})
    return OPENED
  }

  /** Puts a reply into the array it belongs to. @returns the outermost reply when that is whole now */
  #close(item: Reply): Reply | undefined {
    let whole = item
    for (let array = this.#open.at(-1); array !== undefined; array = this.#open.at(-1)) {
      array.items.push(whole)
      if (array.items.length < array.length) return undefined
      this.#open.pop()
      whole = array.items
    }
    return whole
  }

  #refuse(fault: string): undefined {
    this.fault = fault
    return undefined
  }

  #reserve(bytes: number): void {
    if (this.#end + bytes <= this.#buffer.length) return
    const rest = this.#end - this.#at
    // Twice what is needed, so that a long bulk is copied a few times at most, however it is cut.
    const larger = Buffer.allocUnsafe(Math.max(SMALLEST_BUFFER, (rest + bytes) * 2))
    this.#buffer.copy(larger, 0, this.#at, this.#end)
    this.#buffer = larger
    this.#searched = Math.max(0, this.#searched - this.#at)
    this.#at = 0
    this.#end = rest
  }
}

/** A header was read; its contents follow. */
const OPENED = Symbol('opened')
const VERBATIM = '='.charCodeAt(0)
const BULK_ERROR = '!'.charCodeAt(0)

/** -1 is the null of RESP2; undefined: no length. */
function lengthOf(text: Bytes): number | undefined {
  if (text === '-1') return -1
  return /^\d{1,10}$/.test(text) ? Number(text) : undefined
}
