/** The commands of group `server` that are about whole databases: DBSIZE, FLUSHDB, FLUSHALL, SWAPDB. */
import {type Database} from '../keyspace/database.js'
import {type Call, type CommandFamily} from '../server/call.js'
import {type Server} from '../server/server.js'
import {SYNTAX_ERROR} from './arguments.js'
import {parseDatabaseIndex} from './database-argument.js'
import {serverFacts} from './specs/server.js'

function dbsize({db, reply}: Call): void {
  reply.integer(db.countVisible().keys)
}

/** ASYNC and SYNC come to the same: the maps are dropped at once, their memory is freed by the garbage collector in slices. */
function flush(call: Call, databases: readonly Database[]): boolean {
  const {argv, reply, server} = call
  const mode = argv[1]?.toLowerCase()
  if (argv.length > 2 || (mode !== undefined && mode !== 'async' && mode !== 'sync')) {
    reply.error(SYNTAX_ERROR)
    return false
  }
  for (const database of databases) {
    server.watchedKeys.touchAll(database)
    server.dirty += database.size
    database.clear()
  }
  server.slotMigrations?.dataFlushed()
  // Also when there was nothing to flush here: a replica may have something.
  call.propagateAs(...argv)
  reply.ok()
  return true
}

function flushall(call: Call): void {
  if (flush(call, call.server.databases)) call.server.saving.flushed()
}

function flushdb(call: Call): void {
  flush(call, [call.db])
}

function swapdb(call: Call): void {
  const {reply, server} = call
  if (server.clusterEnabled) return reply.error('ERR SWAPDB is not allowed in cluster mode')
  const firstIndex = parseDatabaseIndex(call, 1)
  if (firstIndex === undefined) return reply.error('ERR invalid first DB index')
  const secondIndex = parseDatabaseIndex(call, 2)
  if (secondIndex === undefined) return reply.error('ERR invalid second DB index')
  const first = server.databases[firstIndex]
  const second = server.databases[secondIndex]
  if (first === undefined || second === undefined) return reply.error('ERR DB index is out of range')
  if (first !== second) swap(server, first, second)
  server.dirty++
  reply.ok()
}

function swap(server: Server, first: Database, second: Database): void {
  server.watchedKeys.touchAll(first, second)
  server.watchedKeys.touchAll(second, first)
  first.swapWith(second)
  // Whoever waits for a key of one database may find it there now.
  for (const {keys} of server.blocking.keyWaits()) {
    for (const key of keys) {
      for (const database of [first, second]) {
        if (database.peek(key) !== undefined) server.blocking.signal(database, key)
      }
    }
  }
}

export const keyspaceFamily: CommandFamily = {
  group: 'server',
  facts: serverFacts,
  handlers: {dbsize, flushall, flushdb, swapdb},
}
