/** Random picks in constant time from what a Map or Set holds: JavaScript's own collections cannot be indexed. */
import {below} from '../chance.js'
import {type Bytes, type Rng} from '../ports.js'

/** Up to this many members a walk to the chosen one is quicker than keeping an order in step. */
export const WALKED_AT_MOST = 64

/**
 * The members of one collection in no order that means anything, and where each stands. Built when a random pick is asked of a
 * big collection for the first time, and kept in step by its owner from then on.
 */
export class RandomOrder {
  readonly #members: Bytes[] = []
  readonly #places = new Map<Bytes, number>()

  constructor(members: Iterable<Bytes>) {
    for (const member of members) this.add(member)
  }

  /** Takes in a member that is not in yet. */
  add(member: Bytes): void {
    this.#places.set(member, this.#members.length)
    this.#members.push(member)
  }

  /** The last member moves into the gap. */
  remove(member: Bytes): void {
    const place = this.#places.get(member)
    if (place === undefined) return
    this.#places.delete(member)
    const last = this.#members.pop()!
    if (place === this.#members.length) return
    this.#members[place] = last
    this.#places.set(last, place)
  }

  at(index: number): Bytes {
    return this.#members[index]!
  }
}

/** `count` different whole numbers below `size`, each set equally likely (Floyd's method); all of them when `count` >= `size`. */
export function distinctIndexes(rng: Rng, size: number, count: number): Iterable<number> {
  const chosen = new Set<number>()
  for (let top = Math.max(size - count, 0); top < size; top++) {
    const index = below(rng, top + 1)
    chosen.add(chosen.has(index) ? top : index)
  }
  return chosen
}

/** The member at a place in the order of iteration. */
export function nthOf(members: Iterable<Bytes>, place: number): Bytes | undefined {
  let left = place
  for (const member of members) if (left-- === 0) return member
  return undefined
}
