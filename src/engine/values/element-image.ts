/** The elements of a large collection as they were at one moment, read piece by piece while the collection goes on changing. */
import {type Bytes} from '../ports.js'

/** A set with a million members grows in steps that nobody notices: each of these shards grows on its own. */
const SHARDS = 64

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

/** By the last three characters, which differ most where members are numbered. */
function shardOf(member: Bytes): number {
  const {length} = member
  if (length < 3) return length
  const last = member.charCodeAt(length - 1)
  return (last + member.charCodeAt(length - 2) * 7 + member.charCodeAt(length - 3) * 49) & (SHARDS - 1)
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
