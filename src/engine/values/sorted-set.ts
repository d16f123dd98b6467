/** Sorted sets: a score for every member, and the members in the order of their scores. */
import {below} from '../chance.js'
import {type Bytes, type Rng} from '../ports.js'
import {ElementImage} from './element-image.js'
import {type EncodingLimits} from './encoding-limits.js'
import {distinctIndexes} from './random-order.js'
import {type RankedOrder, type ScoredMember} from './ranked-order.js'
import {SkipList} from './skiplist.js'
import {SortedArray} from './sorted-array.js'

export {type ScoredMember} from './ranked-order.js'

/** Scores between two bounds; ±Infinity for none. */
export interface ScoreRange {
  readonly min: number
  readonly max: number
  readonly minExclusive: boolean
  readonly maxExclusive: boolean
}

/** One end of a range of members: `-`, `+`, `[member` or `(member`. */
export type LexBound =
  | {readonly kind: 'lowest'}
  | {readonly kind: 'highest'}
  | {readonly kind: 'inclusive' | 'exclusive'; readonly member: Bytes}

/** Members between two bounds; means something when all scores are the same. */
export interface LexRange {
  readonly min: LexBound
  readonly max: LexBound
}

/** Ranks from `from` up to, not including, `to`. */
interface RankSpan {
  readonly from: number
  readonly to: number
}

export class SortedSetValue {
  readonly type = 'zset'
  readonly #limits: EncodingLimits
  readonly #scores = new Map<Bytes, number>()
  #order: RankedOrder
  #isPacked: boolean
  /** Set while a snapshot reads a large sorted set. */
  #image: ElementImage<number> | undefined

  /** `isPacked` false: a skip list from the first member on, as what the algebra of sorted sets makes. */
  constructor(limits: EncodingLimits, isPacked = true) {
    this.#limits = limits
    this.#order = isPacked ? new SortedArray() : new SkipList()
    this.#isPacked = isPacked
  }

  get size(): number {
    return this.#scores.size
  }

  /** Sticky, as in Redis: a skip list never becomes a listpack again. */
  get encoding(): 'listpack' | 'skiplist' {
    return this.#isPacked ? 'listpack' : 'skiplist'
  }

  score(member: Bytes): number | undefined {
    return this.#scores.get(member)
  }

  has(member: Bytes): boolean {
    return this.#scores.has(member)
  }

  /** Gives a member a score, which is never NaN; true when the member is new. Flags like NX and GT are the command's. */
  set(member: Bytes, score: number): boolean {
    const current = this.#scores.get(member)
    if (current === score) return false
    this.#image?.changing(member, current)
    if (current === undefined) this.#makeRoom(member)
    else this.#order.remove(member, current)
    // A listpack holds whole scores as integers, which have no negative zero.
    const kept = this.#isPacked ? score + 0 : score
    this.#scores.set(member, kept)
    this.#order.insert(member, kept)
    return current === undefined
  }

  delete(member: Bytes): boolean {
    const score = this.#scores.get(member)
    if (score === undefined) return false
    this.#image?.changing(member, score)
    this.#scores.delete(member)
    this.#order.remove(member, score)
    return true
  }

  /** How many members stand before this one (behind it, when `reverse`); undefined when it is no member. */
  rank(member: Bytes, reverse = false): number | undefined {
    const score = this.#scores.get(member)
    if (score === undefined) return undefined
    const rank = this.#order.rankOf(member, score)
    return reverse ? this.size - 1 - rank : rank
  }

  /** Members of rank `start` to `stop`, both included, clipped; when `reverse`, ranks count from the highest score. */
  rangeByRank(start: number, stop: number, reverse = false): ScoredMember[] {
    const {from, to} = this.#rankSpan(start, stop, reverse)
    const found = this.#order.slice(from, to)
    return reverse ? found.reverse() : found
  }

  /** Members with scores in a range, in order; skips `offset` of them and gives at most `count` (all when negative). */
  rangeByScore(range: ScoreRange, reverse = false, offset = 0, count = -1): ScoredMember[] {
    return this.#limited(this.#scoreSpan(range), reverse, offset, count)
  }

  /** Members within a range, in order; `offset` and `count` as above. */
  rangeByLex(range: LexRange, reverse = false, offset = 0, count = -1): ScoredMember[] {
    return this.#limited(this.#lexSpan(range, reverse), reverse, offset, count)
  }

  countByScore(range: ScoreRange): number {
    const {from, to} = this.#scoreSpan(range)
    return to - from
  }

  countByLex(range: LexRange): number {
    const {from, to} = this.#lexSpan(range, false)
    return to - from
  }

  /** Each `removeRange…` returns how many members went. */
  removeRangeByRank(start: number, stop: number): number {
    return this.#remove(this.#rankSpan(start, stop, false)).length
  }

  removeRangeByScore(range: ScoreRange): number {
    return this.#remove(this.#scoreSpan(range)).length
  }

  removeRangeByLex(range: LexRange): number {
    return this.#remove(this.#lexSpan(range, false)).length
  }

  /** Takes out the `count` members of lowest score, lowest first. */
  popMin(count: number): ScoredMember[] {
    return this.#remove({from: 0, to: Math.min(count, this.size)})
  }

  /** Takes out the `count` members of highest score, highest first. */
  popMax(count: number): ScoredMember[] {
    return this.#remove({from: Math.max(this.size - count, 0), to: this.size}).reverse()
  }

  /** Any member, each equally likely; the set must not be empty. */
  randomMember(rng: Rng): ScoredMember {
    return this.#entryAt(below(rng, this.size))
  }

