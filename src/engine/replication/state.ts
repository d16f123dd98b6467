/** Whose history a node's data are: replication ids and the offset in the stream. */
import {hexDigits} from '../chance.js'
import {type Rng} from '../ports.js'

export const REPLICATION_ID_DIGITS = 40
/** What `master_replid2` shows while there is no second id. */
export const NO_REPLICATION_ID = '0'.repeat(REPLICATION_ID_DIGITS)

/**
 * A history is named by its id; an offset counts its bytes. After a promotion the old id stays valid up to the byte at which the
 * histories part. Source: replication.md §8.
 */
export class ReplicationState {
  readonly #rng: Rng
  id: string
  secondId = NO_REPLICATION_ID
  /** The first byte that the second id does not cover; -1 without a second id. */
  secondOffset = -1
  /** Bytes of the stream so far: produced by a primary, processed by a replica. */
  offset = 0

  constructor(rng: Rng) {
    this.#rng = rng
    this.id = hexDigits(rng, REPLICATION_ID_DIGITS)
  }

  /** A history that nobody shares. */
  renew(): void {
    this.id = hexDigits(this.#rng, REPLICATION_ID_DIGITS)
    this.secondId = NO_REPLICATION_ID
    this.secondOffset = -1
  }

  /** From here on the history is our own: what lies behind is known under both names. */
  fork(): void {
    const old = this.id
    this.id = hexDigits(this.#rng, REPLICATION_ID_DIGITS)
    this.secondId = old
    this.secondOffset = this.offset + 1
  }

  /** The primary goes on under another name (`+CONTINUE <id>`). */
  follow(id: string): void {
    if (id === this.id) return
    this.secondId = this.id
    this.secondOffset = this.offset + 1
    this.id = id
  }

  /** A full sync: nothing of the past is shared any more. */
  adopt(id: string, offset: number): void {
    this.id = id
    this.secondId = NO_REPLICATION_ID
    this.secondOffset = -1
    this.offset = offset
  }

  /** A restart as a primary: the history of the RDB file is known under its old name only. */
  restore(id: string, offset: number): void {
    this.offset = offset
    this.secondId = id
    this.secondOffset = offset + 1
  }

  /** Whether somebody who asks for `offset` of the history `id` shares ours up to there. */
  shares(id: string, offset: number): boolean {
    const wanted = id.toLowerCase()
    return wanted === this.id || (wanted === this.secondId && offset <= this.secondOffset)
  }
}
