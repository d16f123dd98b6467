/** The elements of a large collection as they were at one moment, read piece by piece while the collection goes on changing. */
import {type Bytes} from '../ports.js'

/** A set with a million members grows in steps that nobody notices: each of these shards grows on its own. */
const SHARDS = 64
const HASH_BITS = 12

/** Which shard a hash belongs to. Shares differ by a hundredth from one to the next: no two shards come to grow at the same moment. */
const SHARD_OF = shares()

/** A set of strings that is spread over small ones. */
export class ShardedSet {
  readonly #shards: (Set<Bytes> | undefined)[] = new Array<Set<Bytes> | undefined>(SHARDS)

  has(member: Bytes): boolean {
    return this.#shards[shardOf(member)]?.has(member) === true
  }

  add(member: Bytes): void {
    const shard = shardOf(member)
    ;(this.#shards[shard] ??= new Set<Bytes>()).add(member)
  }
}

/** By the last four characters, which differ most where members are numbered. */
function shardOf(member: Bytes): number {
  let hash = member.length
  for (let at = Math.max(0, member.length - 4); at < member.length; at++) hash = hash * 31 + member.charCodeAt(at)
  return SHARD_OF[Math.imul(hash, 0x9e3779b1) >>> (32 - HASH_BITS)]!
}

/** A set doubles when it is full: over one doubling the shares are spread evenly. */
function shares(): Uint8Array {
  const weights = Array.from({length: SHARDS}, (_, shard) => 2 ** (shard / SHARDS))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const table = new Uint8Array(1 << HASH_BITS).fill(SHARDS - 1)
  let from = 0
  for (const [shard, weight] of weights.entries()) {
    const to = from + (weight / total) * table.length
    table.fill(shard, Math.round(from), Math.round(to))
    from = to
  }
  return table
}

/**
 * Walks the live collection. Whoever changes an element says so before: if the walk has not come by, the element's old content is
 * kept and told at the end. So neither the beginning of an image nor a change costs more than one element. Source: the pre-images
 * of persistence.md §11, one level down.
 */
export class ElementImage<Content> {
  /** How many elements there were. */
  readonly size: number
  readonly #live: Iterator<[Bytes, Content]>
  /** What was there before the first change: undefined for an element that came later. */
  readonly #before = new Map<Bytes, Content | undefined>()
  readonly #told = new ShardedSet()

  constructor(live: Iterator<[Bytes, Content]>, size: number) {
    this.#live = live
    this.size = size
  }

  /** An element is about to be set or removed. `content` is undefined for one that is not there. */
  changing(element: Bytes, content: Content | undefined): void {
    if (this.#told.has(element) || this.#before.has(element)) return
    this.#before.set(element, content)
  }

  /** Every element of that moment once, in no order. */
  *elements(): Generator<[Bytes, Content], void> {
    for (let next = this.#live.next(); next.done !== true; next = this.#live.next()) {
      const [element] = next.value
      // One that went and came back stands at the end of the walk, too.
      if (this.#before.has(element) || this.#told.has(element)) continue
      this.#told.add(element)
      yield next.value
    }
    for (const [element, content] of this.#before) {
      // What changes from now on is in the map, or was told.
      if (content !== undefined) yield [element, content]
    }
  }
}
