/** Members in the order of their scores: what the small and the big form of a sorted set can both do. */
import {type Bytes} from '../ports.js'

/** A member and its score. Records that a range hands out are the structure's own: read them before the next change. */
export interface ScoredMember {
  readonly member: Bytes
  readonly score: number
}

/** Ordered by score, then bytewise by member. Ranks count from 0; every kind of range comes down to two ranks. */
export interface RankedOrder {
  readonly length: number
  /** Takes in a member that is not in yet. */
  insert(member: Bytes, score: number): void
  /** Takes out a member that is in, under exactly this score. */
  remove(member: Bytes, score: number): void
  /** How many stand before a member with this score. */
  rankOf(member: Bytes, score: number): number
  /** How many have a lower score, or when `inclusive` this one. */
  countToScore(score: number, inclusive: boolean): number
  /** How many members are less, or when `inclusive` equal: means something when all scores are the same. */
  countToMember(member: Bytes, inclusive: boolean): number
  /** Those with ranks from `from` up to, not including, `to`; both within the length. */
  slice(from: number, to: number): ScoredMember[]
  /** The same, taken out. */
  removeSlice(from: number, to: number): ScoredMember[]
}

/** Whether (aMember, aScore) stands before (member, score). */
export function standsBefore(a: ScoredMember, member: Bytes, score: number): boolean {
  return a.score < score || (a.score === score && a.member < member)
}
