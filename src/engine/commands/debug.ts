/** DEBUG: what tests and tools ask of a node and nobody else should. */
import {parseDouble, parseSafeInteger} from '../resp/numbers.js'
import {type Call, type Handlers} from '../server/call.js'
import {ListValue} from '../values/list.js'
import {encodingName, type Value} from '../values/value.js'
import {encodeDumpPayload} from '../persistence/dump-payload.js'
import {NO_SUCH_KEY, NOT_AN_INTEGER} from './arguments.js'
import {Digest, mixDatabaseNumber, mixValue} from './dataset-digest.js'
import {reportCrash} from './crash-report.js'
import {debugProtocol} from './debug-protocol.js'
import {loadAof, reload} from './debug-reload.js'
import {debugSlotMigration} from './cluster-slot-migration.js'
import {sendHelp} from './help.js'

/** What a subcommand is called with: itself, DEBUG and its own word included. */
interface Subcommand {
  /** As in arity: -n means at least n words. */
  readonly words: number
  run(call: Call): void
}

function sleep(call: Call): void {
  const {server, argv, reply} = call
  const seconds = parseDouble(argv[2]!) ?? 0
  server.asleepUntilMs = server.nowMs + Math.max(0, seconds * 1000)
  reply.ok()
}

function setActiveExpire({server, argv, reply}: Call): void {
  server.activeExpire = Number.parseInt(argv[2]!, 10) !== 0
  reply.ok()
}

function abort({server}: Call): void {
  server.ending = 'crash'
  server.crashSignal = 'SIGABRT'
}

function segfault(call: Call): void {
  reportCrash(call)
  call.server.ending = 'crash'
  call.server.crashSignal = 'SIGSEGV'
}

function digestAll({server, reply}: Call): void {
  const total = new Digest()
  for (const database of server.databases) {
    if (database.countVisible().keys === 0) continue
    mixDatabaseNumber(total, database.index)
    for (const [key, value] of database.entries()) {
      const digest = new Digest()
      digest.mix(key)
      mixValue(digest, value, database.expiryOf(key) !== undefined)
      total.add(digest.toBytes())
    }
  }
  reply.status(String(total))
}

function digestValues({argv, db, reply}: Call): void {
  reply.array(argv.length - 2)
  for (const key of argv.slice(2)) {
    const digest = new Digest()
    const value = db.look(key)
    if (value !== undefined) mixValue(digest, value, db.expiryOf(key) !== undefined)
    reply.status(String(digest))
  }
}

/** The version and the checksum at the end of a dump, and the type in front of it, are not counted. */
const DUMP_FRAME_BYTES = 11

function object({server, argv, db, reply, nowMs}: Call): void {
  const key = argv[2]!
  const value = db.look(key)
  if (value === undefined) return reply.error(NO_SUCH_KEY)
  const idleSeconds = db.idleSeconds(key)
  const usedAt = (Math.floor(nowMs / 1000) - idleSeconds) % 2 ** 24
  const length = encodeDumpPayload(value).length - DUMP_FRAME_BYTES
  const facts = [
    'Value at:0x000000000000',
    'refcount:1',
    `encoding:${encodingName(value)}`,
    `serializedlength:${length}`,
    `lru:${usedAt}`,
    `lru_seconds_idle:${idleSeconds}`,
    ...listFacts(value, server.config.text('list-max-listpack-size')),
  ]
  reply.status(facts.join(' '))
}

function listFacts(value: Value, fill: string): string[] {
  if (!(value instanceof ListValue)) return []
  let bytes = 0
  for (const node of value.nodes()) bytes += node.packedBytes
  return [
    `ql_nodes:${value.nodeCount}`,
    `ql_avg_node:${(value.size / value.nodeCount).toFixed(2)}`,
    `ql_listpack_max:${fill}`,
    'ql_compressed:0',
    `ql_uncompressed_size:${bytes}`,
  ]
}

/** Keys that are neither propagated nor announced, and whose slots are not asked after. */
function populate({server, argv, db, reply}: Call): void {
  const count = parseSafeInteger(argv[2]!)
  const size = argv[4] === undefined ? 0 : parseSafeInteger(argv[4])
  if (count === undefined || count < 0 || size === undefined || size < 0) return reply.error(NOT_AN_INTEGER)
  const prefix = argv[3] ?? 'key'
  for (let number = 0; number < count; number++) {
    const key = `${prefix}:${number}`
    if (db.has(key)) continue
    const text = `value:${number}`
    db.set(key, size === 0 ? text : text.slice(0, size).padEnd(size, '\0'))
    db.modified(key)
  }
  server.log('debug', `DEBUG POPULATE made up to ${count} keys`)
  reply.ok()
}

