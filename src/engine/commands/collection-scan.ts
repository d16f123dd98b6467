/** HSCAN, SSCAN, ZSCAN: their arguments, and the walk over one collection. */
import {matchesGlob} from '../keyspace/glob.js'
import {type Bytes} from '../ports.js'
import {type Call} from '../server/call.js'
import {drawFrom, FINISHED_CURSOR} from '../values/scan.js'
import {integerOrReply, SYNTAX_ERROR} from './arguments.js'
import {optionAt} from './collection.js'
import {parseCursor} from './scan.js'

const DEFAULT_COUNT = 10

/** What a scan walks: the elements as they are told (a field with its value is two words), the one that MATCH looks at first. */
export interface Scanned {
  /** The collection; a walk ends with it. */
  readonly owner: object
  /** It is told whole, whatever COUNT says: Redis has no cursors inside a listpack or an intset. */
  readonly isPacked: boolean
  readonly start: () => Iterator<readonly Bytes[]>
}

/** The cursor, or undefined when the error was sent. To be read before the key is looked up. */
export function cursorOrReply(call: Call, at: number): number | undefined {
  const cursor = parseCursor(call.argv[at]!)
  if (cursor === undefined) call.reply.error('ERR invalid cursor')
  return cursor
}

/** Replies with the next elements; the options begin at `optionsAt`. */
export function replyScan(call: Call, cursor: number, optionsAt: number, scanned: Scanned): void {
  const options = optionsOrReply(call, optionsAt)
  if (options === undefined) return
  const {cursors} = call.db
  const iterator = scanned.isPacked ? scanned.start() : cursors.resume(cursor, scanned.owner, scanned.start)
  const told: Bytes[] = []
  const hasMore = drawFrom(iterator, scanned.isPacked ? Infinity : options.count, (words) => {
    if (options.pattern !== undefined && !matchesGlob(options.pattern, words[0]!)) return
    for (const word of words) told.push(word)
  })
  call.reply.array(2)
  call.reply.bulk(String(hasMore ? cursors.keep(scanned.owner, iterator) : FINISHED_CURSOR))
  call.reply.bulks(told)
}

/** There is no such key. */
export function replyEmptyScan(call: Call): void {
  call.reply.array(2)
  call.reply.bulk('0')
  call.reply.array(0)
}

function optionsOrReply(call: Call, from: number): {pattern: Bytes | undefined; count: number} | undefined {
  const {argv, reply} = call
  let [pattern, count]: [Bytes | undefined, number] = [undefined, DEFAULT_COUNT]
  for (let at = from; at < argv.length; at += 2) {
    const option = at + 1 < argv.length ? optionAt(argv, at) : ''
    if (option === 'count') {
      const value = integerOrReply(call, at + 1)
      if (value === undefined) return undefined
      count = value
      if (count >= 1) continue
    } else if (option === 'match') {
      pattern = argv[at + 1] === '*' ? undefined : argv[at + 1]
      continue
    }
    reply.error(SYNTAX_ERROR)
    return undefined
  }
  return {pattern, count}
}
