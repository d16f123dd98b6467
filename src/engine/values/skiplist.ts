/** The big form of a sorted set: a skip list whose links know how many entries they pass, so ranks cost no walk. */
import {type Bytes} from '../ports.js'
import {type RankedOrder, type ScoredMember, standsBefore} from './ranked-order.js'

const MOST_LEVELS = 32
const SEED = 0x9e3779b9

/**
 * One entry on one level. An entry that reaches higher has a link on each level, one below the other: a step along a level then
 * touches one object, where a node with arrays of links would cost three.
 */
interface Link extends ScoredMember {
  next: Link | undefined
  /** How many ranks further `next` stands; to the end, where there is none. */
  span: number
  readonly below: Link | undefined
}

export class SkipList implements RankedOrder {
  /** By level, from the lowest: where the level begins, before all entries. */
  readonly #heads: Link[] = [makeLink('', 0, undefined)]
  #length = 0
  /** xorshift32: levels need to be spread, not secret, and the same history must give the same list. */
  #random = SEED
  /** By level: the last link before the place in hand, and how many entries stand up to it. Kept to spare allocations. */
  readonly #before: Link[] = [...this.#heads]
  readonly #passed: number[] = [0]

  get length(): number {
    return this.#length
  }

  insert(member: Bytes, score: number): void {
    const rank = this.#seek(member, score)
    const levels = this.#drawLevels()
    while (this.#heads.length < levels) this.#addLevel()
    let below: Link | undefined
    for (let level = 0; level < this.#heads.length; level++) {
      const previous = this.#before[level]!
      if (level >= levels) {
        previous.span++
        continue
      }
      const skipped = rank - this.#passed[level]!
      const link = makeLink(member, score, below)
      link.next = previous.next
      link.span = previous.span - skipped
      previous.next = link
      previous.span = skipped + 1
      below = link
    }
    this.#length++
  }

  remove(member: Bytes, score: number): void {
    const rank = this.#seek(member, score)
    this.#removeAfterSeek(rank, rank + 1)
  }

  rankOf(member: Bytes, score: number): number {
    let rank = 0
    for (let link: Link | undefined = this.#heads.at(-1); link !== undefined; link = link.below) {
      for (let next = link.next; next !== undefined && standsBefore(next, member, score); next = link.next) {
        rank += link.span
        link = next
      }
    }
    return rank
  }

  countToScore(score: number, inclusive: boolean): number {
    let rank = 0
    for (let link: Link | undefined = this.#heads.at(-1); link !== undefined; link = link.below) {
      for (let next = link.next; next !== undefined; next = link.next) {
        if (inclusive ? next.score > score : next.score >= score) break
        rank += link.span
        link = next
      }
    }
    return rank
  }

  countToMember(member: Bytes, inclusive: boolean): number {
    let rank = 0
    for (let link: Link | undefined = this.#heads.at(-1); link !== undefined; link = link.below) {
      for (let next = link.next; next !== undefined; next = link.next) {
        if (inclusive ? next.member > member : next.member >= member) break
        rank += link.span
        link = next
      }
    }
    return rank
  }

  slice(from: number, to: number): ScoredMember[] {
    if (from >= to) return []
    this.#seekRank(from)
    return collect(this.#before[0]!.next, to - from)
  }

  removeSlice(from: number, to: number): ScoredMember[] {
    if (from >= to) return []
    this.#seekRank(from)
    return this.#removeAfterSeek(from, to)
  }

  /** Notes by level the last link before a place, and returns the rank of the place. */
  #seek(member: Bytes, score: number): number {
    let [link, rank] = [this.#heads.at(-1)!, 0]
    for (let level = this.#heads.length - 1; level >= 0; level--) {
      for (let next = link.next; next !== undefined && standsBefore(next, member, score); next = link.next) {
        rank += link.span
        link = next
      }
      this.#before[level] = link
      this.#passed[level] = rank
      if (link.below !== undefined) link = link.below
    }
    return rank
  }

  /** The same for a rank. */
  #seekRank(rank: number): void {
    let [link, passed] = [this.#heads.at(-1)!, 0]
    for (let level = this.#heads.length - 1; level >= 0; level--) {
      for (let next = link.next; next !== undefined && passed + link.span <= rank; next = link.next) {
        passed += link.span
        link = next
      }
      this.#before[level] = link
      this.#passed[level] = passed
      if (link.below !== undefined) link = link.below
    }
  }

  /** Takes out ranks `from` to `to` - 1, the places before `from` having been noted. */
  #removeAfterSeek(from: number, to: number): ScoredMember[] {
    const removed = collect(this.#before[0]!.next, to - from)
    for (let level = 0; level < this.#heads.length; level++) {
      const previous = this.#before[level]!
      // The first link on this level that stays: what leads to it then passes all that are gone.
      let [next, reached] = [previous.next, this.#passed[level]! + previous.span]
      while (next !== undefined && reached <= to) {
        reached += next.span
        next = next.next
      }
      previous.next = next
      previous.span = reached - this.#passed[level]! - (to - from)
    }
    this.#length -= to - from
    while (this.#heads.length > 1 && this.#heads.at(-1)!.next === undefined) this.#heads.pop()
    return removed
  }

  #addLevel(): void {
    const head = makeLink('', 0, this.#heads.at(-1))
    head.span = this.#length
    this.#before[this.#heads.length] = head
    this.#passed[this.#heads.length] = 0
    this.#heads.push(head)
  }

  /** A quarter of the entries reach one level higher than the rest, a quarter of these one more. */
  #drawLevels(): number {
    this.#random ^= this.#random << 13
    this.#random ^= this.#random >>> 17
    this.#random ^= this.#random << 5
    const quarters = Math.clz32(this.#random) >>> 1
    return Math.min(quarters + 1, MOST_LEVELS)
  }
}

function makeLink(member: Bytes, score: number, below: Link | undefined): Link {
  return {member, score, next: undefined, span: 0, below}
}

function collect(first: Link | undefined, count: number): ScoredMember[] {
  const found: ScoredMember[] = []
  for (let link = first; link !== undefined && found.length < count; link = link.next) found.push(link)
  return found
}
