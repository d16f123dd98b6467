/** One node as a program holds it: started, asked, paused, killed, started again. */
import {setTimeout as sleep} from 'node:timers/promises'
import {type LogSink} from '../host/log-file.js'
import {type NodeEnd, type NodeHost, startNodeHost} from '../host/node-host.js'
import {formatAddress} from '../../model/address.js'
import {textOf} from '../host/utf8.js'
import {type Config} from '../server/config.js'
import {NETWORK} from './network.js'
import {type Reply, NodeConnection} from './node-connection.js'
import {type Setting} from './node-settings.js'

export interface EngineNodeStart {
  /** Reads the node's configuration file; `settings` win over it. */
  readonly readConfig?: () => Config
  readonly settings: readonly Setting[]
  readonly directory: string
  readonly log?: LogSink
  /** Its nodes.conf knows the whole cluster and nothing has happened since it was written: writes are accepted at once. */
  readonly bornWhole?: boolean
  /** Called when it is stopped for good. */
  readonly tidy?: () => void
}

/** What a node says of itself. */
export interface NodeDescription {
  /** `null` without cluster mode, or when it does not answer. */
  readonly id: string | null
  readonly role: 'primary' | 'replica' | null
  /**
   * `ok` or `fail`, of the cluster as this node sees it; `up` without cluster mode; `paused`, `stopped`; `stopping` while it waits for
   * replicas before it stops; `silent` when it does not answer.
   */
  readonly state: string
}

/** What is wrong with a node because somebody wanted it so. */
export interface NodeFaults {
  readonly paused: boolean
  /** `host:port` of the nodes that it is cut off from. */
  readonly partitionedFrom: readonly string[]
  /** Added to every round trip; 0: nothing. */
  readonly latencyMs: number
}

/** What a node waits for that was asked to stop. */
export interface NodeStopping {
  /** `host:port` of the replicas that lag. */
  readonly replicas: readonly string[]
  /** It waits no longer than this. */
  readonly leftMs: number
}

export interface Slowness {
  /** Added to every round trip, one half on the way to the node and one on the way from it; 0 ends it. */
  readonly latencyMs: number
}

/** A node that says nothing for this long is silent; a slow one is given more time, up to the second limit. */
const DESCRIBE_LIMIT_MS = 1000
const LONGEST_DESCRIBE_LIMIT_MS = 3000

/** A node whose disk does not take its first AOF in this time is asked all the same, and says why it cannot stop. */
const FIRST_AOF_LIMIT_MS = 30_000
const FIRST_AOF_PAUSE_MS = 5

/** What CONFIG SET can change of the places where others call a node. */
const PLACE_DIRECTIVES = [
  'port',
  'tls-port',
  'bind',
  'cluster-announce-ip',
  'cluster-announce-port',
  'cluster-announce-tls-port',
]

export class EngineNode implements AsyncDisposable {
  readonly #start: EngineNodeStart
  /** What the network knows it by: the address that it was started on. */
  readonly networkName: string
  #host: NodeHost
  #connection: NodeConnection | undefined
  #running = true
  #paused = false

  private constructor(start: EngineNodeStart, host: NodeHost) {
    this.#start = start
    this.#host = host
    this.networkName = formatAddress(host.address)
    this.#watch(host)
  }

  /** @throws Error when a directive is wrong or a port cannot be had: one line */
  static async start(start: EngineNodeStart): Promise<EngineNode> {
    return new EngineNode(start, await hostOf(start))
  }

  get host(): string {
    return this.#host.address.host
  }

  get port(): number {
    return this.#host.address.port
  }

