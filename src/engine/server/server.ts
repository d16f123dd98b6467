/** The state of one node: what Redis keeps in `struct redisServer`. Handlers reach everything through it. */
import {Database, type DatabaseHooks} from '../keyspace/database.js'
import {matchesGlob} from '../keyspace/glob.js'
import {
  type Bytes,
  type ConnectionId,
  type CrashSignal,
  type Ending,
  type FileEffect,
  type LogLevel,
  type LogLine,
  type Rng,
  type Stopwatch,
  type Storage,
} from '../ports.js'
import {type ClusterBus} from '../cluster/cluster-bus.js'
import {hexDigits} from '../chance.js'
import {type EncodingLimits} from '../values/encoding-limits.js'
import {type Replication} from '../replication/replication.js'
import {type SlotMigrations} from '../slot-migration/slot-migrations.js'
import {Access} from './access.js'
import {Blocking} from './blocking.js'
import {ClientPause, type PauseReason} from './client-pause.js'
import {formatClientLine} from './client-line.js'
import {type Client} from './client.js'
import {type Config} from './config.js'
import {encodingLimitsOf} from './encoding-settings.js'
import {KeyFreeze} from './key-freeze.js'
import {type EventClass, EventFilter} from './keyspace-events.js'
import {LatencyMonitor} from './latency.js'
import {Links} from './links.js'
import {type Migrator} from './migrator.js'
import {Propagation} from './propagation.js'
import {type FinalSave, type Saving} from './saving.js'
import {NO_FIGURES, type ProcessFigures, type ReadProcessFigures} from './process-figures.js'
import {PubSub} from './pubsub.js'
import {Shutdown} from './shutdown.js'
import {SlowLog} from './slowlog.js'
import {Standstill} from './standstill.js'
import {Stats} from './stats.js'
import {WatchedKeys} from './transaction.js'

export interface ServerOptions {
  readonly config: Config
  readonly rng: Rng
  readonly stopwatch: Stopwatch
  /** Shown by INFO: the process that hosts this node. */
  readonly processId: number
  readonly nowMs: number
  /** What the process uses: INFO, maxmemory. */
  readonly figures?: ReadProcessFigures
}

export class Server {
  readonly config: Config
  /** When a collection leaves its packed form: every collection of this node is made with this record. */
  readonly encodingLimits: EncodingLimits
  readonly rng: Rng
  readonly stopwatch: Stopwatch
  readonly processId: number
  readonly runId: string
  readonly startedMs: number
  readonly databases: readonly Database[]
  readonly clients = new Map<ConnectionId, Client>()
  /** The stream from our primary, which comes over a link and is not one of `clients`. */
  primaryClient: Client | undefined
  readonly stats = new Stats()
  readonly blocking = new Blocking((text) => this.stats.countError(text))
  readonly propagation = new Propagation()
  readonly links = new Links()
  readonly events = new EventFilter()
  readonly watchedKeys = new WatchedKeys()
  readonly pause = new ClientPause()
  readonly access: Access
  readonly pubsub: PubSub
  readonly monitors = new Set<Client>()
  readonly slowlog = new SlowLog()
  readonly latency = new LatencyMonitor()
  readonly figures: ReadProcessFigures
  /** What a client may have sent of a request that is not complete. */
  queryBufferBytes = Infinity
  /** Of the process, in bytes: at the start, now (as of the last tick), and at most. */
  readonly memory = {startupBytes: 0, usedBytes: 0, peakBytes: 0}
  readonly clusterEnabled: boolean
  /** Unix ms of the turn, whole; `nowUs` is the same in microseconds. */
  nowMs: number
  nowUs: number
  /** Changes since the last save. */
  dirty = 0
  loading = false
  /** New data come in beside the old ones, which can be read. */
  asyncLoading = false
  /** A replica hides expired keys and leaves deleting them to its primary. */
  isReplica = false
  /** The command in hand comes from our own primary: keys past their time count as there, for only it decides. */
  runsForPrimary = false
  /** DEBUG SET-ACTIVE-EXPIRE. */
  activeExpire = true
  /** Unix ms until which the node does nothing at all (DEBUG SLEEP). */
  asleepUntilMs = 0
  /** MIGRATE inside MULTI. */
  readonly standstill = new Standstill(this)
  /** The node's folder, since it has booted: for what must be done before a command ends. */
  storage: Storage | undefined
  /** Loads the data anew from the files, beside what is there. An error in the words of a real server's log. Installed by boot. */
  reload: (source: 'rdb' | 'aof', merges?: boolean) => string | undefined = () => undefined
  /** What a command that writes is refused with while the data cannot be kept on disk: saving keeps it up to date. */
  diskRefusal: string | undefined
  ending: Ending | undefined
  /** With `ending` 'crash', when somebody wanted it so (DEBUG SEGFAULT, DEBUG PANIC). */
  crashSignal: CrashSignal | undefined
  /** SHUTDOWN and SIGTERM, which wait for lagging replicas. */
  readonly shutdown = new Shutdown(this)
  readonly files: FileEffect[] = []
  readonly logs: LogLine[] = []
  readonly writable: Client[] = []
  /** INFO sections whose text others supply (`replication`, `persistence`), by name; without the `# Title` line. */
  readonly infoSections = new Map<string, () => string>()
  /** Set in cluster mode: installed by node/cluster-part.ts. */
  cluster: ClusterBus | undefined
  /** Set in cluster mode: installed by node/slot-migration-part.ts. */
  slotMigrations: SlotMigrations | undefined
  /** Primaries and replicas of this node, its backlog and its offsets: installed by node/replication-part.ts. */
  replication!: Replication
  /** RDB files, save points, the AOF: installed by node/persistence-part.ts. */
  saving!: Saving
  /** Keys on their way to another node: their callers are parked; the connections they leave by. */
  readonly keyFreeze = new KeyFreeze()
  migrator!: Migrator
  /** A replica's link to its primary stands and its data is whole; replication keeps it up to date. */
  primaryLinkIsUp = false
  /** Replicas that acknowledged within min-replicas-max-lag; replication keeps it up to date. */
  goodReplicas = 0
  /** Asked by SHUTDOWN: saves what must be saved. False keeps the node running. */
  beforeShutdown: (request: FinalSave) => boolean = () => true

