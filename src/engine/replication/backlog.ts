/** The last bytes of the replication stream, for replicas that come back. */

const SMALLEST_CAPACITY = 16 * 1024

/** A ring: it holds at most `size` bytes and takes only as much memory as it needs so far. */
export class Backlog {
  #ring: Buffer
  #size: number
  /** Where in the ring the next byte goes. */
  #next = 0
  #length = 0
  /** Offset of the last byte that was ever put in. */
  #endOffset: number

  /** @param endOffset the offset of the stream at this moment: the next byte is one more */
  constructor(size: number, endOffset: number) {
    this.#size = size
    this.#endOffset = endOffset
    this.#ring = Buffer.allocUnsafe(Math.min(size, SMALLEST_CAPACITY))
  }

  get size(): number {
    return this.#size
  }

  get length(): number {
    return this.#length
  }

  get endOffset(): number {
    return this.#endOffset
  }

  /** Offset of the oldest byte held; that of the next byte when there is none. */
  get firstOffset(): number {
    return this.#endOffset - this.#length + 1
  }

  append(bytes: Uint8Array): void {
    this.#endOffset += bytes.length
    this.#makeRoom(this.#length + bytes.length)
    const capacity = this.#ring.length
    const kept = bytes.length > capacity ? bytes.subarray(bytes.length - capacity) : bytes
    const head = Math.min(kept.length, capacity - this.#next)
    this.#ring.set(kept.subarray(0, head), this.#next)
    this.#ring.set(kept.subarray(head), 0)
    this.#next = (this.#next + kept.length) % capacity
    this.#length = Math.min(capacity, this.#length + kept.length)
  }

  /** Whether the stream can go on with the byte at `offset`, which may be the one that comes next. */
  covers(offset: number): boolean {
    return offset >= this.firstOffset && offset <= this.#endOffset + 1
  }

  /** A copy of everything from `offset` on, which must be covered. */
  from(offset: number): Uint8Array {
    const count = this.#endOffset + 1 - offset
    const copy = Buffer.allocUnsafe(count)
    const capacity = this.#ring.length
    const start = (this.#next - count + capacity) % capacity
    const head = Math.min(count, capacity - start)
    this.#ring.copy(copy, 0, start, start + head)
    this.#ring.copy(copy, head, 0, count - head)
    return copy
  }

  /** CONFIG SET repl-backlog-size: what still fits is kept. */
  resize(size: number): void {
    this.#size = size
    if (size < this.#ring.length) this.#reallocate(size)
  }

  #makeRoom(length: number): void {
    const capacity = this.#ring.length
    if (length <= capacity || capacity === this.#size) return
    this.#reallocate(Math.min(this.#size, Math.max(length, capacity * 2)))
  }

  #reallocate(capacity: number): void {
    const kept = Math.min(this.#length, capacity)
    const rest = this.from(this.#endOffset + 1 - kept)
    this.#ring = Buffer.allocUnsafe(capacity)
    this.#ring.set(rest, 0)
    this.#length = kept
    this.#next = kept % capacity
  }
}
