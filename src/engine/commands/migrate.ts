/** MIGRATE: keys go to another node, and are deleted here when it has them. */
import {type Bytes} from '../ports.js'
import {type Database} from '../keyspace/database.js'
import {parseSafeInteger} from '../resp/numbers.js'
import {type Call, type CommandFamily} from '../server/call.js'
import {type KeyToSend, type MigrationEnd, type MigrationRequest} from '../server/migration-lane.js'
import {type Server} from '../server/server.js'
import {type BlockedState, type Client} from '../server/client.js'
import {NOT_AN_INTEGER, SYNTAX_ERROR} from './arguments.js'
import {dumpHandlers} from './dump-restore.js'
import {genericFacts} from './specs/generic.js'
import {wait} from './wait.js'

const DEFAULT_TIMEOUT_MS = 1000
const KEYS_NEED_EMPTY_KEY = 'ERR When using MIGRATE KEYS option, the key argument must be set to the empty string'

interface MigrateOptions {
  readonly keys: readonly Bytes[]
  readonly credentials: readonly Bytes[]
  readonly copy: boolean
  readonly replace: boolean
}

/**
 * The client waits, and so does everybody who touches one of the keys, until the target has answered: nobody sees a key on both
 * nodes, or on neither. Source: Redis 7.0's migrateCommand.
 */
function migrate(call: Call): void {
  const {argv, reply, server, db} = call
  const options = parseOptions(argv)
  if (typeof options === 'string') return reply.error(options)
  const timeoutMs = parseSafeInteger(argv[5]!)
  const targetDb = parseSafeInteger(argv[4]!)
  if (timeoutMs === undefined || targetDb === undefined) return reply.error(NOT_AN_INTEGER)
  const keys = [...new Set(options.keys)].filter((key) => db.has(key))
  if (keys.length === 0) return reply.status('NOKEY')
  const {copy, replace, credentials} = options
  const request: MigrationRequest = {
    target: {host: argv[1]!, port: Number.parseInt(argv[2]!, 10) || 0, isSecure: server.config.flag('tls-cluster')},
    db: targetDb,
    credentials,
    command: server.clusterEnabled ? 'RESTORE-ASKING' : 'RESTORE',
    replace,
    compresses: server.config.flag('rdbcompression'),
    timeoutMs: timeoutMs <= 0 ? DEFAULT_TIMEOUT_MS : timeoutMs,
    collect: () => collect(db, keys, server.nowMs),
  }
  if (call.inTransaction) migrateAlone(call, request, copy)
  else migrateAmongOthers(call, request, copy ? [] : keys)
}

/** `frozen`: keys that nobody may touch until it is known where they are. */
function migrateAmongOthers({server, db, client}: Call, request: MigrationRequest, frozen: readonly Bytes[]): void {
  if (frozen.length > 0) server.keyFreeze.freeze(db, frozen)
  const blocked = waitForEnd(server, client)
  server.migrator.start({
    request,
    done: (end) => {
      if (frozen.length > 0) forgetSent(server, db, frozen, end)
      // Otherwise CLIENT UNBLOCK, a new role or a lost connection has ended the wait.
      if (client.blocked === blocked) answer(server, client, end)
    },
  })
}

/** Inside EXEC the whole node waits, as a real server does: its keys are safe, and the rest of the transaction finds them gone. */
function migrateAlone({server, db, reply}: Call, request: MigrationRequest, copy: boolean): void {
  const {standstill} = server
  const lane = server.migrator.idleLane(request.target)
  standstill.begin(lane)
  const done = ({acknowledged, error}: MigrationEnd): void => {
    if (!copy) deleteSent(server, db, acknowledged)
    if (error === undefined) reply.ok()
    else {
      server.stats.countError(error)
      reply.error(error)
    }
    standstill.end()
  }
  lane.add({request, done})
}

/** What is still there when the connection stands; a key whose time has passed is left behind. */
function collect(db: Database, keys: readonly Bytes[], nowMs: number): KeyToSend[] {
  const found: KeyToSend[] = []
  for (const key of keys) {
    const value = db.get(key)
    if (value === undefined) continue
    const expireAtMs = db.expiryOf(key)
    const ttlMs = expireAtMs === undefined ? 0 : Math.max(1, expireAtMs - nowMs)
    found.push({key, value, ttlMs})
  }
  return found
}

function waitForEnd(server: Server, client: Client): BlockedState {
  const blocked: BlockedState = {
    kind: 'migrate',
    timeoutAtMs: Infinity,
    // CLIENT UNBLOCK: the keys go on without the client.
    onTimeout: ({output}) => output.error('IOERR error or timeout reading to target instance'),
  }
  server.blocking.block(client, blocked)
  return blocked
}

/** The target has these keys: here they go, and whoever waited for one of them tries again. */
function forgetSent(
  server: Server,
  db: Database,
  keys: readonly Bytes[],
  {acknowledged, isAbandoned}: MigrationEnd,
): void {
  if (!isAbandoned) deleteSent(server, db, acknowledged)
  server.propagation.commit()
  server.keyFreeze.thaw(db, keys)
}

function deleteSent(server: Server, db: Database, acknowledged: readonly Bytes[]): void {
  const deleted = acknowledged.filter((key) => db.delete(key))
  for (const key of deleted) {
    db.modified(key)
    server.notify('g', 'del', key, db.index)
    server.dirty++
  }
  if (deleted.length > 0) server.propagation.add(db.index, ['DEL', ...deleted])
}

function answer(server: Server, client: Client, {error, isAbandoned}: MigrationEnd): void {
  if (isAbandoned) return
  if (error === undefined) {
    client.output.ok()
    server.blocking.unblock(client)
  } else server.blocking.unblockWithError(client, error)
}

function parseOptions(argv: readonly Bytes[]): MigrateOptions | string {
  let copy = false
  let replace = false
  let credentials: readonly Bytes[] = []
  for (let at = 6; at < argv.length; at++) {
    const option = argv[at]!.toLowerCase()
    const left = argv.length - at - 1
    if (option === 'copy') copy = true
    else if (option === 'replace') replace = true
    else if (option === 'auth' || option === 'auth2') {
      const words = option === 'auth' ? 1 : 2
      if (left < words) return SYNTAX_ERROR
      credentials = argv.slice(at + 1, at + 1 + words)
      at += words
    } else if (option === 'keys') {
      if (argv[3] !== '') return KEYS_NEED_EMPTY_KEY
      return {keys: argv.slice(at + 1), credentials, copy, replace}
    } else return SYNTAX_ERROR
  }
  return {keys: [argv[3]!], credentials, copy, replace}
}

export const transferFamily: CommandFamily = {
  group: 'generic',
  facts: genericFacts,
  handlers: {...dumpHandlers, migrate, wait},
}
