/** One simulated node: a real NodeCore, its sockets, its disk and its clock, which crash and start again as those of a server. */
import {BUS_PORT_OFFSET} from '../../model/address.js'
import {type NodeId} from '../../model/node-id.js'
import {type Birth} from '../cluster/cluster-bus.js'
import {type Commons} from '../cluster/commons.js'
import {CoreHost} from '../core-host.js'
import {assembleNode} from '../node/assemble.js'
import {type NodeCore} from '../node/core.js'
import {type Endpoint, type Ending, type LogLine, type TurnOutput} from '../ports.js'
import {encodeRequest} from '../resp/request-writer.js'
import {type Reply, ReplyParser} from '../resp/reply-parser.js'
import {Config} from '../server/config.js'
import {NO_FIGURES} from '../server/process-figures.js'
import {MeteredCore, type TurnCost} from './metered-core.js'
import {NodeClock} from './node-clock.js'
import {Processor} from './processor.js'
import {derivedRng} from './seeded-rng.js'
import {type Trace} from './trace.js'
import {type VirtualClock} from './virtual-clock.js'
import {VirtualDisk} from './virtual-disk.js'
import {type Machine, type VirtualNetwork} from './virtual-network.js'
import {VirtualSockets} from './virtual-sockets.js'

/** What the nodes of a simulation share. */
export interface SimWorld {
  readonly seed: number
  readonly clock: VirtualClock
  readonly network: VirtualNetwork
  readonly trace: Trace
  readonly turnCost: TurnCost
  readonly commons: Commons
  /** Told at the end of each turn of each node, when it was carried out. */
  readonly onTurn: (node: SimNode, output: TurnOutput) => void
  /** A node has failed by itself, not because of its disk: a bug of the engine. */
  readonly onBug: (error: Error) => void
}

export interface SimNodeOptions {
  readonly index: number
  readonly address: Endpoint
  /** redis.conf directives. */
  readonly config: Readonly<Record<string, string>>
  /** nodes.conf on its disk knows the whole cluster, whose nodes all start now. */
  readonly bornWhole?: Birth
  /** Files that are on its disk already, synced. */
  readonly files?: ReadonlyMap<string, Uint8Array>
}

/** What is there of a node while it runs. */
interface Life {
  readonly core: NodeCore
  readonly host: CoreHost
  readonly sockets: VirtualSockets
  readonly processor: Processor
  readonly clock: NodeClock
}

export type CrashKind =
  /** The process is killed (kill -9): its system closes its connections, and its disk has all that was written. */
  | 'process'
  /** The machine loses power: unsynced bytes are gone, and nobody hears anything of it until it is back. */
  | 'machine'

const SIMULATED_PROCESS_ID = 1

export class SimNode {
  readonly index: number
  readonly address: Endpoint
  readonly disk = new VirtualDisk()
  readonly machine: Machine
  readonly #world: SimWorld
  readonly #settings: Readonly<Record<string, string>>
  #life: Life | undefined
  #starts = 0
  #ppm = 0
  #jumpedMs = 0
  #isPaused = false
  #listensAt: Endpoint | undefined
  #lastLocal = 0
  /** What it believes that its process uses: for running out of memory (maxmemory). */
  usedMemoryBytes = 0

  /** @throws Error when a directive is wrong or its files cannot be used */
  constructor(world: SimWorld, options: SimNodeOptions) {
    this.#world = world
    this.index = options.index
    this.address = options.address
    this.#settings = options.config
    this.machine = world.network.addMachine(
      options.address.host,
      () => this.#life?.processor.freeAtMs ?? world.clock.nowMs,
    )
    for (const [name, bytes] of options.files ?? []) this.disk.replace(name, bytes)
    this.#start(options.bornWhole ?? false)
  }

  /** `host:port`: how the trace names it. */
  get name(): string {
    return `${this.address.host}:${this.address.port}`
  }

