/** The small form of a sorted set: one array, searched by halves. */
import {type Bytes} from '../ports.js'
import {type RankedOrder, type ScoredMember, standsBefore} from './ranked-order.js'

export class SortedArray implements RankedOrder {
  readonly #entries: ScoredMember[] = []

  get length(): number {
    return this.#entries.length
  }

  insert(member: Bytes, score: number): void {
    this.#entries.splice(this.rankOf(member, score), 0, {member, score})
  }

  remove(member: Bytes, score: number): void {
    this.#entries.splice(this.rankOf(member, score), 1)
  }

  rankOf(member: Bytes, score: number): number {
    return this.#partition((entry) => standsBefore(entry, member, score))
  }

  countToScore(score: number, inclusive: boolean): number {
    return this.#partition((entry) => entry.score < score || (inclusive && entry.score === score))
  }

  countToMember(member: Bytes, inclusive: boolean): number {
    return this.#partition((entry) => entry.member < member || (inclusive && entry.member === member))
  }

  slice(from: number, to: number): ScoredMember[] {
    return this.#entries.slice(from, to)
  }

  removeSlice(from: number, to: number): ScoredMember[] {
    return this.#entries.splice(from, to - from)
  }

  /** How many entries at the front are `before`; those that are must stand before those that are not. */
  #partition(before: (entry: ScoredMember) => boolean): number {
    let [low, high] = [0, this.#entries.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (before(this.#entries[middle]!)) low = middle + 1
      else high = middle
    }
    return low
  }
}
