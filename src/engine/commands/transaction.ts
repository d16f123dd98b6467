/** MULTI, EXEC, DISCARD, WATCH, UNWATCH. */
import {type Bytes} from '../ports.js'
import {type Call, type CommandFamily, type CommandSpec, type CommandTable} from '../server/call.js'
import {newTransaction} from '../server/transaction.js'
import {transactionsFacts} from './specs/transactions.js'

function multi({client, reply}: Call): void {
  if (client.transaction !== undefined) return reply.error('ERR MULTI calls can not be nested')
  client.transaction = newTransaction()
  reply.ok()
}

function discard({server, client, reply}: Call): void {
  if (client.transaction === undefined) return reply.error('ERR DISCARD without MULTI')
  server.watchedKeys.discard(client)
  reply.ok()
}

function exec(call: Call): void {
  const {server, client, reply} = call
  const {transaction} = client
  if (transaction === undefined) return reply.error('ERR EXEC without MULTI')
  const isSpoiled = client.dirtyCas || server.watchedKeys.hasExpired(client)
  if (transaction.broken || isSpoiled) {
    server.watchedKeys.discard(client)
    if (transaction.broken) reply.error('EXECABORT Transaction discarded because of previous errors.')
    else reply.nullArray()
    return
  }
  // Nothing changes between now and the last command but by these commands themselves.
  server.watchedKeys.unwatchAll(client)
  reply.array(transaction.queue.length)
  runQueue(call, transaction.queue)
  server.watchedKeys.discard(client)
}

/** Each command is executed, counted and propagated by itself; the record of the call is EXEC's again afterwards. */
function runQueue(call: Call, queue: readonly (readonly Bytes[])[]): void {
  const {argv, spec, client, reply} = call
  const errorsBefore = reply.errors
  call.inTransaction = true
  for (const words of queue) {
    call.argv = words.slice()
    call.spec = specOf(call.commands, words)
    call.db = client.database
    call.execute(call)
  }
  call.inTransaction = false
  call.argv = argv
  call.spec = spec
  call.db = client.database
  call.rewritten = undefined
  // Their errors were counted as theirs: EXEC itself has not failed.
  reply.errors = errorsBefore
}

/** The words were looked up when they were queued: the command is there. */
function specOf(commands: CommandTable, words: readonly Bytes[]): CommandSpec {
  const spec = commands.find(words[0]!)!
  if (spec.subcommands === undefined || words.length < 2) return spec
  return commands.findSubcommand(spec, words[1]!) ?? spec
}

function watch({server, argv, client, db, reply}: Call): void {
  if (client.transaction !== undefined) return reply.error('ERR WATCH inside MULTI is not allowed')
  // A client whose EXEC fails already has nothing to gain from more keys.
  if (!client.dirtyCas) for (let at = 1; at < argv.length; at++) server.watchedKeys.watch(client, db, argv[at]!)
  reply.ok()
}

function unwatch({server, client, reply}: Call): void {
  server.watchedKeys.unwatchAll(client)
  client.dirtyCas = false
  reply.ok()
}

export const transactionFamily: CommandFamily = {
  group: 'transactions',
  facts: transactionsFacts,
  handlers: {multi, exec, discard, watch, unwatch},
}
