/** One node: takes the inputs of a turn, runs what they ask for, and hands back what must leave. */
import {
  type Bytes,
  type ConnectionId,
  type Core,
  type Endpoint,
  type LinkId,
  type Rng,
  type Stopwatch,
  type Storage,
  type TurnOutput,
} from '../ports.js'
import {type Birth} from '../cluster/cluster-bus.js'
import {type Commons} from '../cluster/commons.js'
import {Client} from '../server/client.js'
import {type Config} from '../server/config.js'
import {type LinkOwner} from '../server/links.js'
import {type ReadProcessFigures} from '../server/process-figures.js'
import {Server} from '../server/server.js'
import {bootNode, type BootResult} from './boot.js'
import {type Dispatcher} from './dispatch.js'

/** A part of the node that lives with its turns: cluster, replication, expiry, persistence… */
export interface NodePart {
  /** A turn has begun. */
  turnBegan?(nowMs: number): void
  /** Every 100 ms. */
  tick?(nowMs: number): void
  /** At the end of each turn, before its output is handed over; parts run in the order in which they were added. */
  beforeSleep?(nowMs: number): void
  /** The very last of a turn: no command runs after it, so what was executed can be handed to replicas and to the disk. */
  flush?(): void
  /** When this part wants a turn though nothing happens, unix ms. */
  nextWakeMs?(): number
  clientClosed?(client: Client): void
  /** The host accepted a connection on the bus port: the first part that returns an owner has it. */
  acceptLink?(link: LinkId, peer: Endpoint, local: Endpoint): LinkOwner | undefined
}

export interface NodeCoreOptions {
  /** What the process uses: INFO, maxmemory. */
  readonly figures?: ReadProcessFigures
  readonly config: Config
  readonly rng: Rng
  readonly stopwatch: Stopwatch
  readonly processId: number
  readonly nowMs: number
  /** Reads a file of the node's folder, before its first turn; without it the node starts with nothing. */
  readonly readFile?: (name: string) => Uint8Array | null
  /** Cluster mode: nodes.conf was written for this start of all its nodes, so a primary need not hold back writes. */
  readonly bornWhole?: Birth
  /** Cluster mode: what nodes of one process share. */
  readonly commons?: Commons
}

