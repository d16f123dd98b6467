/** From a request to its handler: lookup, arity, permission, keys and slots, then the call itself and what follows from it. */
import {type Bytes} from '../ports.js'
import {printable} from '../server/printable.js'
import {findRealKeys} from '../server/key-spec.js'
import {Call, type CommandSpec, type CommandTable} from '../server/call.js'
import {type Client, type Transaction} from '../server/client.js'
import {type Server} from '../server/server.js'

/** What a guard answers when it has blocked the client: its command is kept and runs when the client is unblocked. */
export const PARKED = 'PARKED'

/** Asked before each command of a client, in order; the first error refuses it, `PARKED` puts it off. */
export interface Guard {
  (call: Call, keys: readonly number[]): string | undefined
}

/** Hears of each command that has run: MONITOR, SLOWLOG, LATENCY. `argv` is reused. */
export interface CallObserver {
  (call: Call, usec: number): void
}

const NO_KEYS: readonly number[] = []

export class Dispatcher {
  readonly #server: Server
  readonly #commands: CommandTable
  readonly #guards: readonly Guard[]
  readonly #observers: readonly CallObserver[]
  readonly #call: Call
  readonly #keys: number[] = []
  /** When the last command of this run ended, which is when the next one begins: one look at the stopwatch each. 0: look anew. */
  #readUs = 0

  constructor(
    server: Server,
    commands: CommandTable,
    guards: readonly Guard[],
    observers: readonly CallObserver[] = [],
  ) {
    this.#server = server
    this.#commands = commands
    this.#guards = guards
    this.#observers = observers
    this.#call = new Call(server, commands, (call) => this.execute(call))
  }

  /** The requests that follow come one after another, with nothing between them but their parsing. */
  beginRun(): void {
    this.#readUs = 0
  }

  /** Runs one request of a client. Whoever keeps `argv` copies it. */
  run(client: Client, argv: Bytes[]): void {
    const call = this.#call
    call.client = client
    call.reply = client.output
    call.db = client.database
    call.argv = argv
    call.inTransaction = false
    client.lastActiveMs = this.#server.nowMs
    const spec = this.#lookup(call)
    if (spec === undefined) return finishRequest(client, undefined)
    call.spec = spec
    client.lastCommand = spec.fullName
    const refusal = this.#refusal(call)
    if (refusal === PARKED) {
      client.parked = argv.slice()
      return
    }
    if (refusal !== undefined) {
      spec.stats.rejected++
      this.reject(call, refusal, spec.fullName === 'exec')
    } else if (client.transaction !== undefined && isQueued(spec)) {
      queueCommand(client.transaction, spec, argv)
      call.reply.status('QUEUED')
    } else {
      this.execute(call)
      const {standstill} = this.#server
      // EXEC waits for another node in its middle.
      if (standstill.isOn) {
        standstill.finallyDo(() => {
          this.#settle(client)
          finishRequest(client, spec)
        })
        return
      }
      this.#settle(client)
    }
    finishRequest(client, spec)
  }