  get isRunning(): boolean {
    return this.#life !== undefined
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  /** Undefined while it does not run, and without cluster mode. */
  get id(): NodeId | undefined {
    return this.#life?.core.server.cluster?.myId
  }

  /** For checkers, which only read it. @throws Error when it does not run */
  get core(): NodeCore {
    return this.#alive().core
  }

  /** What its own clock shows, unix ms. */
  get nowMs(): number {
    return this.#life?.clock.nowMs() ?? this.#world.clock.nowMs
  }

  /**
   * Asks it without a connection, and without waiting for its turn: for looking at it, also while it is paused.
   * @returns undefined when it does not answer at once, because it blocks
   * @throws Error when it does not run
   */
  call(...words: readonly (string | number)[]): Reply | undefined {
    const {host, core, sockets} = this.#alive()
    const parser = new ReplyParser()
    host.turn(() => {
      this.#lastLocal = sockets.openLocal((bytes) => parser.feed(Buffer.from(bytes, 'latin1')))
      core.clientBytes(this.#lastLocal, Buffer.from(encodeRequest(words.map(String)), 'latin1'))
    })
    if (this.#life !== undefined) host.turn(() => core.clientClosed(this.#lastLocal))
    return parser.next()
  }

  /** It is gone, without a last word. */
  crash(kind: CrashKind = 'machine'): void {
    if (this.#life === undefined) return
    this.#note(kind === 'machine' ? 'loses power' : 'is killed')
    this.#end(kind)
  }

  /**
   * Starts again with what its disk holds; a node that runs is killed first.
   * @throws Error when its files cannot be used
   */
  restart(): void {
    this.crash('process')
    this.#start(false)
  }

  /** As SIGSTOP. */
  pause(): void {
    if (this.#life === undefined || this.#isPaused) return
    this.#note('is stopped')
    this.#isPaused = true
    this.#life.host.pause()
  }

  /** As SIGCONT. */
  resume(): void {
    if (!this.#isPaused) return
    this.#note('goes on')
    this.#isPaused = false
    this.#life?.host.resume()
  }

  /** As SIGTERM: it saves where it is configured, and ends. */
  shutDown(): void {
    const {host, core} = this.#alive()
    host.turn(() => core.shutDown())
  }

  /** Its clock gains so many microseconds a second; negative: it loses them. */
  drift(ppm: number): void {
    this.#ppm = ppm
    this.#life?.clock.drift(ppm)
  }

  /** Its clock is set forward, or back. */
  jump(ms: number): void {
    this.#jumpedMs += ms
    this.#life?.clock.jump(ms)
  }

  /** It does nothing for so long, as a process that swaps, or runs a slow command. */
  occupy(ms: number): void {
    this.#life?.processor.occupy(ms)
  }

  /** All its connections break: of what is under way a part arrives, or nothing. */
  cutConnections(which: 'all' | 'clients' = 'all'): void {
    const sockets = this.#life?.sockets
    if (sockets === undefined) return
    for (const wire of which === 'all' ? sockets.wires : sockets.clientWires) this.#world.network.break(wire)
  }

  #start(bornWhole: Birth): void {
    const {clock, network, seed, turnCost, commons} = this.#world
    this.#starts++
    const rng = derivedRng(seed, 'node', this.index, this.#starts)
    const processor = new Processor(clock)
    const nodeClock = new NodeClock(clock, processor, rng, this.#ppm)
    nodeClock.jump(this.#jumpedMs)
    const sockets = new VirtualSockets({network, machine: this.machine, processor, packets: commons.packets})
    const config = this.#makeConfig()
    const core = assembleNode({
      ...{
        config,
        rng,
        bornWhole,
        commons,
        stopwatch: () => 0,
        processId: SIMULATED_PROCESS_ID,
        nowMs: nodeClock.nowMs(),
      },
      readFile: (name) => this.disk.read(name),
      figures: () => ({...NO_FIGURES, usedMemoryBytes: this.usedMemoryBytes}),
    })
    const host = new CoreHost({
      core: new MeteredCore(core, turnCost, (costMs) => processor.occupy(costMs)),
      clock: nodeClock,
      storage: this.disk,
      log: (line) => this.#log(line),
      onEnd: (ending, error) => this.#ended(ending, error),
      afterTurn: (output) => this.#world.onTurn(this, output),
    })
    sockets.tell(host)
    this.#life = {core, host, sockets, processor, clock: nodeClock}
    this.#run(this.#life)
  }

  #run({core, host, sockets, processor}: Life): void {
    this.disk.attach({
      occupy: (ms) => processor.occupy(ms),
      after: (ms, run) => void this.#world.clock.schedule(ms, run),
      note: (tell) => processor.run(() => host.note(tell)),
    })
    const booted = core.boot(this.disk)
    for (const line of core.server.logs.splice(0)) this.#log(line)
    if (!booted.ok) {
      this.#end('process')
      throw new Error(`${this.name} cannot start: ${booted.error}`)
    }
    this.#note(`starts${this.id === undefined ? '' : ` as ${this.id}`}`)
    this.machine.isUp = true
    this.#listen()
    core.server.config.applyChanges(['port'], () => this.#listen())
    host.run(sockets)
  }

  #makeConfig(): Config {
    const config = new Config()
    const {host, port} = this.address
    const settings = {port: String(port), bind: host, 'protected-mode': 'no', save: '', ...this.#settings}
    for (const [name, value] of Object.entries(settings)) {
      const wrong = config.assign(name, value)
      if (wrong !== undefined) throw new Error(`The directive "${name} ${value}" cannot be used: ${wrong}`)
    }
    return config
  }

  /** @returns undefined: any port can be had */
  #listen(): undefined {
    const {network} = this.#world
    const {core, sockets} = this.#alive()
    const {host} = this.address
    this.#unlisten()
    this.#listensAt = {host, port: core.server.config.number('port')}
    network.listen(this.#listensAt, sockets.clientDoor)
    if (core.server.clusterEnabled) network.listen(this.#busAddress, sockets.busDoor)
  }

  #unlisten(): void {
    const {network} = this.#world
    if (this.#listensAt !== undefined) network.unlisten(this.#listensAt)
    network.unlisten(this.#busAddress)
  }

  /** The bus port stays where it was at the start. */
  get #busAddress(): Endpoint {
    return {host: this.address.host, port: this.address.port + BUS_PORT_OFFSET}
  }

  #ended(ending: Ending, error: Error | undefined): void {
    const {hasFailed} = this.disk
    this.#note(`ends: ${error?.message ?? ending}`)
    this.#end('process')
    if (error !== undefined && !hasFailed) this.#world.onBug(error)
  }

  #end(kind: CrashKind): void {
    const life = this.#life
    if (life === undefined) return
    this.#life = undefined
    this.#isPaused = false
    this.#unlisten()
    life.host.end()
    life.processor.end()
    life.sockets.destroy(kind === 'machine')
    if (kind === 'process') this.disk.attach(undefined)
    else {
      this.machine.isUp = false
      this.disk.crash(derivedRng(this.#world.seed, 'disk', this.index, this.#starts))
    }
  }

  #alive(): Life {
    if (this.#life === undefined) throw new Error(`${this.name} does not run`)
    return this.#life
  }

  #log({level, text}: LogLine): void {
    if (level === 'notice' || level === 'warning') this.#note(`${level === 'warning' ? '#' : '*'} ${text}`)
  }

  #note(what: string): void {
    this.#world.trace.note(this.#world.clock.nowMs, this.name, what)
  }
}
