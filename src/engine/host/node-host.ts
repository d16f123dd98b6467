/** One node on real sockets, with a real folder: what `engine start`, `tscluster-server` and the library start. */
import path from 'node:path'
import {type Clock, type Ending, type Endpoint, type Rng} from '../ports.js'
import {assembleNode} from '../node/assemble.js'
import {Config} from '../server/config.js'
import {CoreHost} from './core-host.js'
import {FileStorage} from './file-storage.js'
import {LogFile, type LogSink, fileSink, stdoutSink} from './log-file.js'
import {SystemClock, systemStopwatch} from './system-clock.js'
import {systemFigures} from './system-figures.js'
import {SystemRng} from './system-rng.js'
import {TcpTransport} from './tcp-transport.js'

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
}

/** How a node ended. */
export interface NodeEnd {
  /** `shutdown`: as SHUTDOWN or `stop()` ask; `crash`: DEBUG SEGFAULT, or it could not go on; `killed`: by `kill()`. */
  readonly how: Ending | 'killed'
  /** Why it could not go on. */
  readonly error?: Error
}

export interface NodeHost {
  readonly address: Endpoint
  /** Undefined without `cluster-enabled`. */
  readonly busPort: number | undefined
  readonly directory: string
  readonly config: Config
  /** Settles when the node is over and its ports and files are free again, however that came about. Never rejects. */
  readonly closed: Promise<NodeEnd>
  /** As SIGTERM: saves where it is configured, lets the last replies leave, and closes. */
  stop(): Promise<NodeEnd>
  /** As kill -9: nothing more is written, neither to sockets nor to files. */
  kill(): Promise<NodeEnd>
  /** As SIGSTOP: connections stay open, nothing is read or answered. */
  pause(): void
  /** As SIGCONT. */
  resume(): void
}

/** A bus port is this much above its client port. */
const BUS_PORT_OFFSET = 10_000

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
    const wrong = config.assign(name, value)
    if (wrong !== undefined) throw new Error(`The directive "${name} ${value}" cannot be used: ${wrong}`)
  }
  return config
}

class RunningNode implements NodeHost {
  readonly address: Endpoint
  readonly busPort: number | undefined
  readonly directory: string
  readonly config: Config
  readonly closed: Promise<NodeEnd>
  readonly #settle: (end: NodeEnd) => void
  readonly #clock: Clock
  readonly #storage: FileStorage
  readonly #log: LogFile
  readonly #core: ReturnType<typeof assembleNode>
  readonly #host: CoreHost
  readonly #transport: TcpTransport
  #isEnding = false

  constructor(options: NodeHostOptions, config: Config) {
    const {directory, log, clock = new SystemClock(), rng = new SystemRng(), bornWhole = false} = options
    this.config = config
    this.#clock = clock
    this.#storage = new FileStorage(directory)
    this.directory = this.#storage.directory
    this.address = {host: addressOf(config.text('bind')), port: config.number('port')}
    this.busPort = config.flag('cluster-enabled') ? busPortOf(config) : undefined
    this.#log = new LogFile(log ?? sinkOf(config, this.directory), process.pid)
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
      log: (line, atMs) => this.#log.write(line, this.#core.server.isReplica ? 'S' : 'M', atMs),
      onEnd: (how, error) => void this.#end(error === undefined ? {how} : {how, error}),
    })
    this.#transport = new TcpTransport(this.#host)
    config.watch('bind-source-addr', (address) => this.#transport.callFrom(address))
    let settle: (end: NodeEnd) => void = () => undefined
    this.closed = new Promise((resolve) => (settle = resolve))
    this.#settle = settle
  }

  async start(): Promise<void> {
    const {config} = this
    const [bind, port, backlog] = [config.text('bind'), config.number('port'), config.number('tcp-backlog') || 511]
    try {
      await this.#transport.listen({bind, port, busPort: this.busPort, backlog})
    } catch (error) {
      this.#storage.close()
      throw error
    }
    this.#tell()
    this.#note('Server initialized', 'warning')
    this.#load()
    this.#tell()
    this.#host.run(this.#transport)
    this.#note('Ready to accept connections', 'notice')
  }

  stop(): Promise<NodeEnd> {
    this.resume()
    this.#host.turn(() => this.#core.shutDown())
    return this.closed
  }

  kill(): Promise<NodeEnd> {
    void this.#end({how: 'killed'})
    return this.closed
  }

  pause(): void {
    this.#host.pause()
  }

  resume(): void {
    this.#host.resume()
  }

  /** @throws Error in the words of a real server's log, when the files of its folder cannot be used */
  #load(): void {
    const unusable = this.#core.server.cluster?.loadError
    const booted =
      unusable === undefined
        ? this.#core.boot(this.#storage)
        : {ok: false as const, error: `Unrecoverable error: corrupted cluster config file (${unusable}).`}
    if (booted.ok) return
    this.#tell()
    this.#transport.destroy()
    this.#storage.close()
    throw new Error(booted.error)
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
    if (end.how === 'shutdown') await this.#transport.close()
    else this.#transport.destroy()
    this.#storage.close()
    this.#settle(end)
  }

  #note(text: string, level: 'notice' | 'warning'): void {
    this.#log.write({level, text}, 'M', this.#clock.nowMs())
  }
}

function sinkOf(config: Config, directory: string): LogSink {
  const file = config.text('logfile')
  return file === '' ? stdoutSink : fileSink(path.resolve(directory, file))
}

function busPortOf(config: Config): number {
  return config.number('cluster-port') || config.number('port') + BUS_PORT_OFFSET
}

/** Where somebody on this machine reaches the node. */
function addressOf(bind: string): string {
  const [first = '*'] = bind.split(/\s+/).map((word) => word.replace(/^-/, ''))
  if (first === '*' || first === '0.0.0.0' || first === '') return '127.0.0.1'
  return first === '::*' || first === '::' ? '::1' : first
}
