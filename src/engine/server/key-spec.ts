/** Where the keys stand among the words of a command: key specifications as data, and reading them. */
import {type Bytes} from '../ports.js'

/**
 * Source: Redis' key specifications (COMMAND INFO, 9th element): where the search begins, then how keys follow one another.
 */
export interface KeySpec {
  readonly begin: number | {readonly keyword: string; readonly from: number} | 'unknown'
  readonly find:
    | {readonly kind: 'range'; readonly last: number; readonly step: number; readonly limit: number}
    | {readonly kind: 'counted'; readonly countAt: number; readonly firstAt: number; readonly step: number}
    | {readonly kind: 'unknown'}
  /** `RW access update`… as COMMAND INFO lists them. */
  readonly flags: string
  readonly notes: string
}

/** The one key that stands right behind the command's name. */
export function firstKey(flags: string, notes = ''): KeySpec {
  return keyRange(1, 0, 1, 0, flags, notes)
}

/**
 * Keys from `begin` to `last` words behind it (negative: counted from the end) in steps. `limit` n > 1: only the first 1/n of the rest.
 */
export function keyRange(
  begin: KeySpec['begin'],
  last: number,
  step: number,
  limit: number,
  flags: string,
  notes = '',
): KeySpec {
  return {begin, find: {kind: 'range', last, step, limit}, flags, notes}
}

/** A number of keys, then that many keys. */
export function countedKeys(
  begin: KeySpec['begin'],
  countAt: number,
  firstAt: number,
  step: number,
  flags: string,
  notes = '',
): KeySpec {
  return {begin, find: {kind: 'counted', countAt, firstAt, step}, flags, notes}
}

/** Keys that no specification describes: the command says itself where they are. */
export function unknownKeys(begin: KeySpec['begin'], flags: string, notes = ''): KeySpec {
  return {begin, find: {kind: 'unknown'}, flags, notes}
}

/** Whether what stands there is a key of the keyspace and not, say, a shard channel. */
export function isRealKey(spec: KeySpec): boolean {
  return !spec.flags.includes('not_key')
}

/**
 * Appends to `positions` the indexes in `argv` of the keys that `spec` describes.
 * @returns false when the words contradict the specification (a count that is no number, or more keys than words)
 */
export function findKeys(spec: KeySpec, argv: readonly Bytes[], positions: number[]): boolean {
  const begin = beginOf(spec, argv)
  if (begin === undefined) return true
  if (begin >= argv.length) return false
  if (spec.find.kind === 'unknown') return true
  if (spec.find.kind === 'counted') {
    const {countAt, firstAt, step} = spec.find
    const count = Number(argv[begin + countAt] ?? Number.NaN)
    if (!Number.isInteger(count) || count < 0) return false
    const first = begin + firstAt
    const last = first + (count - 1) * step
    if (last >= argv.length) return false
    for (let at = first; at <= last; at += step) positions.push(at)
    return true
  }
  const {last, step, limit} = spec.find
  let end = last >= 0 ? begin + last : argv.length + last
  if (last < 0 && limit > 1) end = begin + Math.floor((argv.length - begin) / limit) + last
  if (end >= argv.length) return false
  for (let at = begin; at <= end; at += step) positions.push(at)
  return true
}

/**
 * Appends the indexes of all real keys of a command. MIGRATE has its key in one place or, where that is empty, a list behind KEYS:
 * then the empty place is no key (Redis' migrateGetKeys).
 */
export function findRealKeys(specs: readonly KeySpec[], argv: readonly Bytes[], positions: number[]): void {
  const before = positions.length
  let list = -1
  for (const each of specs) {
    if (!isRealKey(each)) continue
    if (list < 0 && typeof each.begin === 'object' && each.flags.includes('incomplete')) list = positions.length
    findKeys(each, argv, positions)
  }
  const hasList = list > before && positions.length > list
  if (hasList && argv[positions[before]!] === '') positions.splice(before, 1)
}

function beginOf({begin}: KeySpec, argv: readonly Bytes[]): number | undefined {
  if (typeof begin === 'number') return begin
  if (begin === 'unknown') return undefined
  const {keyword, from} = begin
  const step = from > 0 ? 1 : -1
  const end = from > 0 ? argv.length - 1 : 1
  for (let at = from > 0 ? from : argv.length + from; at !== end; at += step) {
    if (at < 1 || at >= argv.length) return undefined
    if (argv[at]?.toLowerCase() === keyword.toLowerCase()) return at + 1
  }
  return undefined
}
