/** The payload of a full sync as it comes in: `$<n>` and n bytes, or `$EOF:<mark>`, bytes, and the mark again. */
import {type Bytes} from '../ports.js'

const MARK_BYTES = 40
const LF = 10
/** A header is short; a peer that sends no line end is no primary. */
const LONGEST_HEADER = 1024
const EMPTY = Buffer.alloc(0)

/** Takes chunks in; keeps the payload, and what follows it. Source: replication.md §4. */
export class PayloadReceiver {
  #header = ''
  #hasHeader = false
  /** Bytes of the length form that are still to come; -1 for the form with a mark. */
  #left = -1
  #mark: Buffer = EMPTY
  /** The last bytes received, at most as many as a mark has. */
  #tail: Buffer = EMPTY
  readonly #chunks: Uint8Array[] = []
  #received = 0
  #total = 0
  #done = false
  error: string | undefined

  /** Bytes of the payload itself; 0 while its length is not known. */
  get totalBytes(): number {
    return this.#total
  }

  get receivedBytes(): number {
    return this.#received
  }

  get isDone(): boolean {
    return this.#done
  }

  get hasHeader(): boolean {
    return this.#hasHeader
  }

  /** The form with a mark at its end: the stream starts only after an ACK. */
  get isDiskless(): boolean {
    return this.#mark.length > 0
  }

  /** What there is of the payload, in pieces, without the mark; the caller's from now on. */
  take(): Uint8Array[] {
    let taken = this.#chunks.length
    // As long as there is more to come, the last bytes may be those of the mark.
    const keptBack = this.#done || !this.isDiskless ? 0 : MARK_BYTES
    for (let kept = 0; kept < keptBack && taken > 0;) kept += this.#chunks[--taken]!.length
    return this.#chunks.splice(0, taken)
  }

  /** @returns what of the chunk comes after the payload; the chunk is copied where it is kept */
  feed(chunk: Uint8Array): Uint8Array {
    let rest = chunk
    if (!this.#hasHeader) {
      const from = this.#readHeader(chunk)
      if (from < 0) return EMPTY
      rest = chunk.subarray(from)
    }
    return this.#mark.length > 0 ? this.#feedMarked(rest) : this.#feedCounted(rest)
  }

  /** @returns where the payload begins in the chunk; -1 when it does not yet, or never */
  #readHeader(chunk: Uint8Array): number {
    for (let at = 0; at < chunk.length; at++) {
      if (chunk[at] !== LF) {
        this.#header += String.fromCharCode(chunk[at]!)
        if (this.#header.length <= LONGEST_HEADER) continue
        this.error = 'Bad protocol from MASTER, the header of the payload does not end'
        return -1
      }
      const line = this.#header.replace(/\r$/, '')
      this.#header = ''
      if (line === '') continue // the primary says that it is still alive
      this.#takeHeader(line)
      return this.error === undefined ? at + 1 : -1
    }
    return -1
  }

  #takeHeader(line: Bytes): void {
    if (line.startsWith('-')) {
      this.error = `MASTER aborted replication with an error: ${line.slice(1)}`
      return
    }
    const marked = /^\$EOF:(.{40})$/s.exec(line)
    const counted = /^\$(\d{1,15})$/.exec(line)
    if (marked !== null) this.#mark = Buffer.from(marked[1]!, 'latin1')
    else if (counted !== null) this.#total = this.#left = Number(counted[1])
    else {
      this.error = `Bad protocol from MASTER, the first byte is not '$' (we received '${line.slice(0, 64)}'), are you sure the host and port are right?`
      return
    }
    this.#hasHeader = true
    this.#done = this.#left === 0
  }

  #feedCounted(bytes: Uint8Array): Uint8Array {
    const own = bytes.subarray(0, this.#left)
    if (own.length > 0) this.#chunks.push(Buffer.from(own))
    this.#received += own.length
    this.#left -= own.length
    this.#done = this.#left === 0
    return bytes.subarray(own.length)
  }

  /** Nothing follows a mark before our ACK, so the end is where the last bytes received are the mark. */
  #feedMarked(bytes: Uint8Array): Uint8Array {
    if (bytes.length === 0) return EMPTY
    this.#chunks.push(Buffer.from(bytes))
    this.#received += bytes.length
    const joined = Buffer.concat([this.#tail, bytes.subarray(Math.max(0, bytes.length - MARK_BYTES))])
    this.#tail = joined.subarray(Math.max(0, joined.length - MARK_BYTES))
    this.#done = this.#tail.equals(this.#mark)
    if (this.#done) this.#cutMark()
    return EMPTY
  }

  #cutMark(): void {
    this.#received -= MARK_BYTES
    this.#total = this.#received
    for (let left = MARK_BYTES; left > 0;) {
      const last = this.#chunks.pop()!
      if (last.length > left) this.#chunks.push(last.subarray(0, last.length - left))
      left -= Math.min(left, last.length)
    }
  }
}