export class NodeCore implements Core {
  readonly server: Server
  readonly #dispatcher: Dispatcher
  readonly #parts: NodePart[] = []
  readonly #argv: Bytes[] = []
  readonly #output: TurnOutput
  /** While the node sleeps: nothing leaves, and what comes waits. */
  readonly #silence: TurnOutput = {
    ...{files: [], links: [], writable: [], logs: []},
    ...{wakeAtMs: Infinity, asleepUntilMs: 0, holdsClients: false, ending: undefined},
  }
  #deferred: (() => void)[] = []

  constructor(
    options: NodeCoreOptions,
    assemble: (server: Server) => {dispatcher: Dispatcher; parts: readonly NodePart[]},
  ) {
    this.server = new Server(options)
    const {dispatcher, parts} = assemble(this.server)
    this.#dispatcher = dispatcher
    this.#parts.push(...parts)
    const {files, links, writable, logs} = {...this.server, links: this.server.links.effects}
    this.#output = {
      files,
      links,
      writable,
      logs,
      wakeAtMs: Infinity,
      asleepUntilMs: 0,
      holdsClients: false,
      ending: undefined,
    }
  }

  /** Loads what is in the node's folder. To be called once, before the first turn. */
  boot(storage: Storage): BootResult {
    return bootNode({server: this.server, storage, run: (client, argv) => this.#dispatcher.run(client, argv)})
  }

  beginTurn(nowMs: number): void {
    const {server} = this
    if (server.asleepUntilMs > nowMs) {
      server.standstill.nowMs = nowMs
      this.#dispatcher.beginRun()
      return
    }
    if (server.asleepUntilMs > 0) {
      this.#passTime(nowMs)
      this.#wakeUp()
      return
    }
    this.#output.files.length = 0
    this.#output.links.length = 0
    this.#output.logs.length = 0
    for (const client of server.writable) client.queuedForWriting = false
    server.writable.length = 0
    this.#passTime(nowMs)
  }

  clientOpened(id: ConnectionId, peer: Endpoint, local: Endpoint): void {
    const {server} = this
    if (server.asleepUntilMs > 0) return this.#defer(() => this.clientOpened(id, peer, local))
    const client = new Client(id, peer, local, server.databases[0]!, server.nowMs)
    server.access.greet(client)
    server.stats.totalConnections++
    const isFull = server.clients.size >= server.config.number('maxclients')
    const refusal = isFull ? 'ERR max number of clients reached' : server.access.refusalOf(peer)
    if (refusal !== undefined) {
      server.stats.rejectedConnections++
      client.output.error(refusal)
      client.closing = 'after-output'
      server.queueForWriting(client)
      return
    }
    server.clients.set(id, client)
  }

  clientBytes(id: ConnectionId, chunk: Uint8Array): void {
    if (this.server.asleepUntilMs > 0) {
      const kept = new Uint8Array(chunk)
      return this.#defer(() => this.clientBytes(id, kept))
    }
    const client = this.server.clients.get(id)
    if (client === undefined || client.closing !== 'no') return
    this.server.stats.netInputBytes += chunk.length
    // A replica that loads its dump says no more than a line end now and then.
    if (client.kind === 'replica') client.lastActiveMs = this.server.nowMs
    client.parser.feed(chunk)
    this.#readRequests(client)
    client.parser.keepRest()
    this.server.stats.readsProcessed++
    if (client.parser.pendingBytes > this.server.queryBufferBytes) this.server.dropGreedy(client)
  }

  clientDrained(id: ConnectionId, pendingBytes: number): void {
    const client = this.server.clients.get(id)
    if (client !== undefined) client.unsentBytes = pendingBytes
  }

  clientClosed(id: ConnectionId): void {
    if (this.server.asleepUntilMs > 0) return this.#defer(() => this.clientClosed(id))
    const client = this.server.clients.get(id)
    if (client === undefined) return
    this.server.clients.delete(id)
    this.server.forgetClient(client)
    for (const part of this.#parts) part.clientClosed?.(client)
  }

  linkOpened(id: LinkId, peer: Endpoint, local: Endpoint): void {
    if (this.#isDeafTo(id)) return this.#defer(() => this.linkOpened(id, peer, local))
    this.server.links.opened(id, peer, local)
  }

  linkAccepted(id: LinkId, peer: Endpoint, local: Endpoint): void {
    if (this.server.asleepUntilMs > 0) return this.#defer(() => this.linkAccepted(id, peer, local))
    for (const part of this.#parts) {
      const owner = part.acceptLink?.(id, peer, local)
      if (owner === undefined) continue
      this.server.links.adopt(id, owner)
      return
    }
    this.#output.links.push({kind: 'hang-up', link: id})
  }

  linkBytes(id: LinkId, chunk: Uint8Array): void {
    if (this.#isDeafTo(id)) {
      const kept = new Uint8Array(chunk)
      return this.#defer(() => this.linkBytes(id, kept))
    }
    this.server.links.bytes(id, chunk)
  }

  linkDrained(id: LinkId, pendingBytes: number): void {
    this.server.links.drained(id, pendingBytes)
  }

  linkClosed(id: LinkId, reason: string): void {
    if (this.#isDeafTo(id)) return this.#defer(() => this.linkClosed(id, reason))
    this.server.links.closed(id, reason)
  }

  tick(): void {
    if (this.server.asleepUntilMs > 0) return
    for (const part of this.#parts) part.tick?.(this.server.nowMs)
  }

  endTurn(): TurnOutput {
    const {server} = this
    const output = this.#output
    if (server.asleepUntilMs > 0) {
      const {standstill} = server
      standstill.timeOut()
      if (server.asleepUntilMs > server.nowMs) return this.#asleep()
      if (standstill.nowMs > server.nowMs) this.#passTime(standstill.nowMs)
      this.#wakeUp()
    }
    server.blocking.timeOut(server.nowMs)
    this.#resumeUnblocked()
    for (const part of this.#parts) part.beforeSleep?.(server.nowMs)
    this.#resumeUnblocked()
    for (const part of this.#parts) part.flush?.()
    output.wakeAtMs = server.blocking.nextTimeoutMs
    for (const part of this.#parts) output.wakeAtMs = Math.min(output.wakeAtMs, part.nextWakeMs?.() ?? Infinity)
    output.ending = server.ending
    return output
  }

  /** As SIGTERM asks: SHUTDOWN without a client. */
  shutDown(): void {
    if (this.server.asleepUntilMs > 0) return this.#defer(() => this.shutDown())
    this.server.shutdown.begin({save: 'as-configured', isNow: false, isForced: false})
  }

  /** DEBUG SLEEP: the whole process would stand still; so nothing is heard or said, and time does not pass inside. */
  #asleep(): TurnOutput {
    const {asleepUntilMs, standstill} = this.server
    const silence = this.#silence
    silence.holdsClients = standstill.isOn
    silence.asleepUntilMs = standstill.isOn ? 0 : asleepUntilMs
    silence.wakeAtMs = standstill.isOn ? standstill.deadlineMs : asleepUntilMs
    silence.links.splice(0, silence.links.length, ...standstill.takeEffects())
    return silence
  }

  /** While it is asleep all but the link that a transaction waits for. */
  #isDeafTo(link: LinkId): boolean {
    return this.server.asleepUntilMs > 0 && !this.server.standstill.hears(link)
  }

  #passTime(nowMs: number): void {
    this.server.setTime(nowMs)
    for (const part of this.#parts) part.turnBegan?.(this.server.nowMs)
  }

  /** What the turn that fell asleep had to say is still in the output. */
  #wakeUp(): void {
    this.server.asleepUntilMs = 0
    const inputs = this.#deferred
    this.#deferred = []
    // One of them may put the node to sleep again: the rest is deferred anew, in its order.
    for (const input of inputs) input()
  }

  #defer(input: () => void): void {
    this.#deferred.push(input)
  }

  /** Clients that waited go on with the requests that came meanwhile. */
  #resumeUnblocked(): void {
    const {unblocked} = this.server.blocking
    for (let client = unblocked.shift(); client !== undefined; client = unblocked.shift()) {
      if (!this.server.clients.has(client.id)) continue
      if (!client.output.isEmpty) this.server.queueForWriting(client)
      this.#readOn(client)
    }
  }

  #readOn(client: Client): void {
    if (!this.server.clients.has(client.id)) return
    this.#readRequests(client)
    client.parser.keepRest()
  }

  #readRequests(client: Client): void {
    const {server} = this
    const argv = this.#argv
    this.#dispatcher.beginRun()
    while (client.blocked === undefined && client.closing === 'no') {
      if (server.asleepUntilMs > 0) {
        this.#defer(() => this.#readOn(client))
        break
      }
      if (client.parked !== undefined) {
        const parked = client.parked
        client.parked = undefined
        this.#dispatcher.run(client, parked)
        continue
      }
      const parsed = client.parser.next(argv)
      if (parsed === 'more') break
      if (parsed === 'empty') continue
      if (parsed !== 'request') {
        client.output.error(`ERR ${parsed.protocolError}`)
        client.closing = 'after-output'
        break
      }
      this.#dispatcher.run(client, argv)
    }
    if (!client.output.isEmpty || client.closing !== 'no') server.queueForWriting(client)
  }
}
