/** The record handed to every handler: what was asked, by whom, of which database, and where the reply goes. */
import {type Bytes} from '../ports.js'
import {type Database} from '../keyspace/database.js'
import {type ReplyWriter} from '../resp/reply-writer.js'
import {type FamilyOf, type TableOf} from './command-table.js'
import {type SpecOf} from './spec.js'
import {type Client} from './client.js'
import {type EventClass} from './keyspace-events.js'
import {type Server} from './server.js'

export type CommandSpec = SpecOf<Call>
export type CommandTable = TableOf<Call>
/** One family: the facts of a group of commands, and the handlers of those that we have. */
export type CommandFamily = FamilyOf<Call>
/** Carries out one command: reads `call.argv`, says its reply to `call.reply`. */
export type Handler = (call: Call) => void
export type Handlers = CommandFamily['handlers']

/**
 * One per running command, reused: whoever keeps `argv` beyond the call copies it.
 * What a write tells the replicas and the AOF is the command as it was sent, unless the handler says otherwise.
 */
export class Call {
  readonly server: Server
  readonly commands: CommandTable
  /** Runs another command that passed every check: what EXEC does with its queue. Installed by dispatch. */
  readonly execute: (call: Call) => void
  argv: Bytes[] = []
  spec!: CommandSpec
  client!: Client
  db!: Database
  reply!: ReplyWriter
  /** Runs inside EXEC: blocking commands do not block then. */
  inTransaction = false
  /** What goes into the stream instead of `argv`: several commands, or none. `undefined`: `argv` as it is. */
  rewritten: Bytes[][] | undefined

  constructor(server: Server, commands: CommandTable, execute: (call: Call) => void) {
    this.server = server
    this.commands = commands
    this.execute = execute
  }

  /** Unix ms of the turn, whole. */
  get nowMs(): number {
    return this.server.nowMs
  }

  /**
   * A key was changed: counts it (INFO, `save`), lets WATCH know, and announces `event` to whoever listens for its class.
   * Source: Redis' signalModifiedKey + notifyKeyspaceEvent + server.dirty.
   */
  changed(eventClass: EventClass, event: string, key: Bytes, changes = 1): void {
    this.db.modified(key)
    this.server.notify(eventClass, event, key, this.db.index)
    this.server.dirty += changes
  }

  /** The stream gets this instead of the command as it was sent. */
  propagateAs(...argv: Bytes[]): void {
    this.rewritten = [argv]
  }

  /** One more command for the stream, after what is there already. */
  propagateAlso(...argv: Bytes[]): void {
    if (this.rewritten === undefined) this.rewritten = [this.argv.slice()]
    this.rewritten.push(argv)
  }

  /** The stream gets nothing, whatever was changed. */
  propagateNothing(): void {
    this.rewritten = []
  }
}
