/** The client that sends slots in (CLUSTER SYNCSLOTS ESTABLISH): from then on it is obeyed as a primary is, and not answered. */
import {type Bytes} from '../ports.js'
import {encodeRequest} from '../resp/request-writer.js'
import {type ImportPeer} from '../slot-migration/host.js'
import {type Client} from './client.js'
import {type Server} from './server.js'

export class SlotImportPeer implements ImportPeer {
  readonly #server: Server
  readonly #client: Client

  constructor(server: Server, client: Client) {
    this.#server = server
    this.#client = client
  }

  get lastHeardMs(): number {
    return this.#client.lastActiveMs
  }

  get errors(): number {
    return this.#client.output.errors
  }

  /** The answer to ESTABLISH has been written: what follows is a stream. */
  turnIntoStream(): void {
    this.#client.kind = 'primary'
    this.#client.output.silent = true
  }

  send(argv: readonly Bytes[]): void {
    const {output} = this.#client
    output.silent = false
    output.raw(encodeRequest(argv))
    output.silent = true
    this.#server.queueForWriting(this.#client)
  }

  close(): void {
    this.#client.slotImport = undefined
    this.#server.dropClient(this.#client)
  }
}