  /** What follows from a command, or from a transaction as a whole. */
  #settle(client: Client): void {
    const {propagation, blocking, replication} = this.#server
    propagation.commit()
    if (propagation.isActive) client.lastWriteOffset = replication.offset
    if (blocking.hasReady) blocking.serveReady(() => propagation.commit())
  }

  /** Runs a command that passed every check: by a client, inside EXEC, or from a primary. */
  execute(call: Call): void {
    const {server, spec, reply} = call
    const dirtyBefore = server.dirty
    const errorsBefore = reply.errors
    const startedUs = this.#readUs > 0 ? this.#readUs : server.stopwatch()
    call.rewritten = undefined
    server.runsForPrimary = call.client.kind === 'primary'
    spec.handler(call)
    server.runsForPrimary = false
    const endedUs = (this.#readUs = server.stopwatch())
    const usec = endedUs - startedUs
    spec.stats.calls++
    spec.stats.usec += usec
    server.stats.totalCommands++
    if (reply.errors !== errorsBefore) {
      spec.stats.failed++
      server.stats.countError(reply.lastError)
    }
    for (const observer of this.#observers) observer(call, usec)
    if (server.propagation.isActive) this.#propagate(call, server.dirty !== dirtyBefore)
  }

  /** An error before the command ran; inside MULTI it breaks the transaction. */
  reject(call: Call, error: string, isExec = false): void {
    const {client} = call
    let text = error
    if (client.transaction !== undefined) client.transaction.broken = true
    if (isExec) {
      text = `EXECABORT Transaction discarded because of: ${error.replace(/^ERR /, '')}`
      this.#server.watchedKeys.discard(client)
    }
    this.#server.stats.countError(text)
    call.reply.error(text)
  }

  #propagate(call: Call, changed: boolean): void {
    const {server, db} = call
    if (call.rewritten !== undefined) {
      for (const argv of call.rewritten) server.propagation.add(db.index, argv)
    } else if (changed && call.spec.isWrite) {
      server.propagation.add(db.index, call.argv.slice())
    }
  }

  #lookup(call: Call): CommandSpec | undefined {
    const {argv} = call
    const commands = this.#commands
    const command = commands.find(argv[0]!)
    if (command === undefined) {
      this.reject(call, unknownCommand(argv))
      return undefined
    }
    let spec = command
    if (command.subcommands !== undefined && argv.length > 1) {
      const sub = commands.findSubcommand(command, argv[1]!)
      if (sub === undefined) {
        const word = printable(argv[1]!).slice(0, 128)
        this.reject(call, `ERR unknown subcommand '${word}'. Try ${command.facts.name.toUpperCase()} HELP.`)
        return undefined
      }
      spec = sub
    }
    if (spec.arity > 0 ? argv.length !== spec.arity : argv.length < -spec.arity) {
      spec.stats.rejected++
      this.reject(call, `ERR wrong number of arguments for '${spec.fullName}' command`, spec.fullName === 'exec')
      return undefined
    }
    return spec
  }

  #refusal(call: Call): string | undefined {
    const keys = this.#keysOf(call)
    for (const guard of this.#guards) {
      const refusal = guard(call, keys)
      if (refusal !== undefined) return refusal
    }
    return undefined
  }

  #keysOf({spec, argv}: Call): readonly number[] {
    const positions = this.#keys
    if (spec.onlyKeyAt > 0) {
      // Setting a length costs more than asking for it.
      if (positions.length !== 1) positions.length = 1
      positions[0] = spec.onlyKeyAt
      return positions
    }
    if (spec.keys.length === 0) return NO_KEYS
    positions.length = 0
    findRealKeys(spec.keys, argv, positions)
    return positions
  }
}

function queueCommand(transaction: Transaction, spec: CommandSpec, argv: readonly Bytes[]): void {
  transaction.queue.push(argv.slice())
  if (spec.isWrite) transaction.hasWrite = true
  if (!spec.flags.has('stale')) transaction.hasDenyStale = true
  if (!spec.flags.has('loading')) transaction.hasDenyLoading = true
  if (spec.flags.has('denyoom')) transaction.hasDenyOom = true
}

/** What holds for one request only is over. */
function finishRequest(client: Client, spec: CommandSpec | undefined): void {
  // Inside MULTI it lasts until EXEC.
  if (client.asking && spec?.fullName !== 'asking' && client.transaction === undefined) client.asking = false
  if (client.replies !== 'on') countSkippedReply(client)
}

/** CLIENT REPLY SKIP holds for one command: the next one after it. */
function countSkippedReply(client: Client): void {
  if (client.replies === 'skip-next') {
    client.replies = 'skip'
    client.output.silent = true
  } else if (client.replies === 'skip') {
    client.replies = 'on'
    client.output.silent = false
  }
}

const IMMEDIATE = new Set(['exec', 'discard', 'multi', 'watch', 'quit', 'reset'])

function isQueued(spec: CommandSpec): boolean {
  return !IMMEDIATE.has(spec.fullName)
}

function unknownCommand(argv: readonly Bytes[]): string {
  let shown = ''
  for (const word of argv.slice(1)) {
    if (shown.length >= 128) break
    shown += `'${printable(word).slice(0, 128 - shown.length)}' `
  }
  return `ERR unknown command '${printable(argv[0]!).slice(0, 128)}', with args beginning with: ${shown}`
}
