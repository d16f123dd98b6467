/** One client as its node knows it: who it is, what it may do, what it waits for. */
import {type Bytes, type Connection, type ConnectionId, type Endpoint} from '../ports.js'
import {ReplyWriter} from '../resp/reply-writer.js'
import {RequestParser} from '../resp/request-parser.js'
import {type Database} from '../keyspace/database.js'
import {type ReplicaPeer} from '../replication/peer.js'
import {type ImportJob} from '../slot-migration/import-job.js'

export interface Transaction {
  /** The words of each command, looked up again by EXEC. */
  readonly queue: (readonly Bytes[])[]
  /** One of the queued commands writes; wants an up-to-date replica; wants loaded data: EXEC is refused for them. */
  hasWrite: boolean
  hasDenyStale: boolean
  hasDenyLoading: boolean
  /** One of them may take memory. */
  hasDenyOom: boolean
  /** A command could not be queued: EXEC answers EXECABORT. */
  broken: boolean
  /** The slot of the keys queued so far, in cluster mode; -1 before the first key. */
  slot: number
}

export interface WatchedKey {
  readonly database: Database
  readonly key: Bytes
  /** Its time had passed when WATCH saw it, and it has not been deleted since. */
  wasExpired: boolean
}

/** Why a client does not read on: `server/blocking.ts` ends it. */
export interface BlockedState {
  readonly kind: 'keys' | 'wait' | 'pause' | 'migrate' | 'shutdown'
  /** Unix ms; Infinity without a timeout. */
  readonly timeoutAtMs: number
  /** What to say, or do, when the time is over. */
  readonly onTimeout: (client: Client) => void
  /** The client went away, or CLIENT UNBLOCK or a failover ended the wait: forget it. */
  readonly onEnd?: (client: Client) => void
}

/** `normal` clients, replicas that we feed, and the stream from our own primary, which arrives as a client too. */
export type ClientKind = 'normal' | 'replica' | 'primary'

export class Client implements Connection {
  readonly id: ConnectionId
  readonly peer: Endpoint
  readonly local: Endpoint
  readonly createdMs: number
  readonly parser = new RequestParser()
  readonly output = new ReplyWriter()
  kind: ClientKind = 'normal'
  database: Database
  name = ''
  authenticated = false
  userName = 'default'
  closing: 'no' | 'after-output' | 'now' = 'no'
  /** Unix ms of its last request, and the full name of that. */
  lastActiveMs: number
  lastCommand = 'NULL'
  /** CLIENT REPLY: `off`, or `skip` for the next reply only (`skip-next` until that command begins). */
  replies: 'on' | 'off' | 'skip-next' | 'skip' = 'on'
  /** Cluster: ASKING for the next command; READONLY until READWRITE. */
  asking = false
  readonlyMode = false
  noEvict = false
  isMonitor = false
  transaction: Transaction | undefined
  watched: WatchedKey[] = []
  /** A watched key was changed: EXEC answers null. */
  dirtyCas = false
  blocked: BlockedState | undefined
  /** A command that came at the wrong time (CLIENT PAUSE, a key in transit): it runs as soon as the client is unblocked. */
  parked: Bytes[] | undefined
  readonly channels = new Set<Bytes>()
  readonly patterns = new Set<Bytes>()
  readonly shardChannels = new Set<Bytes>()
  /** The offset of the replication stream after its last write: WAIT. */
  lastWriteOffset = 0
  /** What it said of itself as a replica (REPLCONF); it is one when `kind` says so. */
  replica: ReplicaPeer | undefined
  /** It is the source of this import of slots (CLUSTER SYNCSLOTS ESTABLISH). */
  slotImport: ImportJob | undefined
  /** Bytes that the host has not been able to write to the socket. */
  unsentBytes = 0
  /** Unix ms since when its output has been above the soft limit; 0: it is not. */
  aboveSoftLimitSinceMs = 0
  /** Already in the turn's list of writable connections. */
  queuedForWriting = false

  constructor(id: ConnectionId, peer: Endpoint, local: Endpoint, database: Database, nowMs: number) {
    this.id = id
    this.peer = peer
    this.local = local
    this.database = database
    this.createdMs = nowMs
    this.lastActiveMs = nowMs
  }

  get protocol(): 2 | 3 {
    return this.output.protocol
  }

  /** In RESP2 a subscriber may only subscribe, unsubscribe, ping and quit. */
  get isSubscriber(): boolean {
    return this.channels.size + this.patterns.size + this.shardChannels.size > 0
  }
}