  constructor({config, rng, stopwatch, processId, nowMs, figures}: ServerOptions) {
    this.figures = figures ?? (() => NO_FIGURES)
    this.memory.startupBytes = this.figures().usedMemoryBytes
    this.measureMemory()
    this.config = config
    this.encodingLimits = encodingLimitsOf(config)
    this.rng = rng
    this.stopwatch = stopwatch
    this.processId = processId
    this.runId = hexDigits(rng, 40)
    this.startedMs = nowMs
    this.nowMs = Math.floor(nowMs)
    this.nowUs = Math.floor(nowMs * 1000)
    this.access = new Access(config)
    this.pubsub = new PubSub(matchesGlob, (client) => this.queueForWriting(client))
    this.clusterEnabled = config.flag('cluster-enabled')
    const count = this.clusterEnabled ? 1 : config.number('databases')
    this.databases = Array.from({length: count}, (_, index) => new Database(index, this.#databaseHooks()))
    config.watch('client-query-buffer-limit', (value) => (this.queryBufferBytes = Number(value)))
    config.watch('notify-keyspace-events', (letters) => this.events.configure(letters))
  }

  /** Time passes only here. */
  setTime(nowMs: number): void {
    this.nowMs = Math.floor(nowMs)
    this.nowUs = Math.floor(nowMs * 1000)
    for (const database of this.databases) database.nowMs = this.nowMs
  }

  /** Asks the process how much memory is used: every 100 ms, and when somebody wants to know. */
  measureMemory(): ProcessFigures {
    const figures = this.figures()
    this.memory.usedBytes = figures.usedMemoryBytes
    this.memory.peakBytes = Math.max(this.memory.peakBytes, figures.usedMemoryBytes)
    return figures
  }

  log(level: LogLevel, text: string): void {
    this.logs.push({level, text})
  }

  /** The client has output, or is to be closed: the host hears of it at the end of the turn. */
  queueForWriting(client: Client): void {
    if (client.queuedForWriting) return
    client.queuedForWriting = true
    this.writable.push(client)
  }

  /** Closes a connection without another word to it. What it waited for, watched and listened to ends at once. */
  dropClient(client: Client): void {
    client.closing = 'now'
    this.forgetClient(client)
    this.queueForWriting(client)
  }

  /** A request that never ends is not waited for: client-query-buffer-limit. */
  dropGreedy(client: Client): void {
    this.log(
      'warning',
      `Closing client that reached max query buffer length: ${formatClientLine(client, this.nowMs)} (qbuf initial bytes: "")`,
    )
    this.dropClient(client)
  }

  /** A client is gone, or goes: nothing here may find it any more. */
  forgetClient(client: Client): void {
    if (client.blocked !== undefined) this.blocking.unblock(client)
    this.watchedKeys.unwatchAll(client)
    this.pubsub.forget(client)
    this.monitors.delete(client)
  }

  /** The clients that waited for this pause go on, unless another one holds them. */
  endPause(reason: PauseReason): void {
    this.pause.end(reason)
    if (this.pause.kindAt(this.nowMs) !== 'no') return
    for (const client of this.clients.values()) if (client.blocked?.kind === 'pause') this.blocking.unblock(client)
  }

  /** Announces a keyspace event where the configuration wants it. */
  notify(eventClass: EventClass, event: string, key: Bytes, db: number): void {
    if (this.events.isSilent || !this.events.wants(eventClass)) return
    if (this.events.keyspace) this.pubsub.deliver(`__keyspace@${db}__:${key}`, event)
    if (this.events.keyevent) this.pubsub.deliver(`__keyevent@${db}__:${event}`, key)
  }

  #databaseHooks(): DatabaseHooks {
    return {
      ignoresExpiry: () => this.runsForPrimary || this.loading,
      mayDeleteExpired: () => !this.isReplica && (this.pause.isEmpty || this.pause.kindAt(this.nowMs) === 'no'),
      expired: (database, key) => {
        this.stats.expiredKeys++
        this.propagation.add(database.index, ['DEL', key])
        this.notify('x', 'expired', key, database.index)
      },
      added: (database, key) => {
        if (!this.events.isSilent && !this.loading) this.notify('n', 'new', key, database.index)
      },
      modified: (database, key) => {
        if (!this.watchedKeys.isEmpty) this.watchedKeys.touch(database, key)
      },
    }
  }
}
