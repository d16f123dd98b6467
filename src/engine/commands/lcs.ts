/** LCS: the longest common subsequence of two strings, its length, or the ranges in which it lies in both. */
import {LIMITS} from '../limits.js'
import {type Bytes} from '../ports.js'
import {type Call} from '../server/call.js'
import {stringBytes} from '../values/string.js'
import {integerOrReply, lookup, SYNTAX_ERROR} from './arguments.js'

const NOT_STRINGS = 'ERR The specified keys must contain string values'
const TOO_LARGE = 'ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len'

interface Options {
  lengthOnly: boolean
  ranges: boolean
  withMatchLengths: boolean
  leastMatch: number
}

/** Equal stretches: from `aFrom` to `aTo` and from `bFrom` to `bTo`, ends included. */
interface Match {
  readonly aFrom: number
  readonly aTo: number
  readonly bFrom: number
  readonly bTo: number
}

/** Source: Redis 7.0's lcsCommand; matches are told from the last to the first, as there. */
export function lcs(call: Call): void {
  const {argv, reply} = call
  const a = operand(call, argv[1]!)
  const b = operand(call, argv[2]!)
  if (a === undefined || b === undefined) return reply.error(NOT_STRINGS)
  const options = parseOptions(call)
  if (options === undefined) return
  const cells = (a.length + 1) * (b.length + 1)
  if (cells * 4 > mostBytes(call)) return reply.error(TOO_LARGE)
  const table = lengthTable(a, b)
  const length = table[cells - 1]!
  if (options.lengthOnly) reply.integer(length)
  else if (options.ranges) replyRanges(call, matches(a, b, table, options.leastMatch), length, options)
  else reply.bulk(subsequence(a, b, table, length))
}

/** A missing key is an empty string; undefined when there is something else. */
function operand(call: Call, key: Bytes): Bytes | undefined {
  const value = lookup(call, key)
  if (value === undefined) return ''
  return typeof value === 'string' || value.type === 'string' ? stringBytes(value) : undefined
}

function mostBytes({server}: Call): number {
  const configured = server.config.number('proto-max-bulk-len')
  return configured > 0 ? configured : LIMITS.bulkBytes
}

function parseOptions(call: Call): Options | undefined {
  const {argv, reply} = call
  const options: Options = {lengthOnly: false, ranges: false, withMatchLengths: false, leastMatch: 0}
  for (let at = 3; at < argv.length; at++) {
    const word = argv[at]!.toLowerCase()
    if (word === 'idx') options.ranges = true
    else if (word === 'len') options.lengthOnly = true
    else if (word === 'withmatchlen') options.withMatchLengths = true
    else if (word === 'minmatchlen' && at + 1 < argv.length) {
      const least = integerOrReply(call, ++at)
      if (least === undefined) return undefined
      options.leastMatch = Math.max(least, 0)
    } else {
      reply.error(SYNTAX_ERROR)
      return undefined
    }
  }
  if (!options.ranges || !options.lengthOnly) return options
  reply.error('ERR If you want both the length and indexes, please just use IDX.')
  return undefined
}

/** Row by row: the length of the common subsequence of the first i and j characters. */
function lengthTable(a: Bytes, b: Bytes): Uint32Array {
  const width = b.length + 1
  const table = new Uint32Array((a.length + 1) * width)
  for (let i = 1; i <= a.length; i++) {
    const char = a.charCodeAt(i - 1)
    const row = i * width
    for (let j = 1; j <= b.length; j++) {
      table[row + j] =
        char === b.charCodeAt(j - 1)
          ? table[row - width + j - 1]! + 1
          : Math.max(table[row - width + j]!, table[row + j - 1]!)
    }
  }
  return table
}

function subsequence(a: Bytes, b: Bytes, table: Uint32Array, length: number): Bytes {
  const found = Buffer.alloc(length)
  const width = b.length + 1
  let [i, j, left] = [a.length, b.length, length]
  while (i > 0 && j > 0) {
    if (a[i - 1] === b[j - 1]) {
      found[--left] = a.charCodeAt(i - 1)
      i--
      j--
    } else if (table[(i - 1) * width + j]! > table[i * width + j - 1]!) i--
    else j--
  }
  return found.toString('latin1')
}

/** Walks back through the table; a stretch ends where a step leaves the diagonal. */
function matches(a: Bytes, b: Bytes, table: Uint32Array, leastMatch: number): Match[] {
  const found: Match[] = []
  const width = b.length + 1
  let [i, j, run] = [a.length, b.length, 0]
  const endRun = (): void => {
    if (run > 0 && run >= leastMatch) found.push({aFrom: i, aTo: i + run - 1, bFrom: j, bTo: j + run - 1})
    run = 0
  }
  while (i > 0 && j > 0) {
    if (a[i - 1] === b[j - 1]) {
      run++
      i--
      j--
    } else {
      endRun()
      if (table[(i - 1) * width + j]! > table[i * width + j - 1]!) i--
      else j--
    }
  }
  endRun()
  return found
}

function replyRanges({reply}: Call, found: readonly Match[], length: number, {withMatchLengths}: Options): void {
  reply.map(2)
  reply.bulk('matches')
  reply.array(found.length)
  for (const {aFrom, aTo, bFrom, bTo} of found) {
    reply.array(withMatchLengths ? 3 : 2)
    for (const [from, to] of [
      [aFrom, aTo],
      [bFrom, bTo],
    ] as const) {
      reply.array(2)
      reply.integer(from)
      reply.integer(to)
    }
    if (withMatchLengths) reply.integer(aTo - aFrom + 1)
  }
  reply.bulk('len')
  reply.integer(length)
}
