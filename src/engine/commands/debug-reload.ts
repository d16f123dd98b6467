/** DEBUG RELOAD and DEBUG LOADAOF: the data once through their files. */
import {type Call} from '../server/call.js'
import {type Server} from '../server/server.js'

const WRONG_OPTION = 'ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.'

/** Source: Redis 7.0's debugCommand. With MERGE a key that is there already is overwritten; without, it is an error. */
export function reload({server, argv, reply}: Call): void {
  const options = argv.slice(2).map((word) => word.toLowerCase())
  if (options.some((word) => !['merge', 'noflush', 'nosave'].includes(word))) return reply.error(WRONG_OPTION)
  if (!options.includes('nosave') && server.saving.save() !== undefined) return reply.error('ERR')
  if (!options.includes('noflush')) empty(server)
  const error = server.reload('rdb', options.includes('merge'))
  if (error !== undefined) return reply.error('ERR Error trying to load the RDB dump, check server logs.')
  server.log('warning', 'DB reloaded by DEBUG RELOAD')
  reply.ok()
}

export function loadAof(call: Call): void {
  const {server, reply, argv, spec, client, db, inTransaction} = call
  const {aof} = server.saving
  if (aof.isOn) aof.flush(true)
  empty(server)
  const error = server.reload('aof')
  // The commands of the file had the record of the call, which is ours again.
  Object.assign(call, {reply, argv, spec, client, db, inTransaction, rewritten: undefined})
  if (error !== undefined) return reply.error('ERR Error trying to load the AOF files, check server logs.')
  server.log('warning', 'Append Only File loaded by DEBUG LOADAOF')
  reply.ok()
}

function empty(server: Server): void {
  for (const database of server.databases) {
    server.watchedKeys.touchAll(database)
    database.clear()
  }
}