  /** `count` different members, or all of them, in order, when there are no more. */
  randomMembers(rng: Rng, count: number): ScoredMember[] {
    if (count >= this.size) return this.#order.slice(0, this.size)
    return Array.from(distinctIndexes(rng, this.size, count), (index) => this.#entryAt(index))
  }

  /** In no order; a live iterator: a member that is there all the time is met, whatever changes meanwhile (ZSCAN). */
  entries(): IterableIterator<[Bytes, number]> {
    return this.#scores.entries()
  }

  /** The sorted set as it is now, in no order, to be read while it changes; one at a time. `endImage` lets it go. */
  beginImage(): ElementImage<number> {
    this.#image = new ElementImage(this.#scores.entries(), this.#scores.size)
    return this.#image
  }

  endImage(): void {
    this.#image = undefined
  }

  /** Redis decides before it inserts, and looks only at the member that comes. */
  #makeRoom(member: Bytes): void {
    if (!this.#isPacked) return
    const {zsetMaxListpackEntries: mostEntries, zsetMaxListpackValue: mostBytes} = this.#limits
    if (this.#scores.size < mostEntries && member.length <= mostBytes) return
    this.#isPacked = false
    const list = new SkipList()
    for (const entry of this.#order.slice(0, this.#order.length)) list.insert(entry.member, entry.score)
    this.#order = list
  }

  #entryAt(rank: number): ScoredMember {
    return this.#order.slice(rank, rank + 1)[0]!
  }

  #rankSpan(start: number, stop: number, reverse: boolean): RankSpan {
    const first = Math.max(start, 0)
    const last = Math.min(stop, this.size - 1)
    if (first > last) return {from: 0, to: 0}
    return reverse ? {from: this.size - 1 - last, to: this.size - first} : {from: first, to: last + 1}
  }

  #scoreSpan({min, max, minExclusive, maxExclusive}: ScoreRange): RankSpan {
    const from = this.#order.countToScore(min, minExclusive)
    return {from, to: Math.max(from, this.#order.countToScore(max, !maxExclusive))}
  }

  #lexSpan({min, max}: LexRange, reverse: boolean): RankSpan {
    // With different scores the range means nothing; a listpack at least says the same nothing everywhere.
    if (this.#isPacked && !this.#hasOneScore()) return walkedSpan(this.#order.slice(0, this.size), {min, max}, reverse)
    const from = this.#countTo(min, 'exclusive')
    return {from, to: Math.max(from, this.#countTo(max, 'inclusive'))}
  }

  #hasOneScore(): boolean {
    return this.size < 2 || this.#entryAt(0).score === this.#entryAt(this.size - 1).score
  }

  /** How many members stand before a bound; one equal to it counts when the bound is of the kind `counted`. */
  #countTo(bound: LexBound, counted: 'inclusive' | 'exclusive'): number {
    if (bound.kind === 'lowest') return 0
    if (bound.kind === 'highest') return this.size
    return this.#order.countToMember(bound.member, bound.kind === counted)
  }

  #limited({from, to}: RankSpan, reverse: boolean, offset: number, count: number): ScoredMember[] {
    const left = Math.max(to - from - offset, 0)
    const taken = offset < 0 ? 0 : count < 0 ? left : Math.min(count, left)
    if (!reverse) return this.#order.slice(from + offset, from + offset + taken)
    return this.#order.slice(to - offset - taken, to - offset).reverse()
  }

  #remove({from, to}: RankSpan): ScoredMember[] {
    const removed = this.#order.removeSlice(from, to)
    for (const {member, score} of removed) {
      this.#image?.changing(member, score)
      this.#scores.delete(member)
    }
    return removed
  }
}

/** Redis 7.0 on a listpack: from the first member that may begin, as long as members are inside. Source: its t_zset.c. */
function walkedSpan(entries: readonly ScoredMember[], {min, max}: LexRange, reverse: boolean): RankSpan {
  const isEmpty = !isAtLeast(entries.at(-1)!.member, min) || !isAtMost(entries[0]!.member, max) || isReversed(min, max)
  if (isEmpty) return {from: 0, to: 0}
  if (reverse) {
    const to = entries.findLastIndex(({member}) => isAtMost(member, max)) + 1
    return {from: entries.findLastIndex(({member}, at) => at < to && !isAtLeast(member, min)) + 1, to}
  }
  const from = entries.findIndex(({member}) => isAtLeast(member, min))
  const end = entries.findIndex(({member}, at) => at >= from && !isAtMost(member, max))
  return {from, to: end < 0 ? entries.length : end}
}

function isAtLeast(member: Bytes, bound: LexBound): boolean {
  if (bound.kind === 'lowest' || bound.kind === 'highest') return bound.kind === 'lowest'
  return bound.kind === 'inclusive' ? member >= bound.member : member > bound.member
}

function isAtMost(member: Bytes, bound: LexBound): boolean {
  if (bound.kind === 'lowest' || bound.kind === 'highest') return bound.kind === 'highest'
  return bound.kind === 'inclusive' ? member <= bound.member : member < bound.member
}

function isReversed(min: LexBound, max: LexBound): boolean {
  if (!('member' in min) || !('member' in max)) return false
  return (
    min.member > max.member || (min.member === max.member && (min.kind === 'exclusive' || max.kind === 'exclusive'))
  )
}

/** `-`, `+`, `[member` or `(member`; undefined for anything else. */
export function parseLexBound(text: Bytes): LexBound | undefined {
  if (text === '-') return {kind: 'lowest'}
  if (text === '+') return {kind: 'highest'}
  if (text.startsWith('[')) return {kind: 'inclusive', member: text.slice(1)}
  if (text.startsWith('(')) return {kind: 'exclusive', member: text.slice(1)}
  return undefined
}
