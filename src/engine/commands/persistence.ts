/** SAVE, BGSAVE, LASTSAVE, BGREWRITEAOF. */
import {type Call, type CommandFamily} from '../server/call.js'
import {SAVE_IN_PROGRESS} from '../server/saving.js'
import {SYNTAX_ERROR} from './arguments.js'
import {serverFacts} from './specs/server.js'

const ANOTHER_CHILD =
  "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to schedule a BGSAVE whenever possible."

function save({server, reply}: Call): void {
  const error = server.saving.save()
  if (error === undefined) reply.ok()
  else reply.error(error)
}

function bgsave({server, argv, reply, inTransaction}: Call): void {
  const {saving} = server
  const isSchedule = argv.length === 2 && argv[1]!.toLowerCase() === 'schedule'
  if (argv.length > 1 && !isSchedule) return reply.error(SYNTAX_ERROR)
  if (saving.isSaving || server.replication.replicas.isDumping) return reply.error(SAVE_IN_PROGRESS)
  if (saving.aof.isRewriting || inTransaction) {
    if (!isSchedule && !inTransaction) return reply.error(ANOTHER_CHILD)
    saving.schedule()
    return reply.status('Background saving scheduled')
  }
  const error = saving.saveInBackground()
  if (error === undefined) reply.status('Background saving started')
  else reply.error(error)
}

function lastsave({server, reply}: Call): void {
  reply.integer(Math.floor(server.saving.lastSaveMs / 1000))
}

function bgrewriteaof({server, reply, inTransaction}: Call): void {
  const {aof, isSaving} = server.saving
  if (aof.isRewriting) return reply.error('ERR Background append only file rewriting already in progress')
  if (isSaving || server.replication.replicas.isDumping || inTransaction) {
    aof.scheduleRewrite()
    return reply.status('Background append only file rewriting scheduled')
  }
  aof.startRewrite()
  reply.status('Background append only file rewriting started')
}

export const persistenceFamily: CommandFamily = {
  group: 'server',
  facts: serverFacts,
  handlers: {save, bgsave, lastsave, bgrewriteaof},
}
