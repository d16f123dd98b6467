/** The stream from our primary, executed: a client that nobody answers. */
import {type Bytes, type Endpoint} from '../ports.js'
import {type StreamExecutor} from '../replication/host.js'
import {Client} from '../server/client.js'
import {type Server} from '../server/server.js'

/** Runs one request of a client: the dispatcher of the node. */
export interface RunRequest {
  (client: Client, argv: Bytes[]): void
}

/** It has no connection of its own, so it bears no number that the host gives. */
const NO_CONNECTION = 0
const NOWHERE: Endpoint = {host: '', port: 0}

export class PrimaryClient implements StreamExecutor {
  readonly #server: Server
  readonly #run: RunRequest
  readonly #argv: Bytes[] = []
  #client: Client | undefined

  constructor(server: Server, run: RunRequest) {
    this.#server = server
    this.#run = run
  }

  get selectedDb(): number {
    return this.#client?.database.index ?? 0
  }

  open(db: number): void {
    this.#client = streamClient(this.#server, db)
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
      if (parsed === 'request') this.#run(client, this.#argv)
      if (client.transaction === undefined) onUnit(parser.pendingBytes)
    }
    parser.keepRest()
    return true
  }

  close(): void {
    const client = this.#client
    this.#client = undefined
    if (client !== undefined) this.#server.forgetClient(client)
  }
}

/** A client whose commands are obeyed and not answered: the stream from a primary, the AOF at boot. */
export function streamClient(server: Server, db: number): Client {
  const client = new Client(NO_CONNECTION, NOWHERE, NOWHERE, server.databases[db]!, server.nowMs)
  client.kind = 'primary'
  client.authenticated = true
  client.parser.authenticated = true
  client.output.silent = true
  return client
}