  /** `host:port`. */
  get address(): string {
    return formatAddress(this.#host.address)
  }

  /** `redis://127.0.0.1:7000`, with the password where one is required; `rediss:` where it speaks only TLS. */
  get url(): string {
    const password = this.#password
    return `${this.#host.address.isSecure === true ? 'rediss' : 'redis'}://${password === '' ? '' : `:${encodeURIComponent(password)}@`}${this.address}`
  }

  /** The folder of its files. */
  get directory(): string {
    return this.#host.directory
  }

  /** Not stopped, not killed, and not ended by a client's SHUTDOWN. A paused node runs. */
  get isRunning(): boolean {
    return this.#running
  }

  get isPaused(): boolean {
    return this.#paused
  }

  get faults(): NodeFaults {
    const {networkName} = this
    return {
      paused: this.#paused,
      partitionedFrom: NETWORK.partitionedFrom(networkName),
      latencyMs: NETWORK.latencyMsOf(networkName),
    }
  }

  /** It was asked to stop, and waits for replicas that lag: for `shutdown-timeout` at most. */
  get stopping(): NodeStopping | undefined {
    const pending = this.#running ? this.#host.pendingShutdown : undefined
    if (pending === undefined) return undefined
    return {replicas: pending.replicas, leftMs: Math.max(0, Math.round(pending.untilMs - Date.now()))}
  }

  /** Settles when it is over, however that came about. After `restart` it is another promise. */
  get ended(): Promise<NodeEnd> {
    return this.#host.closed
  }

  /** The value of a directive, as CONFIG GET prints it. */
  setting(name: string): string {
    return textOf(this.#host.config.text(name))
  }

  /**
   * Sends one command over a connection of its own and returns the reply; `null`, numbers, text, lists.
   * @throws Error with the node's words when it answers with an error, or when it is not there
   */
  call(...words: readonly (string | number)[]): Promise<Reply> {
    return this.#connect().call(words)
  }

  /** Never rejects. */
  async describe(): Promise<NodeDescription> {
    if (!this.#running) return {id: null, role: null, state: 'stopped'}
    if (this.#paused) return {id: null, role: null, state: 'paused'}
    try {
      const connection = this.#connect()
      const limitMs = Math.min(LONGEST_DESCRIBE_LIMIT_MS, DESCRIBE_LIMIT_MS + this.faults.latencyMs)
      const role = await connection.call(['ROLE'], limitMs)
      const isReplica = Array.isArray(role) && role[0] === 'slave'
      const isMember = this.setting('cluster-enabled') === 'yes'
      const cluster = isMember ? await askCluster(connection, limitMs) : {id: null, state: 'up'}
      const state = this.stopping === undefined ? cluster.state : 'stopping'
      return {id: cluster.id, role: isReplica ? 'replica' : 'primary', state}
    } catch {
      return {id: null, role: null, state: 'silent'}
    }
  }

  /** For good: as SHUTDOWN, which saves where save points are set. Safe to repeat. */
  async stop(): Promise<void> {
    await this.shutDown()
    NETWORK.forget(this.networkName)
    this.#start.tidy?.()
  }

  /** As SHUTDOWN; `restart` brings it back. A node that writes its first AOF, and would refuse, is given the time to finish. */
  async shutDown(): Promise<void> {
    if (this.#running) {
      this.resume()
      await this.#firstAofWritten()
      await this.#host.stop()
    }
    await this.#host.closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  /** As kill -9: its connections are reset and nothing more is written. */
  async kill(): Promise<void> {
    if (this.#running) await this.#host.kill()
    await this.#host.closed
  }

  /** As SIGSTOP: connections stay open, nothing is answered. */
  pause(): void {
    this.#paused = this.#running
    this.#host.pause()
  }

  /** As SIGCONT. */
  resume(): void {
    this.#paused = false
    this.#host.resume()
  }

  /** Everything that it says and hears takes longer from now on, after a restart, too. @throws RangeError when it is no time */
  slow({latencyMs}: Slowness): void {
    if (!Number.isFinite(latencyMs) || latencyMs < 0) throw new RangeError('latencyMs is a number of at least 0')
    NETWORK.slow(this.networkName, latencyMs)
  }

  /**
   * No packet passes between it and these any more, besides those that it was cut off from before: neither on the bus nor between
   * primary and replica nor for MIGRATE. Connections stay open, as in a network that loses everything. Clients are not concerned.
   */
  partitionFrom(others: readonly EngineNode[]): void {
    NETWORK.separate(
      [this.networkName],
      others.map(({networkName}) => networkName),
    )
  }

  /** It is quick again, and reaches everybody: what did not arrive meanwhile does so now. */
  heal(): void {
    NETWORK.heal([this.networkName])
  }

  /** On the same port, with the same folder, after it was killed or while it runs: then it is shut down first. @throws Error as `start` does */
  async restart(): Promise<void> {
    await this.shutDown()
    // Things have happened since it was born.
    this.#host = await hostOf({...this.#start, bornWhole: false})
    this.#running = true
    this.#watch(this.#host)
  }

  async #firstAofWritten(): Promise<void> {
    const deadlineMs = performance.now() + FIRST_AOF_LIMIT_MS
    while (this.#running && this.#host.isWritingFirstAof && performance.now() < deadlineMs) {
      await sleep(FIRST_AOF_PAUSE_MS)
    }
  }

  get #password(): string {
    return this.setting('requirepass')
  }

  #connect(): NodeConnection {
    if (!this.#running) throw new Error(`the node on ${this.address} does not run`)
    if (this.#connection?.isOpen !== true) {
      this.#connection = new NodeConnection(this.#host.address, this.#host.connect(), this.#password)
    }
    return this.#connection
  }

  #watch(host: NodeHost): void {
    NETWORK.connect(this.networkName, host)
    for (const name of PLACE_DIRECTIVES) host.config.watch(name, () => NETWORK.moved(this.networkName, host))
    void host.closed.then(() => {
      if (this.#host !== host) return
      this.#running = false
      this.#paused = false
      this.#connection?.close()
      this.#connection = undefined
    })
  }
}

function hostOf({settings, directory, log, readConfig, bornWhole = false}: EngineNodeStart): Promise<NodeHost> {
  return startNodeHost({
    settings,
    directory,
    bornWhole,
    network: (address) => NETWORK.faultsOf(formatAddress(address)),
    ...(log !== undefined && {log}),
    ...(readConfig !== undefined && {config: readConfig()}),
  })
}

async function askCluster(connection: NodeConnection, limitMs: number): Promise<{id: string; state: string}> {
  const [id, info] = await Promise.all([
    connection.call(['CLUSTER', 'MYID'], limitMs),
    connection.call(['CLUSTER', 'INFO'], limitMs),
  ])
  return {id: String(id), state: /^cluster_state:(\w+)/m.exec(String(info))?.[1] ?? 'fail'}
}
