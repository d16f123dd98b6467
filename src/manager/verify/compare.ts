/** Two readings of the same slots, key by key. */
import type {KeyTable, Row} from './key-table.js'

export interface Tolerance {
  /** Two times to live that end this near each other are the same. MIGRATE and RESTORE pass on what is left, not when it ends. */
  readonly ttlMs: number
  /** Now, Unix ms: what was to end before this (and the tolerance) may be gone. */
  readonly nowMs: number
}

export interface Comparison {
  readonly same: number
  /** In the first only. Rows of the first. */
  readonly missing: readonly Row[]
  /** In the second only. Rows of the second. */
  readonly added: readonly Row[]
  /** In both, with another value. Rows of the first. */
  readonly different: readonly Row[]
  /** The same value, with another time to live, or one where the other has none. Rows of the first. */
  readonly timesDiffer: readonly Row[]
  /** In one of them only, and its time has come. */
  readonly expired: number
  /** In both; a value could not be read on one side. */
  readonly unread: number
}

export function compareTables(first: KeyTable, second: KeyTable, tolerance: Tolerance): Comparison {
  const lists = {missing: [] as Row[], different: [] as Row[], timesDiffer: [] as Row[], added: [] as Row[]}
  let [same, expired, unread] = [0, 0, 0]
  for (let row = 0; row < first.size; row++) {
    const found = second.find(first, row)
    if (found === undefined) {
      if (hasExpired(first.expireAtMs(row), tolerance)) expired++
      else lists.missing.push(row)
      continue
    }
    const isSame = first.sameValue(row, second, found)
    if (isSame === false) lists.different.push(row)
    else if (!sameTime(first.expireAtMs(row), second.expireAtMs(found), tolerance)) lists.timesDiffer.push(row)
    else if (isSame === undefined) unread++
    else same++
  }
  for (let row = 0; row < second.size; row++) {
    if (first.find(second, row) !== undefined) continue
    if (hasExpired(second.expireAtMs(row), tolerance)) expired++
    else lists.added.push(row)
  }
  return {same, expired, unread, ...lists}
}

function hasExpired(expireAtMs: number, {ttlMs, nowMs}: Tolerance): boolean {
  return expireAtMs !== 0 && expireAtMs <= nowMs + ttlMs
}

function sameTime(one: number, other: number, {ttlMs}: Tolerance): boolean {
  if (one === 0 || other === 0) return one === other
  return Math.abs(one - other) <= ttlMs
}
