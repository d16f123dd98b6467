/** The replication stream as we write it: every command encoded once, counted, kept in the backlog, handed to every replica. */
import {type Bytes} from '../ports.js'
import {encodeRequest} from '../resp/request-writer.js'
import {type Backlog} from './backlog.js'
import {type ReplicationState} from './state.js'

/** Text gathered before it becomes bytes: one copy for the backlog and all replicas. */
const FLUSH_BYTES = 64 * 1024
/** The database that no SELECT has named: the next command is preceded by one. */
export const NO_DATABASE = -1

/** A place in the stream where the database does not matter: PING, REPLCONF GETACK. */
export const ANY_DATABASE = -1

export class ReplicationStream {
  readonly #state: ReplicationState
  readonly #feed: (bytes: Uint8Array) => void
  readonly #activityChanged: (isActive: boolean) => void
  #backlog: Backlog | undefined
  #isSilent = false
  /** Where the last command of the stream was run. */
  selectedDb = NO_DATABASE
  #text = ''

  /** @param activityChanged hears whether commands are wanted at all: not without a backlog, nor on a replica */
  constructor(
    state: ReplicationState,
    feed: (bytes: Uint8Array) => void,
    activityChanged: (isActive: boolean) => void,
  ) {
    this.#state = state
    this.#feed = feed
    this.#activityChanged = activityChanged
  }

  get backlog(): Backlog | undefined {
    return this.#backlog
  }

  set backlog(backlog: Backlog | undefined) {
    this.#backlog = backlog
    this.#activityChanged(this.isActive)
  }

  /** A replica passes on what it gets and adds nothing of its own. */
  get isSilent(): boolean {
    return this.#isSilent
  }

  set isSilent(isSilent: boolean) {
    this.#isSilent = isSilent
    this.#activityChanged(this.isActive)
  }

  get isActive(): boolean {
    return this.#backlog !== undefined && !this.#isSilent
  }

  /** One command that has been executed here. */
  append(db: number, argv: readonly Bytes[]): void {
    if (!this.isActive) return
    if (db !== ANY_DATABASE && db !== this.selectedDb) {
      this.#add(encodeRequest(['SELECT', String(db)]))
      this.selectedDb = db
    }
    this.#add(encodeRequest(argv))
  }

  /** Bytes of our own primary, passed on as they are, so that offsets agree all along a chain. */
  passOn(bytes: Uint8Array): void {
    this.#state.offset += bytes.length
    this.#backlog?.append(bytes)
    this.#feed(bytes)
  }

  /** Everything appended so far reaches backlog and replicas. */
  flush(): void {
    if (this.#text.length === 0) return
    const bytes = Buffer.from(this.#text, 'latin1')
    this.#text = ''
    this.#backlog?.append(bytes)
    this.#feed(bytes)
  }

  #add(text: Bytes): void {
    this.#state.offset += text.length
    this.#text += text
    if (this.#text.length >= FLUSH_BYTES) this.flush()
  }
}
