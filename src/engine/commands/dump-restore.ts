/** DUMP and RESTORE: one value as a payload that travels. */
import {type Bytes} from '../ports.js'
import {decodeDumpPayload, encodeDumpPayload} from '../persistence/dump-payload.js'
import {parseInteger} from '../resp/numbers.js'
import {type Call, type Handlers} from '../server/call.js'
import {type Value} from '../values/value.js'
import {lookup, NOT_AN_INTEGER, SYNTAX_ERROR} from './arguments.js'

const PAYLOAD_ERRORS = {
  'version-or-checksum': 'ERR DUMP payload version or checksum are wrong',
  'bad-format': 'ERR Bad data format',
} as const

interface RestoreOptions {
  readonly replace: boolean
  readonly isAbsolute: boolean
}

function dump(call: Call): void {
  const value = lookup(call, call.argv[1]!)
  if (value === undefined) return call.reply.null()
  const payload = encodeDumpPayload(value, call.server.config.flag('rdbcompression'))
  call.reply.bulk(Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('latin1'))
}

/** The checks stand in Redis' order; what is already past is stored nowhere, but REPLACE has removed what was there. */
function restore(call: Call): void {
  const {argv, db, reply, server} = call
  const key = argv[1]!
  const options = parseOptions(argv)
  if (typeof options === 'string') return reply.error(options)
  if (!options.replace && db.has(key)) return reply.error('BUSYKEY Target key name already exists.')
  const ttl = parseInteger(argv[2]!)
  if (ttl === undefined) return reply.error(NOT_AN_INTEGER)
  if (ttl < 0n) return reply.error('ERR Invalid TTL value, must be >= 0')
  const restored = decodeDumpPayload(argv[3]!, server.encodingLimits)
  if (!restored.ok) return reply.error(PAYLOAD_ERRORS[restored.failure])
  const isDeleted = options.replace && db.delete(key)
  const expireAtMs = ttl === 0n ? undefined : expiryOf(options.isAbsolute ? ttl : ttl + BigInt(call.nowMs))
  if (expireAtMs !== undefined && expireAtMs <= call.nowMs && !server.isReplica && !server.loading) {
    if (isDeleted) {
      call.propagateAs('DEL', key)
      call.changed('g', 'del', key)
    }
    return reply.ok()
  }
  store(call, restored.value, expireAtMs)
  if (expireAtMs !== undefined && !options.isAbsolute) {
    call.propagateAs(argv[0]!, key, String(expireAtMs), ...argv.slice(3), 'ABSTTL')
  }
  reply.ok()
}

/** What 64 bits make of a sum: a time beyond them lies in the past, as in Redis. */
function expiryOf(atMs: bigint): number {
  return Number(BigInt.asIntN(64, atMs))
}

function store(call: Call, value: Value, expireAtMs: number | undefined): void {
  const {db, argv, server} = call
  const key = argv[1]!
  db.set(key, value)
  if (expireAtMs !== undefined) db.setExpiry(key, expireAtMs)
  call.changed('g', 'restore', key)
  server.blocking.signal(db, key)
}

/** IDLETIME and FREQ are checked and have no effect: without eviction nobody asks how often a key is used. */
function parseOptions(argv: readonly Bytes[]): RestoreOptions | string {
  let replace = false
  let isAbsolute = false
  let hint: 'idletime' | 'freq' | undefined
  for (let at = 4; at < argv.length; at++) {
    const option = argv[at]!.toLowerCase()
    const hasArgument = at + 1 < argv.length
    if (option === 'replace') replace = true
    else if (option === 'absttl') isAbsolute = true
    else if ((option === 'idletime' && hint !== 'freq') || (option === 'freq' && hint !== 'idletime')) {
      if (!hasArgument) return SYNTAX_ERROR
      const error = hintError(option, argv[++at]!)
      if (error !== undefined) return error
      hint = option
    } else return SYNTAX_ERROR
  }
  return {replace, isAbsolute}
}

function hintError(option: 'idletime' | 'freq', text: Bytes): string | undefined {
  const value = parseInteger(text)
  if (value === undefined) return NOT_AN_INTEGER
  if (option === 'idletime') return value < 0n ? 'ERR Invalid IDLETIME value, must be >= 0' : undefined
  return value < 0n || value > 255n ? 'ERR Invalid FREQ value, must be >= 0 and <= 255' : undefined
}

export const dumpHandlers: Handlers = {dump, restore}
export const restoreAskingHandlers: Handlers = {'restore-asking': restore}