function writeLog({server, argv, reply}: Call): void {
  server.log('warning', `DEBUG LOG: ${argv[2]!}`)
  reply.ok()
}

const HELP = [
  'DIGEST',
  '    Output a hex signature representing the current DB content.',
  'DIGEST-VALUE <key> [<key> ...]',
  '    Output a hex signature of the values of all the specified keys.',
  'ERROR <string>',
  '    Return a Redis protocol error with <string> as message. Useful for clients',
  '    unit tests to simulate Redis errors.',
  'LOADAOF',
  '    Flush the AOF buffers on disk and reload the AOF in memory.',
  'LOG <message>',
  '    Write <message> to the server log.',
  'OBJECT <key>',
  '    Show low level info about `key` and associated value.',
  'PANIC',
  '    Crash the server simulating a panic.',
  'POPULATE <count> [<prefix>] [<size>]',
  '    Create <count> string keys named key:<num>. If <prefix> is specified then',
  "    it is used instead of the 'key' prefix. These are not propagated to",
  '    replicas. Cluster slots are not respected so keys not belonging to the',
  '    current node can be created in cluster mode.',
  'PROTOCOL <type>',
  '    Reply with a test value of the specified type. <type> can be: string,',
  '    integer, double, bignum, null, array, set, map, attrib, push, verbatim,',
  '    true, false.',
  'RELOAD [option ...]',
  '    Save the RDB on disk and reload it back to memory. Valid <option> values:',
  '    * MERGE: conflicting keys will be loaded from RDB.',
  '    * NOFLUSH: the existing database will not be removed before load, but',
  '      conflicting keys will generate an exception and kill the server.',
  '    * NOSAVE: the database will be loaded from an existing RDB file.',
  '    Examples:',
  '    * DEBUG RELOAD: verify that the server is able to persist, flush and reload',
  '      the database.',
  '    * DEBUG RELOAD NOSAVE: replace the current database with the contents of an',
  '      existing RDB file.',
  '    * DEBUG RELOAD NOSAVE NOFLUSH MERGE: add the contents of an existing RDB',
  '      file to the database.',
  'SEGFAULT',
  '    Crash the server with sigsegv.',
  'SET-ACTIVE-EXPIRE <0|1>',
  '    Setting it to 0 disables expiring keys in background when they are not',
  '    accessed (otherwise the Redis behavior). Setting it to 1 reenables back the',
  '    default.',
  'SLEEP <seconds>',
  '    Stop the server for <seconds>. Decimals allowed.',
  'SLOTMIGRATION PREVENT-PAUSE <0|1>',
  '    Keep the source of atomic slot migrations from holding writes.',
  'SLOTMIGRATION PREVENT-FAILOVER <0|1>',
  '    Keep the target of atomic slot migrations from taking over.',
]

const SUBCOMMANDS: Readonly<Record<string, Subcommand>> = {
  sleep: {words: 3, run: sleep},
  'set-active-expire': {words: 3, run: setActiveExpire},
  segfault: {words: -2, run: segfault},
  panic: {words: -2, run: abort},
  assert: {words: -2, run: abort},
  oom: {words: -2, run: abort},
  reload: {words: -2, run: reload},
  loadaof: {words: 2, run: loadAof},
  digest: {words: 2, run: digestAll},
  'digest-value': {words: -2, run: digestValues},
  object: {words: 3, run: object},
  error: {words: 3, run: ({argv, reply}) => reply.error(argv[2]!)},
  log: {words: 3, run: writeLog},
  populate: {words: -3, run: populate},
  protocol: {words: 3, run: debugProtocol},
  slotmigration: {words: 4, run: debugSlotMigration},
  help: {words: 2, run: (call) => sendHelp(call, 'DEBUG', HELP)},
}

/** DEBUG has no subcommands for COMMAND: it looks its word up itself. */
function debug(call: Call): void {
  const {argv, reply} = call
  const subcommand = SUBCOMMANDS[argv[1]!.toLowerCase()]
  const fits =
    subcommand !== undefined &&
    (subcommand.words > 0 ? argv.length === subcommand.words : argv.length >= -subcommand.words)
  if (fits) subcommand.run(call)
  else reply.error(`ERR unknown subcommand or wrong number of arguments for '${argv[1]!}'. Try DEBUG HELP.`)
}

export const debugHandlers: Handlers = {debug}
