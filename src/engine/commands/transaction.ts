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
  const {argv, spec} = call
  runFrom(call, 0, {queue: transaction.queue, argv, spec, errorsBefore: reply.errors})
}

/** The queue, and what the record of the call says of EXEC itself. */
interface Run {
  readonly queue: readonly (readonly Bytes[])[]
  readonly argv: Bytes[]
  readonly spec: CommandSpec
  readonly errorsBefore: number
}

/**
 * Each command is executed, counted and propagated by itself. One that needs another node stops all: the rest follows when that has
 * answered, and until then the record of the call is nobody else's.
 */
function runFrom(call: Call, first: number, run: Run): void {
  const {server, client} = call
  const {standstill} = server
  call.inTransaction = true
  for (let at = first; at < run.queue.length; at++) {
    const words = run.queue[at]!
    call.argv = words.slice()
    call.spec = specOf(call.commands, words)
    call.db = client.database
    call.execute(call)
    if (!standstill.isOn) continue
    giveBack(call, run)
    standstill.thenDo(() => runFrom(call, at + 1, run))
    return
  }
  giveBack(call, run)
  server.watchedKeys.discard(client)
}

/** The record of the call is EXEC's again. */
function giveBack(call: Call, {argv, spec, errorsBefore}: Run): void {
  call.inTransaction = false
  call.argv = argv
  call.spec = spec
  call.db = call.client.database
  call.rewritten = undefined
  // Their errors were counted as theirs: EXEC itself has not failed.
  call.reply.errors = errorsBefore
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
