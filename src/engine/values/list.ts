/** Lists: a chain of nodes that fill and split exactly as Redis 7.0's quicklist does, so that DUMP gives the same bytes. */
import {assert} from '../../model/assert.js'
import {type Bytes} from '../ports.js'
import {type EncodingLimits} from './encoding-limits.js'
import {ListNode, mayInsert, mayMerge} from './list-node.js'

/** A deque of byte strings. Indexes count from 0; callers have turned negative ones into these. */
export class ListValue {
  readonly type = 'list'
  readonly #limits: EncodingLimits
  #head: ListNode | undefined
  #tail: ListNode | undefined
  #size = 0
  #nodeCount = 0

  constructor(limits: EncodingLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#size
  }

  get nodeCount(): number {
    return this.#nodeCount
  }

  pushHead(value: Bytes): void {
    if (!mayInsert(this.#head, value, this.#fill)) this.#link(new ListNode(), this.#head?.previous, this.#head)
    this.#head!.insert(0, value)
    this.#size++
  }

  pushTail(value: Bytes): void {
    if (!mayInsert(this.#tail, value, this.#fill)) this.#link(new ListNode(), this.#tail, undefined)
    this.#tail!.append(value)
    this.#size++
  }

  popHead(): Bytes | undefined {
    if (this.#head === undefined) return undefined
    return this.#removeAt(this.#head, 0)
  }

  popTail(): Bytes | undefined {
    if (this.#tail === undefined) return undefined
    return this.#removeAt(this.#tail, this.#tail.items.length - 1)
  }

  at(index: number): Bytes | undefined {
    if (index < 0 || index >= this.#size) return undefined
    const {node, offset} = this.#locate(index)
    return node.items[offset]
  }

  /** Replaces one item in its node, however long the new one is; false when there is no such index. */
  set(index: number, value: Bytes): boolean {
    if (index < 0 || index >= this.#size) return false
    const {node, offset} = this.#locate(index)
    node.replace(offset, value)
    return true
  }

  /** The items from `start` to `stop`, both included; clipped to what is there. */
  range(start: number, stop: number): Bytes[] {
    const from = Math.max(start, 0)
    let left = Math.min(stop, this.#size - 1) - from + 1
    if (left <= 0) return []
    const place = this.#locate(from)
    if (place.offset === 0 && left === place.node.items.length) return place.node.items.slice()
    const found: Bytes[] = []
    let offset = place.offset
    for (let node: ListNode | undefined = place.node; node !== undefined && left > 0; node = node.next) {
      const end = Math.min(offset + left, node.items.length)
      for (let at = offset; at < end; at++) found.push(node.items[at]!)
      left -= end - offset
      offset = 0
    }
    return found
  }

  /** All items, first to last (or last to first). The list must not change meanwhile. */
  *values(backwards = false): Generator<Bytes, void> {
    for (let node = backwards ? this.#tail : this.#head; node !== undefined;) {
      if (backwards) for (let at = node.items.length - 1; at >= 0; at--) yield node.items[at]!
      else yield* node.items
      node = backwards ? node.previous : node.next
    }
  }

  /** The nodes as the list stores them: for the RDB writer and MEMORY USAGE. */
  *nodes(): Generator<{readonly items: readonly Bytes[]; readonly packedBytes: number}, void> {
    for (let node = this.#head; node !== undefined; node = node.next) yield node
  }

  /** The items of each node as they are now, to be read while the list changes: a node that changes parts with them. */
  share(): (readonly Bytes[])[] {
    const shared: (readonly Bytes[])[] = []
    for (let node = this.#head; node !== undefined; node = node.next) {
      node.isShared = true
      shared.push(node.items)
    }
    return shared
  }

  /** Adds a whole node at the tail, as an RDB file holds it; an empty one is left out. */
  appendNode(items: Bytes[]): void {
    if (items.length === 0) return
    this.#link(new ListNode(items), this.#tail, undefined)
    this.#size += items.length
  }

  /** LINSERT: puts `value` beside the first item equal to `pivot`; false when there is none. */
  insert(pivot: Bytes, value: Bytes, where: 'before' | 'after'): boolean {
    for (let node = this.#head; node !== undefined; node = node.next) {
      const offset = node.items.indexOf(pivot)
      if (offset < 0) continue
      this.#insertAt(node, where === 'after' ? offset + 1 : offset, value, where)
      this.#size++
      return true
    }
    return false
  }

  /** LREM: removes up to `count` items equal to `value`, from the tail when negative, all when 0. Returns how many went. */
  removeMatching(count: number, value: Bytes): number {
    const backwards = count < 0
    const most = count === 0 ? this.#size : Math.abs(count)
    let removed = 0
    for (let node = backwards ? this.#tail : this.#head; node !== undefined && removed < most;) {
      const following = backwards ? node.previous : node.next
      const gone = node.removeMatching(value, most - removed, backwards)
      removed += gone
      this.#size -= gone
      if (node.items.length === 0) this.#unlink(node)
      node = following
    }
    return removed
  }

  /** LTRIM: keeps the items from `start` to `stop`, both included; an empty range leaves nothing. */
  trim(start: number, stop: number): void {
    const kept = Math.min(stop, this.#size - 1) - Math.max(start, 0) + 1
    if (kept <= 0) return this.#removeRange(0, this.#size)
    this.#removeRange(0, Math.max(start, 0))
    this.#removeRange(kept, this.#size - kept)
  }

  /**
   * LPOS: indexes of items equal to `value`. `rank` 1 begins with the first match from the head, -1 with the first from the tail,
   * ±2 with the second…; `count` 0 means all; `maxLength` 0 means compare all items, else so many from where the walk begins.
   */
  positions(value: Bytes, rank: number, count: number, maxLength: number): number[] {
    const found: number[] = []
    const backwards = rank < 0
    const most = count === 0 ? this.#size : count
    let [toSkip, compared] = [Math.abs(rank) - 1, 0]
    for (const item of this.values(backwards)) {
      if (found.length >= most || (maxLength !== 0 && compared >= maxLength)) break
      if (item === value && toSkip-- <= 0) found.push(backwards ? this.#size - 1 - compared : compared)
      compared++
    }
    return found
  }

  get #fill(): number {
    return this.#limits.listMaxListpackSize
  }

  /** Walks from the nearer end. */
  #locate(index: number): {node: ListNode; offset: number} {
    assert(index >= 0 && index < this.#size, 'an index inside the list')
    if (index < this.#size / 2) {
      let [node, offset] = [this.#head!, index]
      while (offset >= node.items.length) {
        offset -= node.items.length
        node = node.next!
      }
      return {node, offset}
    }
    let [node, fromEnd] = [this.#tail!, this.#size - index]
    while (fromEnd > node.items.length) {
      fromEnd -= node.items.length
      node = node.previous!
    }
    return {node, offset: node.items.length - fromEnd}
  }

  /** As the quicklist: into the node, else the neighbour it touches, else a new node at the edge, else split in two. */
  #insertAt(node: ListNode, offset: number, value: Bytes, where: 'before' | 'after'): void {
    if (mayInsert(node, value, this.#fill)) return node.insert(offset, value)
    if (where === 'after' && offset === node.items.length) {
      if (mayInsert(node.next, value, this.#fill)) node.next!.insert(0, value)
      else this.#link(new ListNode([value]), node, node.next)
      return
    }
    if (where === 'before' && offset === 0) {
      if (mayInsert(node.previous, value, this.#fill)) node.previous!.append(value)
      else this.#link(new ListNode([value]), node.previous, node)
      return
    }
    if (where === 'after') {
      const rest = node.cut(offset, node.items.length)
      rest.insert(0, value)
      this.#link(rest, node, node.next)
    } else {
      const rest = node.cut(0, offset)
      rest.append(value)
      this.#link(rest, node.previous, node)
    }
    this.#mergeAround(node)
  }

  /** After a split: what now fits together becomes one node again, in the quicklist's order of trying. */
  #mergeAround(center: ListNode): void {
    const {previous, next} = center
    if (mayMerge(previous?.previous, previous, this.#fill)) this.#merge(previous!.previous!, previous!)
    if (mayMerge(next, next?.next, this.#fill)) this.#merge(next!, next!.next!)
    let target = center
    if (mayMerge(center.previous, center, this.#fill)) {
      target = center.previous!
      this.#merge(target, center)
    }
    if (mayMerge(target, target.next, this.#fill)) this.#merge(target, target.next!)
  }

  #merge(kept: ListNode, absorbed: ListNode): void {
    kept.absorb(absorbed)
    this.#unlink(absorbed)
  }

  #removeAt(node: ListNode, offset: number): Bytes {
    const value = node.removeAt(offset)
    this.#size--
    if (node.items.length === 0) this.#unlink(node)
    return value
  }

  #removeRange(start: number, count: number): void {
    if (count <= 0) return
    const place = this.#locate(start)
    let [node, offset, left]: [ListNode | undefined, number, number] = [place.node, place.offset, count]
    while (node !== undefined && left > 0) {
      const following: ListNode | undefined = node.next
      const here = Math.min(left, node.items.length - offset)
      if (here === node.items.length) this.#unlink(node)
      else node.cut(offset, offset + here)
      left -= here
      this.#size -= here
      offset = 0
      node = following
    }
  }

  #link(node: ListNode, previous: ListNode | undefined, next: ListNode | undefined): void {
    node.previous = previous
    node.next = next
    if (previous === undefined) this.#head = node
    else previous.next = node
    if (next === undefined) this.#tail = node
    else next.previous = node
    this.#nodeCount++
  }

  #unlink(node: ListNode): void {
    if (node.previous === undefined) this.#head = node.next
    else node.previous.next = node.next
    if (node.next === undefined) this.#tail = node.previous
    else node.next.previous = node.previous
    this.#nodeCount--
  }
}
