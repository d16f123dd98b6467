/** Unions, intersections and differences of sorted sets (and sets, whose members all score 1), told, stored or counted. */
import {type Bytes} from '../ports.js'
import {type Call, type Handlers} from '../server/call.js'
import {SetValue} from '../values/set.js'
import {SortedSetValue} from '../values/sorted-set.js'
import {floatOrReply, integerOrReply, lookup, SYNTAX_ERROR, WRONG_TYPE} from './arguments.js'
import {optionAt, rangedOrReply, storeResult} from './collection.js'
import {replyScored} from './sorted-set-reply.js'

type Kind = 'union' | 'inter' | 'diff'

interface Source {
  readonly value: SetValue | SortedSetValue | undefined
  readonly size: number
  weight: number
}

interface Combination {
  readonly sources: Source[]
  aggregate: 'sum' | 'min' | 'max'
  withScores: boolean
  /** ZINTERCARD; 0: no limit. */
  limit: number
}

/** What a combination may say besides its keys. */
interface Grammar {
  readonly kind: Kind
  readonly form: 'tell' | 'store' | 'count'
}

function* entriesOf({value, weight}: Source): Generator<readonly [Bytes, number], void> {
  if (value instanceof SetValue) for (const member of value.values()) yield [member, weighed(1, weight)]
  else if (value !== undefined) for (const [member, score] of value.entries()) yield [member, weighed(score, weight)]
}

/** The weighed score of a member; undefined when it is not in. */
function scoreIn({value, weight}: Source, member: Bytes): number | undefined {
  // Not made a number here: Redis does that only when it has been added (zinterstore with an infinite weight shows it).
  if (value instanceof SetValue) return value.has(member) ? weight : undefined
  const score = value?.score(member)
  return score === undefined ? undefined : score * weight
}

/** 0 * inf is no number; Redis takes it for zero, and so it does with inf - inf. */
function weighed(score: number, weight: number): number {
  return numberOrZero(score * weight)
}

function numberOrZero(score: number): number {
  return Number.isNaN(score) ? 0 : score
}

function aggregated(a: number, b: number, how: Combination['aggregate']): number {
  if (how === 'sum') return numberOrZero(a + b)
  return how === 'min' ? (b < a ? b : a) : b > a ? b : a
}

/** Smallest first: the order in which Redis adds, which floating point makes visible. */
function bySize(sources: readonly Source[]): Source[] {
  return [...sources].sort((a, b) => a.size - b.size)
}

function* unionOf({sources, aggregate}: Combination): Generator<readonly [Bytes, number], void> {
  const scores = new Map<Bytes, number>()
  for (const source of bySize(sources)) {
    for (const [member, score] of entriesOf(source)) {
      const before = scores.get(member)
      scores.set(member, before === undefined ? score : aggregated(before, score, aggregate))
    }
  }
  yield* scores
}

function* intersectionOf({sources, aggregate}: Combination): Generator<readonly [Bytes, number], void> {
  const [smallest, ...others] = bySize(sources)
  for (const [member, first] of entriesOf(smallest!)) {
    let total: number | undefined = first
    for (const other of others) {
      const score = scoreIn(other, member)
      total = score === undefined ? undefined : aggregated(total, score, aggregate)
      if (total === undefined) break
    }
    if (total !== undefined) yield [member, total]
  }
}

function* differenceOf({sources}: Combination): Generator<readonly [Bytes, number], void> {
  const [first, ...others] = sources
  for (const [member, score] of entriesOf(first!)) {
    if (!others.some((other) => scoreIn(other, member) !== undefined)) yield [member, score]
  }
}

function membersOf(kind: Kind, combination: Combination): Generator<readonly [Bytes, number], void> {
  if (kind === 'union') return unionOf(combination)
  return kind === 'inter' ? intersectionOf(combination) : differenceOf(combination)
}

