/** SCAN and KEYS: all keys, a piece at a time or at once. */
import {matchesGlob} from '../keyspace/glob.js'
import {scanKeys} from '../keyspace/scan-keys.js'
import {type Bytes} from '../ports.js'
import {type Call, type Handlers} from '../server/call.js'
import {typeName} from '../values/value.js'
import {integerOrReply, SYNTAX_ERROR} from './arguments.js'

const DEFAULT_COUNT = 10
const UINT64_MAX = 18_446_744_073_709_551_615n

/** A cursor as strtoul reads one; undefined for anything else. What is too large for a number was never told by us. */
export function parseCursor(text: Bytes): number | undefined {
  if (text === '') return 0
  if (!/^[-+]?\d+$/.test(text) || text.length > 255) return undefined
  const value = BigInt(text)
  if ((value < 0n ? -value : value) > UINT64_MAX) return undefined
  return Number(BigInt.asUintN(64, value))
}

interface ScanOptions {
  count: number
  /** Undefined: all keys. */
  pattern: Bytes | undefined
  type: string | undefined
}

function scanOptionsOrReply(call: Call): ScanOptions | undefined {
  const {argv, reply} = call
  const options: ScanOptions = {count: DEFAULT_COUNT, pattern: undefined, type: undefined}
  for (let at = 2; at < argv.length; at += 2) {
    const word = argv[at]!.toLowerCase()
    const isKnown = at + 1 < argv.length && (word === 'count' || word === 'match' || word === 'type')
    const count = isKnown && word === 'count' ? integerOrReply(call, at + 1) : 1
    if (count === undefined) return undefined
    if (!isKnown || count < 1) {
      reply.error(SYNTAX_ERROR)
      return undefined
    }
    if (word === 'count') options.count = count
    else if (word === 'type') options.type = argv[at + 1]!.toLowerCase()
    else options.pattern = argv[at + 1] === '*' ? undefined : argv[at + 1]!
  }
  return options
}

function scan(call: Call): void {
  const {argv, db, reply} = call
  const cursor = parseCursor(argv[1]!)
  if (cursor === undefined) return reply.error('ERR invalid cursor')
  const options = scanOptionsOrReply(call)
  if (options === undefined) return
  const {pattern, type} = options
  const drawn: Bytes[] = []
  const next = scanKeys(db, cursor, options.count, drawn)
  const found = drawn.filter((key) => {
    if (pattern !== undefined && !matchesGlob(pattern, key)) return false
    const value = db.look(key)
    return value !== undefined && (type === undefined || typeName(value) === type)
  })
  reply.array(2)
  reply.bulk(String(next))
  reply.bulks(found)
}

function keys(call: Call): void {
  const {argv, db, reply} = call
  const pattern = argv[1]!
  const found: Bytes[] = []
  for (const [key] of db.entries()) {
    if ((pattern === '*' || matchesGlob(pattern, key)) && !db.isExpired(key)) found.push(key)
  }
  reply.bulks(found)
}

export const scanHandlers: Handlers = {keys, scan}
