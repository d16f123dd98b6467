/** SAVE, BGSAVE, LASTSAVE, BGREWRITEAOF. */
import {type Call, type CommandFamily} from '../server/call.js'
import {SYNTAX_ERROR} from './arguments.js'
import {serverFacts} from './specs/server.js'

const CANNOT_REWRITE =
  "ERR Can't execute an AOF background rewriting. Please check the server logs for more information."
const SAVE_IN_PROGRESS = 'ERR Background save already in progress'
const ANOTHER_CHILD =
  "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to schedule a BGSAVE whenever possible."

/** A dump for replicas is a BGSAVE, too. */
function isSaving({server}: Call): boolean {
  return server.saving.isSaving || server.replication.replicas.isDumping
}

function save(call: Call): void {
  const {server, reply} = call
  if (isSaving(call)) return reply.error(SAVE_IN_PROGRESS)
  server.saving.saves++
  if (server.saving.save() === undefined) reply.ok()
  // Redis has no more words than these for it: the log has the reason.
  else reply.error('ERR')
}

function bgsave(call: Call): void {
  const {server, argv, reply, inTransaction} = call
  const {saving} = server
  const isSchedule = argv.length === 2 && argv[1]!.toLowerCase() === 'schedule'
  if (argv.length > 1 && !isSchedule) return reply.error(SYNTAX_ERROR)
  if (isSaving(call)) return reply.error(SAVE_IN_PROGRESS)
  if (saving.aof.isRewriting || saving.isSnapshotRunning || inTransaction) {
    if (!isSchedule && !inTransaction) return reply.error(ANOTHER_CHILD)
    saving.schedule()
    return reply.status('Background saving scheduled')
  }
  saving.saveInBackground()
  reply.status('Background saving started')
}

function lastsave({server, reply}: Call): void {
  reply.integer(Math.floor(server.saving.lastSaveMs / 1000))
}

function bgrewriteaof(call: Call): void {
  const {server, reply, inTransaction} = call
  const {aof, isSnapshotRunning} = server.saving
  if (aof.isRewriting) return reply.error('ERR Background append only file rewriting already in progress')
  if (isSaving(call) || isSnapshotRunning || inTransaction) {
    aof.scheduleRewrite()
    return reply.status('Background append only file rewriting scheduled')
  }
  if (aof.startRewrite() === undefined) reply.status('Background append only file rewriting started')
  else reply.error(CANNOT_REWRITE)
}

export const persistenceFamily: CommandFamily = {
  group: 'server',
  facts: serverFacts,
  handlers: {save, bgsave, lastsave, bgrewriteaof},
}
