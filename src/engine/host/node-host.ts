/** One node on real sockets, with a real folder: what `engine start`, `tscluster-server` and the library start. */
import net from 'node:net'
import path from 'node:path'
import {type Clock, type CrashSignal, type Ending, type Endpoint, type LogLevel, type Rng} from '../ports.js'
import {assembleNode} from '../node/assemble.js'
import {Config} from '../server/config.js'
import {type PendingShutdown} from '../server/shutdown.js'
import {CoreHost} from '../core-host.js'
import {FileStorage} from './file-storage.js'
import {LogFile, type LogRole, type LogSink, sinkOf} from './log-file.js'
import {FaultyNetwork, type KnownReplica, type NetworkFaults} from './network-faults.js'
import {Syslog} from './syslog.js'
import {SystemClock, systemStopwatch} from './system-clock.js'
import {systemFigures} from './system-figures.js'
import {SystemRng} from './system-rng.js'
import {lockNodesConf, nodesConfInUse, type NodesConfLock} from './nodes-conf-lock.js'
import {ListenError, listenWarning} from './listener.js'
import {addressOf, busPortOf, clientPortsOf, listenOptionsOf} from './node-address.js'
import {TcpTransport} from './tcp-transport.js'
import {bytesOf, textOf} from './utf8.js'
import {TlsError} from './tls-material.js'
import {TLS_RULES} from './tls-sockets.js'

export interface NodeHostOptions {
  /** redis.conf directives, a later one over an earlier one: `[['port', '7000'], ['cluster-enabled', 'yes']]`. */
  readonly settings: Iterable<readonly [name: string, value: string]>
  /** A configuration that was read already, from a file: `settings` win over it. */
  readonly config?: Config
  /** The node's folder; made if it is not there. */
  readonly directory: string
  /** Where log lines go. Default: the `logfile` directive, else standard output. */
  readonly log?: LogSink
  readonly clock?: Clock
  readonly rng?: Rng
  /**
   * Its nodes.conf was written for this start and knows the whole cluster, whose nodes all start now: a primary then need not wait
   * to be told what happened while it was away (Redis: 2 s), and accepts writes at once.
   */
  readonly bornWhole?: boolean
  /** What is wrong with its network from the first moment on. Default: nothing. */
  readonly network?: (address: Endpoint) => NetworkFaults
}

/** How a node ended. */
export interface NodeEnd {
  /** `shutdown`: as SHUTDOWN or `stop()` ask; `crash`: DEBUG SEGFAULT, or it could not go on; `killed`: by `kill()`. */
  readonly how: Ending | 'killed'
  /** Why it could not go on. */
  readonly error?: Error
  /** It crashed on demand: what a server of its own would die by. */
  readonly signal?: CrashSignal
}

export interface NodeHost {
  /** Where it is reached now: CONFIG SET can move it. */
  readonly address: Endpoint
  /** Undefined without `cluster-enabled`. */
  readonly busPort: number | undefined
  /** How it is called in its log at this moment. */
  readonly logRole: LogRole
  /** The folder that it works in now: CONFIG SET can change it. */
  readonly directory: string
  readonly config: Config
  /** Settles when the node is over and its ports and files are free again, however that came about. Never rejects. */
  readonly closed: Promise<NodeEnd>
  /** It was asked to stop, and waits for replicas first. */
  readonly pendingShutdown: PendingShutdown | undefined
  /**
   * As SIGTERM: saves where it is configured, lets the last replies leave, and closes.
   * @throws Error when it could not save, or somebody has called it off: then it runs on
   */
  stop(): Promise<NodeEnd>
  /** As kill -9: nothing more is written, neither to sockets nor to files. */
  kill(): Promise<NodeEnd>
  /** Where other nodes call it, on the bus and otherwise, its announced addresses included. */
  readonly endpoints: readonly Endpoint[]
  /** A connection to it, with its own certificate where it speaks only TLS. It can be written to at once. */
  connect(): net.Socket
  /** What is wrong with its network from now on. */
  setNetwork(faults: NetworkFaults): void
  /** As SIGSTOP: connections stay open, nothing is read or answered. */
  pause(): void
  /** As SIGCONT. */
  resume(): void
}

const HIGHEST_PORT = 65_535
const PORT_TOO_HIGH =
  'Redis port number too high. Cluster communication port is 10,000 port numbers higher than your Redis port. Your Redis port number must be 55535 or less.'

/**
 * Starts a node; when the promise is kept, it accepts connections. Nodes of one process share nothing.
 * @throws ListenError when a port cannot be had, Error when a directive is wrong or the folder cannot be used: one line each
 */
export async function startNodeHost(options: NodeHostOptions): Promise<NodeHost> {
  const host = new RunningNode(options, makeConfig(options))
  await host.start()
  return host
}

function makeConfig({settings, config = new Config()}: NodeHostOptions): Config {
  for (const [name, value] of settings) {
    const wrong = config.assign(name, bytesOf(value))
    if (wrong !== undefined) throw new Error(`The directive "${name} ${value}" cannot be used: ${wrong}`)
  }
  return config
}