/** `numkeys key… [options]` from `at` on; undefined: the error was sent. */
function combinationOrReply(call: Call, at: number, grammar: Grammar): Combination | undefined {
  const keyCount = integerOrReply(call, at)
  if (keyCount === undefined) return undefined
  if (keyCount < 1) {
    call.reply.error(`ERR at least 1 input key is needed for '${call.spec.fullName}' command`)
    return undefined
  }
  if (keyCount > call.argv.length - (at + 1)) {
    call.reply.error(SYNTAX_ERROR)
    return undefined
  }
  const sources = sourcesOrReply(call, call.argv.slice(at + 1, at + 1 + keyCount))
  if (sources === undefined) return undefined
  const combination: Combination = {sources, aggregate: 'sum', withScores: false, limit: 0}
  return readOptions(call, at + 1 + keyCount, combination, grammar) ? combination : undefined
}

function sourcesOrReply(call: Call, keys: readonly Bytes[]): Source[] | undefined {
  const sources: Source[] = []
  for (const key of keys) {
    const value = lookup(call, key)
    if (value !== undefined && !(value instanceof SetValue) && !(value instanceof SortedSetValue)) {
      call.reply.error(WRONG_TYPE)
      return undefined
    }
    sources.push({value, size: value?.size ?? 0, weight: 1})
  }
  return sources
}

/** False when the error was sent. */
function readOptions(call: Call, from: number, combination: Combination, {kind, form}: Grammar): boolean {
  const {argv} = call
  const {sources} = combination
  for (let at = from; at < argv.length;) {
    const word = optionAt(argv, at)
    const left = argv.length - at
    if (form !== 'count' && kind !== 'diff' && word === 'weights' && left > sources.length) {
      if (!readWeights(call, at + 1, sources)) return false
      at += sources.length + 1
    } else if (form !== 'count' && kind !== 'diff' && word === 'aggregate' && left >= 2) {
      if (!readAggregate(call, at + 1, combination)) return false
      at += 2
    } else if (form === 'tell' && word === 'withscores') {
      combination.withScores = true
      at++
    } else if (form === 'count' && word === 'limit' && left >= 2) {
      const limit = rangedOrReply(call, at + 1, 0, "ERR LIMIT can't be negative")
      if (limit === undefined) return false
      combination.limit = limit
      at += 2
    } else {
      call.reply.error(SYNTAX_ERROR)
      return false
    }
  }
  return true
}

function readWeights(call: Call, from: number, sources: readonly Source[]): boolean {
  for (const [index, source] of sources.entries()) {
    const weight = floatOrReply(call, from + index, 'ERR weight value is not a float')
    if (weight === undefined) return false
    source.weight = weight
  }
  return true
}

function readAggregate(call: Call, at: number, combination: Combination): boolean {
  const word = optionAt(call.argv, at)
  if (word !== 'sum' && word !== 'min' && word !== 'max') {
    call.reply.error(SYNTAX_ERROR)
    return false
  }
  combination.aggregate = word
  return true
}

/** What is only told was never in a listpack, and keeps its negative zeros. */
function resultOf(call: Call, kind: Kind, combination: Combination, isPacked: boolean): SortedSetValue {
  const result = new SortedSetValue(call.server.encodingLimits, isPacked)
  for (const [member, score] of membersOf(kind, combination)) result.set(member, score)
  return result
}

function tell(call: Call, kind: Kind): void {
  const combination = combinationOrReply(call, 1, {kind, form: 'tell'})
  if (combination === undefined) return
  const result = resultOf(call, kind, combination, false)
  replyScored(call.reply, result.rangeByRank(0, result.size - 1), combination.withScores)
}

function store(call: Call, kind: Kind): void {
  const combination = combinationOrReply(call, 2, {kind, form: 'store'})
  if (combination === undefined) return
  storeResult(call, call.argv[1]!, resultOf(call, kind, combination, true), 'z', `z${kind}store`)
}

function zintercard(call: Call): void {
  const combination = combinationOrReply(call, 1, {kind: 'inter', form: 'count'})
  if (combination === undefined) return
  const most = combination.limit === 0 ? Infinity : combination.limit
  const entries = intersectionOf(combination)
  let count = 0
  while (count < most && entries.next().done !== true) count++
  call.reply.integer(count)
}

export const sortedSetAlgebraHandlers: Handlers = {
  zunion: (call) => tell(call, 'union'),
  zinter: (call) => tell(call, 'inter'),
  zdiff: (call) => tell(call, 'diff'),
  zunionstore: (call) => store(call, 'union'),
  zinterstore: (call) => store(call, 'inter'),
  zdiffstore: (call) => store(call, 'diff'),
  zintercard,
}
