/** ZADD and ZINCRBY: scores given, raised and compared. */
import {type Bytes} from '../ports.js'
import {type Call, type Handlers} from '../server/call.js'
import {type SortedSetValue} from '../values/sorted-set.js'
import {findSortedSet, floatOrReply, SYNTAX_ERROR} from './arguments.js'
import {addSortedSet, replyDoubleOrNull} from './sorted-set-reply.js'
import {optionAt} from './collection.js'

interface AddOptions {
  nx: boolean
  xx: boolean
  gt: boolean
  lt: boolean
  ch: boolean
  incr: boolean
}

type Outcome = 'added' | 'updated' | 'unchanged' | 'refused' | 'not-a-number'

/** Gives one member a score as the options want it. `refused`: an option forbids it. Source: Redis' zsetAdd. */
function put(set: SortedSetValue, member: Bytes, score: number, options: AddOptions): Outcome {
  const current = set.score(member)
  if (current === undefined) {
    if (options.xx) return 'refused'
    set.set(member, score)
    return 'added'
  }
  if (options.nx) return 'refused'
  const wanted = options.incr ? current + score : score
  if (Number.isNaN(wanted)) return 'not-a-number'
  if ((options.lt && wanted >= current) || (options.gt && wanted <= current)) return 'refused'
  if (wanted === current) return 'unchanged'
  set.set(member, wanted)
  return 'updated'
}

/** Reads the options from the third word on; returns where the first score stands. */
function readOptions(argv: readonly Bytes[], options: AddOptions): number {
  let at = 2
  for (; at < argv.length; at++) {
    const word = optionAt(argv, at)
    if (word === 'nx' || word === 'xx' || word === 'gt' || word === 'lt' || word === 'ch' || word === 'incr') {
      options[word] = true
    } else {
      break
    }
  }
  return at
}

function contradiction({nx, xx, gt, lt, incr}: AddOptions, pairs: number): string | undefined {
  if (nx && xx) return 'ERR XX and NX options at the same time are not compatible'
  if ((gt && nx) || (lt && nx) || (gt && lt)) {
    return 'ERR GT, LT, and/or NX options at the same time are not compatible'
  }
  if (incr && pairs > 1) return 'ERR INCR option supports a single increment-element pair'
  return undefined
}

function zadd(call: Call): void {
  const options: AddOptions = {nx: false, xx: false, gt: false, lt: false, ch: false, incr: false}
  const scoresAt = readOptions(call.argv, options)
  const words = call.argv.length - scoresAt
  if (words === 0 || words % 2 === 1) return call.reply.error(SYNTAX_ERROR)
  const error = contradiction(options, words / 2)
  if (error === undefined) addAll(call, scoresAt, options)
  else call.reply.error(error)
}

function zincrby(call: Call): void {
  addAll(call, 2, {nx: false, xx: false, gt: false, lt: false, ch: false, incr: true})
}

/** All scores are read before anything is changed. */
function scoresOrReply(call: Call, from: number): number[] | undefined {
  const scores: number[] = []
  for (let at = from; at < call.argv.length; at += 2) {
    const score = floatOrReply(call, at)
    if (score === undefined) return undefined
    scores.push(score)
  }
  return scores
}

/** Also the way of GEOADD, whose words have been turned into ZADD's. */
function addAll(call: Call, from: number, options: AddOptions): void {
  const {argv, reply} = call
  const scores = scoresOrReply(call, from)
  if (scores === undefined) return
  const key = argv[1]!
  const found = findSortedSet(call, key)
  if (found === 'wrong-type') return
  if (found === 'absent' && options.xx) return options.incr ? reply.null() : reply.integer(0)
  const set = found === 'absent' ? addSortedSet(call, key) : found
  let [added, updated, outcome]: [number, number, Outcome] = [0, 0, 'refused']
  for (const [index, score] of scores.entries()) {
    outcome = put(set, argv[from + index * 2 + 1]!, score, options)
    if (outcome === 'added') added++
    else if (outcome === 'updated') updated++
  }
  if (added + updated > 0) call.changed('z', options.incr ? 'zincr' : 'zadd', key, added + updated)
  if (outcome === 'not-a-number') reply.error('ERR resulting score is not a number (NaN)')
  else if (!options.incr) reply.integer(options.ch ? added + updated : added)
  else replyDoubleOrNull(reply, outcome === 'refused' ? undefined : set.score(argv[from + 1]!))
}

export const sortedSetAddHandlers: Handlers = {zadd, zincrby}
export {zadd}
