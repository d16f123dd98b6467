/** What every protocol that lives in a node is given by it: replication and, built on it, slot migration. */
import {type Database} from '../keyspace/database.js'
import {type Endpoint, type LinkId, type LogLevel, type Rng} from '../ports.js'

/** Who hears what happens on a link that was dialled. */
export interface LinkEvents {
  opened(link: LinkId, peer: Endpoint, local: Endpoint): void
  bytes(link: LinkId, chunk: Uint8Array): void
  closed(link: LinkId, reason: string): void
}

export interface Wires {
  dial(to: Endpoint, owner: LinkEvents): LinkId
  send(link: LinkId, bytes: Uint8Array): void
  hangUp(link: LinkId): void
  /** What was sent on a link and has not left this process. */
  unsentBytes(link: LinkId): number
}

/** Directives by name, read at every use so that CONFIG SET takes effect. */
export interface Directives {
  text(name: string): string
  number(name: string): number
  flag(name: string): boolean
}

export interface NodeServices {
  readonly nowMs: number
  readonly rng: Rng
  readonly config: Directives
  readonly databases: readonly Database[]
  readonly links: Wires
  log(level: LogLevel, text: string): void
  /** Only one snapshot is taken at a time: for a file, for replicas, or for a migration. */
  isSnapshotRunning(): boolean
}
