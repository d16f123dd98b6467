/** One node as a program holds it: started, asked, paused, killed, started again. */
import {type LogSink} from '../host/log-file.js'
import {type NodeEnd, type NodeHost, startNodeHost} from '../host/node-host.js'
import {formatAddress} from '../../model/address.js'
import {type Config} from '../server/config.js'
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
  /** `ok` or `fail`, of the cluster as this node sees it; `up` without cluster mode; `silent` when it does not answer. */
  readonly state: string
}

/** A node that says nothing for this long is silent. */
const DESCRIBE_LIMIT_MS = 1000

export class EngineNode implements AsyncDisposable {
  readonly #start: EngineNodeStart
  #host: NodeHost
  #connection: NodeConnection | undefined
  #running = true

  private constructor(start: EngineNodeStart, host: NodeHost) {
    this.#start = start
    this.#host = host
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

  /** `redis://127.0.0.1:7000`, with the password where one is required. */
  get url(): string {
    const password = this.#password
    return `redis://${password === '' ? '' : `:${encodeURIComponent(password)}@`}${this.address}`
  }

  /** The folder of its files. */
  get directory(): string {
    return this.#host.directory
  }

  /** Not stopped, not killed, and not ended by a client's SHUTDOWN. A paused node runs. */
  get isRunning(): boolean {
    return this.#running
  }

  /** Settles when it is over, however that came about. After `restart` it is another promise. */
  get ended(): Promise<NodeEnd> {
    return this.#host.closed
  }

  /** The value of a directive, as CONFIG GET prints it. */
  setting(name: string): string {
    return this.#host.config.text(name)
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
    try {
      const connection = this.#connect()
      const role = await connection.call(['ROLE'], DESCRIBE_LIMIT_MS)
      const isReplica = Array.isArray(role) && role[0] === 'slave'
      const cluster = this.setting('cluster-enabled') === 'yes' ? await askCluster(connection) : {id: null, state: 'up'}
      return {...cluster, role: isReplica ? 'replica' : 'primary'}
    } catch {
      return {id: null, role: null, state: 'silent'}
    }
  }

  /** For good: as SHUTDOWN, which saves where save points are set. Safe to repeat. */
  async stop(): Promise<void> {
    await this.#shutDown()
    this.#start.tidy?.()
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
    this.#host.pause()
  }

  /** As SIGCONT. */
  resume(): void {
    this.#host.resume()
  }

  /** On the same port, with the same folder, after it was killed or while it runs: then it is shut down first. @throws Error as `start` does */
  async restart(): Promise<void> {
    await this.#shutDown()
    // Things have happened since it was born.
    this.#host = await hostOf({...this.#start, bornWhole: false})
    this.#running = true
    this.#watch(this.#host)
  }

  get #password(): string {
    return this.setting('requirepass')
  }

  async #shutDown(): Promise<void> {
    if (this.#running) await this.#host.stop()
    await this.#host.closed
  }

  #connect(): NodeConnection {
    if (!this.#running) throw new Error(`the node on ${this.address} does not run`)
    if (this.#connection?.isOpen !== true) this.#connection = new NodeConnection(this.#host.address, this.#password)
    return this.#connection
  }

  #watch(host: NodeHost): void {
    void host.closed.then(() => {
      if (this.#host !== host) return
      this.#running = false
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
    ...(log !== undefined && {log}),
    ...(readConfig !== undefined && {config: readConfig()}),
  })
}

async function askCluster(connection: NodeConnection): Promise<{id: string; state: string}> {
  const [id, info] = await Promise.all([
    connection.call(['CLUSTER', 'MYID'], DESCRIBE_LIMIT_MS),
    connection.call(['CLUSTER', 'INFO'], DESCRIBE_LIMIT_MS),
  ])
  return {id: String(id), state: /^cluster_state:(\w+)/m.exec(String(info))?.[1] ?? 'fail'}
}