class RunningNode implements NodeHost {
  readonly busPort: number | undefined
  readonly config: Config
  readonly closed: Promise<NodeEnd>
  readonly #settle: (end: NodeEnd) => void
  readonly #clock: Clock
  readonly #storage: FileStorage
  readonly #log: LogFile
  readonly #core: ReturnType<typeof assembleNode>
  readonly #host: CoreHost
  readonly #transport: TcpTransport
  readonly #network: FaultyNetwork
  #nodesConf: NodesConfLock | undefined
  #isEnding = false

  constructor(options: NodeHostOptions, config: Config) {
    const {directory, log, clock = new SystemClock(), rng = new SystemRng(), bornWhole = false} = options
    this.config = config
    this.#clock = clock
    this.#storage = new FileStorage(directory)
    config.assign('dir', bytesOf(this.directory))
    this.busPort = config.flag('cluster-enabled') ? busPortOf(config) : undefined
    this.#log = new LogFile(log ?? sinkOf(config, this.directory), process.pid)
    this.#log.syslog = this.#openSyslog(config)
    config.watch('loglevel', (level) => (this.#log.level = level as LogFile['level']))
    const nowMs = clock.nowMs()
    const readFile = (name: string): Uint8Array | null => this.#storage.read(name)
    const processId = process.pid
    this.#core = assembleNode({
      ...{config, rng, stopwatch: systemStopwatch, processId, nowMs},
      ...{readFile, bornWhole, figures: systemFigures},
    })
    this.#host = new CoreHost({
      core: this.#core,
      clock,
      storage: this.#storage,
      log: (line, atMs) => this.#log.write(line, this.logRole, atMs),
      onEnd: (how, error) => void this.#end(this.#endOf(how, error)),
    })
    this.#storage.inTurn = (tell) => this.#host.note(tell)
    this.#transport = this.#makeTransport(config)
    this.#network = new FaultyNetwork(this.#transport, this.#host, clock, () => this.#replicas)
    if (options.network !== undefined) this.#network.set(options.network(this.address))
    let settle: (end: NodeEnd) => void = () => undefined
    this.closed = new Promise((resolve) => (settle = resolve))
    this.#settle = settle
  }

  async start(): Promise<void> {
    const {config} = this
    await this.#takeNodesConf()
    try {
      if (this.busPort !== undefined && this.busPort > HIGHEST_PORT) throw new Error(PORT_TOO_HIGH)
      this.#loadTls()
      await this.#transport.listen(listenOptionsOf(config, this.busPort, this.directory))
    } catch (error) {
      this.#nodesConf?.release()
      void this.#storage.close()
      throw error
    }
    this.#refuseSharedNodesConf()
    this.#tell()
    this.#note('Server initialized', 'warning')
    this.#load()
    this.#tell()
    this.#host.run(this.#transport)
    this.#note('Ready to accept connections', 'notice')
  }

  stop(): Promise<NodeEnd> {
    this.resume()
    const calledOff = new Promise<never>((_, reject) => {
      this.#core.server.shutdown.onCalledOff = () => reject(new Error(SHUTDOWN_FAILED))
    })
    this.#host.turn(() => this.#core.shutDown())
    return Promise.race([this.closed, calledOff])
  }

  kill(): Promise<NodeEnd> {
    void this.#end({how: 'killed'})
    return this.closed
  }

  get address(): Endpoint {
    return addressOf(this.config)
  }

  get logRole(): LogRole {
    return this.#core.server.isReplica ? 'S' : 'M'
  }

  get directory(): string {
    return this.#storage.directory
  }

  get pendingShutdown(): PendingShutdown | undefined {
    return this.#core.server.shutdown.pending
  }

  get endpoints(): readonly Endpoint[] {
    return endpointsOf(this.config, this.address, this.busPort)
  }

  connect(): net.Socket {
    const {host, port, isSecure} = this.address
    return isSecure === true ? this.#transport.tls.dial(this.address, '') : net.connect({host, port, noDelay: true})
  }

  setNetwork(faults: NetworkFaults): void {
    if (!this.#isEnding) this.#network.set(faults)
  }

  pause(): void {
    this.#host.pause()
  }

  resume(): void {
    this.#host.resume()
  }

  /** @throws Error in the words of a real server's log */
  #loadTls(): void {
    try {
      this.#transport.tls.load()
    } catch (error) {
      if (error instanceof TlsError) this.#note(error.message, 'warning')
      throw new Error('Failed to configure TLS. Check logs for more info.', {cause: error})
    }
  }

  #openSyslog(config: Config): Syslog | undefined {
    if (!config.flag('syslog-enabled')) return undefined
    return new Syslog({
      ident: config.text('syslog-ident'),
      facility: config.text('syslog-facility'),
      processId: process.pid,
      onFailure: (why) => this.#note(`Nothing goes to syslog: the program logger cannot be used (${why})`, 'warning'),
    })
  }

  #makeTransport(config: Config): TcpTransport {
    const log = (level: LogLevel, text: string): void => this.#log.write({level, text}, 'M', this.#clock.nowMs())
    const storage = this.#storage
    const whereNow = {
      get directory(): string {
        return storage.directory
      },
    }
    const transport = new TcpTransport(this.#host, Object.assign(whereNow, {config, log}), (error) =>
      log('warning', listenWarning(error)),
    )
    config.watch('bind-source-addr', (address) => transport.callFrom(address))
    config.watch('tcp-keepalive', (seconds) => (transport.keepAliveSeconds = Number(seconds)))
    config.watch('tls-cluster', (isSecure) => (transport.isBusSecure = isSecure === 'yes'))
    config.applyChanges(TLS_RULES, () => transport.tls.reload())
    config.applyChanges(['port', 'tls-port'], () => this.#movePorts(transport, PORT_REFUSED))
    config.applyChanges(['bind'], () => this.#movePorts(transport, BIND_REFUSED))
    config.applyChanges(['dir'], () => this.#enter(textOf(config.text('dir'))))
    return transport
  }

  get #replicas(): KnownReplica[] {
    return [...this.#core.server.replication.replicas.all].map(({output, host, listeningPort}) => {
      return {connection: output.clientId, at: {host, port: listeningPort}}
    })
  }

  /** @returns what CONFIG SET is answered with when it cannot be; the log says more */
  #movePorts(transport: TcpTransport, refusal: string): string | undefined {
    try {
      transport.moveClientPorts(clientPortsOf(this.config))
      return undefined
    } catch (error) {
      if (!(error instanceof ListenError)) throw error
      this.#note(listenWarning(error), 'warning')
      if (refusal === BIND_REFUSED) this.#note('Failed to bind', 'warning')
      return refusal
    }
  }

  /** @returns the system's words when that cannot be */
  #enter(directory: string): string | undefined {
    const refusal = this.#storage.enter(directory)
    this.config.assign('dir', bytesOf(this.directory))
    return refusal
  }

  #endOf(how: Ending, error: Error | undefined): NodeEnd {
    if (error !== undefined) return {how, error}
    const {crashSignal} = this.#core.server
    return how === 'crash' && crashSignal !== undefined ? {how, signal: crashSignal} : {how}
  }

  /** @throws Error in the words of a real server's log, when the files of its folder cannot be used */
  #load(): void {
    const booted = this.#core.boot(this.#storage)
    if (booted.ok) return
    this.#tell()
    this.#giveUp(booted.error)
  }

  async #takeNodesConf(): Promise<void> {
    if (this.busPort === undefined) return
    this.#nodesConf = await lockNodesConf(path.resolve(this.directory, this.config.text('cluster-config-file')))
  }

  /** A port that is taken is the better explanation, so this is looked at afterwards. @throws Error in Redis' words */
  #refuseSharedNodesConf(): void {
    if (this.busPort === undefined || this.#nodesConf !== undefined) return
    this.#giveUp(nodesConfInUse(this.config.text('cluster-config-file')))
  }

  #giveUp(why: string): never {
    this.#transport.destroy()
    this.#nodesConf?.release()
    void this.#storage.close()
    throw new Error(why)
  }

  /** What was logged before the first turn. */
  #tell(): void {
    const {logs} = this.#core.server
    for (const line of logs.splice(0)) this.#log.write(line, 'M', this.#clock.nowMs())
  }

  async #end(end: NodeEnd): Promise<void> {
    if (this.#isEnding) return
    this.#isEnding = true
    this.#host.end()
    if (end.how === 'shutdown') {
      this.#network.finish()
      await this.#transport.close()
    } else {
      this.#network.destroy()
      this.#transport.destroy()
    }
    await this.#storage.close(end.how !== 'shutdown')
    this.#nodesConf?.release()
    this.#log.syslog?.close()
    this.#settle(end)
  }

  #note(text: string, level: 'notice' | 'warning'): void {
    this.#log.write({level, text}, 'M', this.#clock.nowMs())
  }
}

const SHUTDOWN_FAILED = 'it could not be shut down and runs on; its log says why'
const PORT_REFUSED = 'Unable to listen on this port. Check server logs.'
const BIND_REFUSED = 'Failed to bind to specified addresses.'

const ANNOUNCED_PORTS = ['tls-port', 'cluster-announce-port', 'cluster-announce-tls-port', 'cluster-announce-bus-port']

function endpointsOf(config: Config, {host, port}: Endpoint, busPort: number | undefined): Endpoint[] {
  const announced = config.text('cluster-announce-ip')
  const hosts = announced === '' ? [host] : [host, announced]
  return [port, busPort ?? 0, ...ANNOUNCED_PORTS.map((name) => config.number(name))]
    .filter((each) => each > 0)
    .flatMap((each) => hosts.map((name) => ({host: name, port: each})))
}
