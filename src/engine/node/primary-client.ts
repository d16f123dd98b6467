/** The stream from our primary, executed: a client that nobody answers. */
import {type Bytes, type Endpoint} from '../ports.js'
import {type StreamExecutor} from '../replication/host.js'
import {Client} from '../server/client.js'
import {type Server} from '../server/server.js'
import {translateNewer} from './newer-commands.js'

/** Runs one request of a client: the dispatcher of the node. */
export interface RunRequest {
  (client: Client, argv: Bytes[]): void
}

/** The AOF has no connection, so no number that the host gives. */
const NO_CONNECTION = 0
/** Connections of clients are numbered from 1 on; nobody lives to see so many. */
const FIRST_STREAM = 2 ** 40
/** Errors of one stream that are worth a line in the log. */
const MOST_LOGGED = 100
const NOWHERE: Endpoint = {host: '', port: 0}

export class PrimaryClient implements StreamExecutor {
  readonly #server: Server
  readonly #run: RunRequest
  readonly #argv: Bytes[] = []
  #client: Client | undefined
  #streams = 0
  /** Commands of this stream that failed, and were logged. */
  readonly #failed = new Set<string>()

  constructor(server: Server, run: RunRequest) {
    this.#server = server
    this.#run = run
  }

  get selectedDb(): number {
    return this.#client?.database.index ?? 0
  }

  open(db: number, peer: Endpoint, local: Endpoint): void {
    const server = this.#server
    this.#client = silentClient(server, db, {id: FIRST_STREAM + ++this.#streams, peer, local})
    server.primaryClient = this.#client
    this.#failed.clear()
  }

  feed(chunk: Uint8Array, onUnit: (unreadBytes: number) => void): boolean {
    const client = this.#client
    if (client === undefined) return false
    const {parser} = client
    parser.feed(chunk)
    // A command of the stream may end the stream (its handler makes this node a primary): then the rest is nobody's.
    while (this.#client === client) {
      const parsed = parser.next(this.#argv)
      if (parsed === 'more') break
      if (parsed !== 'request' && parsed !== 'empty') return false
      if (parsed === 'request') this.#execute(client)
      if (client.transaction === undefined) onUnit(parser.pendingBytes)
    }
    parser.keepRest()
    return true
  }

  close(): void {
    const client = this.#client
    this.#client = undefined
    this.#server.primaryClient = undefined
    if (client !== undefined) this.#server.forgetClient(client)
  }

  #execute(client: Client): void {
    const {output} = client
    const errorsBefore = output.errors
    translateNewer(this.#argv)
    this.#run(client, this.#argv)
    if (output.errors > errorsBefore) this.#noteError(client, output.lastError)
  }

  /**
   * What our primary could do and we cannot leaves us with other data than it has. Logged once for each command of a stream.
   * Source: Redis 7.0's afterErrorReply.
   * @throws Error where `propagation-error-behavior` wants the node to end
   */
  #noteError({lastCommand}: Client, error: string): void {
    const {stats, config} = this.#server
    stats.unexpectedErrorReplies++
    const command = error.startsWith('ERR unknown command') ? '<unknown>' : lastCommand
    const text = command === '<unknown>' ? error : command
    if (!this.#failed.has(text) && this.#failed.size < MOST_LOGGED) {
      this.#failed.add(text)
      this.#server.log(
        'warning',
        `== CRITICAL == This replica is sending an error to its master: '-${error}' after processing the command '${command}'`,
      )
    }
    if (config.text('propagation-error-behavior') === 'ignore' || !config.flag('replica-read-only')) return
    throw new Error(`This replica panicked sending an error to its master after processing the command '${command}'`)
  }
}

/** The AOF at boot. */
export function streamClient(server: Server, db: number): Client {
  return silentClient(server, db, {id: NO_CONNECTION, peer: NOWHERE, local: NOWHERE})
}

/** A client whose commands are obeyed and not answered. */
function silentClient(server: Server, db: number, {id, peer, local}: Pick<Client, 'id' | 'peer' | 'local'>): Client {
  const client = new Client(id, peer, local, server.databases[db]!, server.nowMs)
  client.kind = 'primary'
  client.authenticated = true
  client.parser.authenticated = true
  client.output.silent = true
  return client
}
