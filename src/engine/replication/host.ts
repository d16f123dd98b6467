/** What replication asks of its node: data, configuration, wires, and somebody who executes the stream. */
import {type Bytes, type Endpoint} from '../ports.js'
import {type EncodingLimits} from '../values/encoding-limits.js'
import {type NodeServices} from './services.js'

/** The commands of a primary, executed as a client of their own. */
export interface StreamExecutor {
  /** A new stream begins, in this database, on the connection between these ends. */
  open(db: number, peer: Endpoint, local: Endpoint): void
  /** Where the last command was run. */
  readonly selectedDb: number
  /**
   * Runs what is complete.
   * @param onUnit called after each command that is not inside an open transaction, with the number of bytes not yet read
   * @returns false when the bytes are no commands
   */
  feed(chunk: Uint8Array, onUnit: (unreadBytes: number) => void): boolean
  /** Half a command and an open transaction are forgotten. */
  close(): void
}

export interface ReplicationHost extends NodeServices {
  /** For the log. */
  readonly processId: number
  readonly limits: EncodingLimits
  readonly executor: StreamExecutor
  readonly stats: {fullSyncs: number; partialSyncsAccepted: number; partialSyncsRefused: number}
  /** Whether the commands executed here are to be appended to the stream. */
  streamWanted(isWanted: boolean): void
  /** The node is a replica of that primary from now on, or (undefined) a primary. */
  roleChanged(primary: Endpoint | undefined): void
  /** FAILOVER: while it is true clients that would write wait, so the stream stands still. */
  holdWrites(hold: boolean): void
  /** All data go: those of the primary come. Ends a snapshot that is being taken. */
  emptyData(): void
  /** `yes`: clients get -LOADING. `async`: they read the old data, and get it only where they would change something. */
  setLoading(loading: 'no' | 'yes' | 'async'): void
  /** The data of a full sync are in place: the AOF must begin anew. `aux`: what the dump says of itself. */
  dataReplaced(aux: (name: string) => Bytes | undefined): void
}
