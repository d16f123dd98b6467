/** One node of a list: some items and the bytes that they would take as a listpack, which is what decides when it is full. */
import {type Bytes} from '../ports.js'
import {EMPTY_LISTPACK_BYTES, packedSize} from './packed-size.js'

/** What Redis reckons for an item's encoding when it asks whether the item still fits. */
const ESTIMATED_OVERHEAD = 8
/** Node bytes for list-max-listpack-size -1 … -5. */
const NODE_BYTES = [4096, 8192, 16384, 32768, 65536]
/** With a limit by count, bytes are limited too. */
const COUNTED_NODE_BYTES = 8192

export class ListNode {
  items: Bytes[]
  packedBytes: number
  previous: ListNode | undefined
  next: ListNode | undefined
  /** Somebody reads `items` as they are (a snapshot): the next change makes a copy of its own. */
  isShared = false

  constructor(items: Bytes[] = []) {
    this.items = items
    this.packedBytes = EMPTY_LISTPACK_BYTES + packedSizeOf(items)
    this.previous = undefined
    this.next = undefined
  }

  insert(offset: number, value: Bytes): void {
    if (this.isShared) this.#part()
    if (offset === 0) this.items.unshift(value)
    else this.items.splice(offset, 0, value)
    this.packedBytes += packedSize(value)
  }

  append(value: Bytes): void {
    if (this.isShared) this.#part()
    this.items.push(value)
    this.packedBytes += packedSize(value)
  }

  replace(offset: number, value: Bytes): void {
    if (this.isShared) this.#part()
    this.packedBytes += packedSize(value) - packedSize(this.items[offset]!)
    this.items[offset] = value
  }

  removeAt(offset: number): Bytes {
    if (this.isShared) this.#part()
    const value = this.items[offset]!
    if (offset === 0) this.items.shift()
    else if (offset === this.items.length - 1) this.items.pop()
    else this.items.splice(offset, 1)
    this.packedBytes -= packedSize(value)
    return value
  }

  /** Takes out the items from `start` up to, not including, `end`, as a node of their own. */
  cut(start: number, end: number): ListNode {
    if (this.isShared) this.#part()
    const part = new ListNode(this.items.splice(start, end - start))
    this.packedBytes -= part.packedBytes - EMPTY_LISTPACK_BYTES
    return part
  }

  /** Takes in all items of the node that follows. */
  absorb(following: ListNode): void {
    if (this.isShared) this.#part()
    for (const item of following.items) this.items.push(item)
    this.packedBytes += following.packedBytes - EMPTY_LISTPACK_BYTES
  }

  /** Removes up to `most` items equal to `value`, in one pass; returns how many. */
  removeMatching(value: Bytes, most: number, backwards: boolean): number {
    const places = matches(this.items, value, most, backwards)
    if (places.size === 0) return 0
    this.items = this.items.filter((_, at) => !places.has(at))
    this.packedBytes -= places.size * packedSize(value)
    return places.size
  }

  #part(): void {
    this.items = this.items.slice()
    this.isShared = false
  }
}

/** Whether the quicklist would put one more item into this node; `fill` is list-max-listpack-size. */
export function mayInsert(node: ListNode | undefined, value: Bytes, fill: number): boolean {
  if (node === undefined) return false
  return fits(node.packedBytes + value.length + ESTIMATED_OVERHEAD, node.items.length + 1, fill)
}

/** Whether the quicklist would join these two neighbours after a split. */
export function mayMerge(a: ListNode | undefined, b: ListNode | undefined, fill: number): boolean {
  if (a === undefined || b === undefined) return false
  return fits(a.packedBytes + b.packedBytes - EMPTY_LISTPACK_BYTES, a.items.length + b.items.length, fill)
}

function fits(bytes: number, count: number, fill: number): boolean {
  if (fill < 0) return bytes <= NODE_BYTES[Math.min(-fill, NODE_BYTES.length) - 1]!
  return bytes <= COUNTED_NODE_BYTES && count <= fill
}

function packedSizeOf(items: readonly Bytes[]): number {
  let bytes = 0
  for (const item of items) bytes += packedSize(item)
  return bytes
}

function matches(items: readonly Bytes[], value: Bytes, most: number, backwards: boolean): Set<number> {
  const places = new Set<number>()
  let at = backwards ? items.lastIndexOf(value) : items.indexOf(value)
  while (at >= 0 && places.size < most) {
    places.add(at)
    if (backwards && at === 0) break // a negative start would mean: from the end again
    at = backwards ? items.lastIndexOf(value, at - 1) : items.indexOf(value, at + 1)
  }
  return places
}
