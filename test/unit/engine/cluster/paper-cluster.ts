/** A cluster on paper: many buses, one virtual clock, a network in memory, hosts that pretend to have data. The same seed, the same story. */
import {ClusterBus} from '../../../../src/engine/cluster/cluster-bus.js'
import {type ClusterConfig} from '../../../../src/engine/cluster/cluster-host.js'
import {epochOf, type ClusterNode} from '../../../../src/engine/cluster/state.js'
import {type Rng} from '../../../../src/engine/ports.js'
import {PaperHost, type PaperTurn} from './paper-host.js'
import {SLOT_COUNT} from '../../../../src/model/slot.js'

export const START_MS = 1_700_000_000_000
const TICK_MS = 100
const LATENCY_MS = 1

export type PaperConfig = {-readonly [Name in keyof ClusterConfig]: ClusterConfig[Name]}

export function paperConfig(port: number, overrides: Partial<ClusterConfig> = {}): PaperConfig {
  return {
    isSecure: false,
    port,
    secondPort: 0,
    busPort: 0,
    announceIp: '',
    announcePort: 0,
    announceSecondPort: 0,
    announceBusPort: 0,
    announceHostname: '',
    announceHumanNodename: '',
    preferredEndpointType: 'ip',
    nodeTimeoutMs: 1000,
    manualFailoverTimeoutMs: 5000,
    migrationBarrier: 1,
    allowReplicaMigration: true,
    requireFullCoverage: true,
    allowReadsWhenDown: false,
    allowPubsubshardWhenDown: true,
    replicaValidityFactor: 10,
    replicaNoFailover: false,
    replPingPeriodMs: 10_000,
    linkSendbufLimitBytes: 0,
    ...overrides,
  }
}

/** xorshift32: small, and good enough to draw gossip. */
export function seededRng(seed: number): Rng {
  let x = seed * 2_654_435_761 || 1
  return {
    uint32(): number {
      x ^= x << 13
      x ^= x >>> 17
      x ^= x << 5
      return x >>> 0
    },
  }
}

/** One node: its bus, its pretended data, its disk. */
export interface PaperNode {
  readonly name: number
  ip: string
  readonly config: PaperConfig
  readonly host: PaperHost
  bus: ClusterBus
  alive: boolean
  disk: string
}

/** Both ends of a connection; ids as each side numbers it. */
interface Wire {
  readonly a: PaperNode
  readonly aLink: number
  readonly b: PaperNode
  readonly bLink: number
}

export class PaperCluster {
  nowMs = START_MS
  readonly nodes: PaperNode[] = []
  readonly #rng: Rng
  readonly #seed: number
  /** What happens next: every event is one latency away. */
  #events: (() => void)[] = []
  readonly #wires = new Map<PaperNode, Map<number, Wire>>()
  #sides = new Map<PaperNode, number>()
  #nextAccepted = -1

  constructor(seed: number, count: number, overrides: Partial<ClusterConfig> = {}) {
    this.#seed = seed
    this.#rng = seededRng(seed)
    for (let name = 0; name < count; name++) this.addNode(overrides)
  }

  addNode(overrides: Partial<ClusterConfig> = {}): PaperNode {
    const name = this.nodes.length
    const config = paperConfig(7000 + name, overrides)
    const host = new PaperHost()
    const node: PaperNode = {
      name,
      ip: `10.0.${Math.floor(name / 250)}.${(name % 250) + 1}`,
      config,
      host,
      bus: new ClusterBus({host, config, rng: this.#rng, nowMs: this.nowMs}),
      alive: true,
      disk: '',
    }
    this.nodes.push(node)
    this.#wires.set(node, new Map())
    this.turn(node, () => undefined)
    return node
  }

  /** One turn of a node: whatever it sends leaves after what it saves. */
  turn<T>(node: PaperNode, act: (bus: ClusterBus) => T): T {
    node.bus.beginTurn(this.nowMs)
    const result = act(node.bus)
    node.bus.beforeSleep(this.nowMs)
    const turn = node.host.endTurn()
    if (turn.saved !== undefined) node.disk = turn.saved
    this.#carryOut(node, turn)
    return result
  }

  /** Moves time on, ticking everybody. */
  run(ms: number): void {
    const endMs = this.nowMs + ms
    while (this.nowMs < endMs) {
      this.nowMs += LATENCY_MS
      if (this.#events.length > 0) {
        const due = this.#events
        this.#events = []
        for (const event of due) event()
      }
      for (const node of this.nodes) {
        if (node.alive && (this.nowMs + node.name * 7) % TICK_MS === 0) this.#tick(node)
      }
    }
  }

  /** Runs until something is so, and fails with the seed when it never is. Returns how long that took. */
  runUntil(what: string, holds: () => boolean, limitMs = 30_000): number {
    const startMs = this.nowMs
    while (!holds()) {
      if (this.nowMs - startMs >= limitMs) {
        const views = this.living
          .slice(0, 9)
          .map((node) => `# ${node.name}\n${node.bus.nodes()}${node.host.logs.slice(-8).join('\n')}`)
        throw new Error(`seed ${this.#seed}: not within ${limitMs} ms: ${what}\n${views.join('\n')}`)
      }
      this.run(20)
    }
    return this.nowMs - startMs
  }

  /** Primaries 0 … p-1 share the slots; the others replicate them in turn. */
  form(primaries: number): void {
    const [first] = this.nodes
    for (const node of this.nodes.slice(1)) this.turn(first!, (bus) => bus.meet(node.ip, node.config.port))
    this.runUntil('everybody knows everybody', () => this.nodes.every((node) => this.knowsAll(node)))
    for (let index = 0; index < primaries; index++) {
      const from = Math.floor((index * SLOT_COUNT) / primaries)
      const to = Math.floor(((index + 1) * SLOT_COUNT) / primaries) - 1
      this.turn(this.nodes[index]!, (bus) => bus.addSlots([[from, to]]))
    }
    for (const node of this.nodes.slice(primaries)) {
      const primary = this.nodes[(node.name - primaries) % primaries]!
      this.turn(node, (bus) => bus.replicate(primary.bus.myId))
    }
    this.runUntil('the cluster is ok and agrees', () => this.agrees() && this.allOk())
    this.run(2000)
  }

  get living(): PaperNode[] {
    return this.nodes.filter((node) => node.alive)
  }

  knowsAll(node: PaperNode): boolean {
    const known = node.bus.state.list.filter((each) => (each.flags & 32) === 0)
    return known.length === this.nodes.length && known.every((each) => each.flags & 16 || each.outbound?.open === true)
  }

  allOk(): boolean {
    return this.living.every((node) => node.bus.ok)
  }

  /** Everybody alive has the same owner for every slot, the same role for everybody alive, and the same epochs. */
  agrees(): boolean {
    const [first, ...others] = this.living
    const alive = new Set(this.living.map((node) => node.bus.myId))
    return others.every((node) => this.#agree(first!, node, alive))
  }

  #agree(a: PaperNode, b: PaperNode, living: ReadonlySet<string>): boolean {
    if (a.bus.state.assignedSlots !== b.bus.state.assignedSlots) return false
    for (const mine of a.bus.state.list) {
      const theirs = b.bus.state.nodes.get(mine.id)
      const alive = living.has(mine.id)
      if (theirs === undefined) {
        if (alive || mine.slotCount > 0) return false
        continue
      }
      if (!mine.slots.equals(theirs.slots)) return false
      if (!alive) continue
      if ((mine.flags & 3) !== (theirs.flags & 3) || mine.primary?.id !== theirs.primary?.id) return false
      if (epochOf(mine) !== epochOf(theirs)) return false
    }
    return true
  }

  /** What one node thinks of another. */
  view(of: PaperNode, about: PaperNode): ClusterNode {
    return of.bus.state.nodes.get(about.bus.myId)!
  }

  ownerOfSlot(slot: number, askWhom = this.living[0]!): PaperNode | undefined {
    const {state} = askWhom.bus
    const id = state.byIndex[state.owners[slot]!]?.id
    return this.nodes.find((node) => node.bus.myId === id)
  }

  kill(node: PaperNode): void {
    node.alive = false
    for (const [link, wire] of this.#wires.get(node)!) this.#closeFarEnd(node, link, wire)
    this.#wires.get(node)!.clear()
  }

  /** From its disk, with nothing in memory. */
  restart(node: PaperNode, id?: string): void {
    node.alive = true
    node.host.restart()
    const {host, config} = node
    const options = {host, config, rng: this.#rng, nowMs: this.nowMs}
    node.bus = new ClusterBus(id === undefined ? {...options, nodesConf: node.disk} : {...options, id})
    if (node.bus.loadError !== undefined) throw new Error(node.bus.loadError)
    this.turn(node, () => undefined)
  }

  /** Nodes on different sides hear nothing of each other: packets vanish, connections hang. */
  partition(...sides: PaperNode[][]): void {
    this.#sides = new Map(sides.flatMap((side, index) => side.map((node) => [node, index] as const)))
  }

  heal(): void {
    this.#sides.clear()
  }

  #cut(a: PaperNode, b: PaperNode): boolean {
    return (this.#sides.get(a) ?? 0) !== (this.#sides.get(b) ?? 0)
  }

  #tick(node: PaperNode): void {
    const primary = this.nodes.find((each) => each.bus.myId === node.host.primaryId)
    const flows = primary !== undefined && primary.alive && !this.#cut(node, primary)
    if (flows) node.host.hear(primary.host, this.nowMs)
    this.turn(node, (bus) => bus.tick(this.nowMs))
  }

  #later(run: () => void): void {
    this.#events.push(run)
  }

  #carryOut(node: PaperNode, turn: PaperTurn): void {
    for (const effect of turn.links) {
      if (effect.kind === 'dial') this.#later(() => this.#connect(node, effect.link, effect.to))
      else if (effect.kind === 'send') this.#transmit(node, effect.link, effect.bytes)
      else if (effect.kind === 'hang-up') this.#hangUp(node, effect.link)
    }
  }

  #connect(from: PaperNode, link: number, to: {host: string; port: number}): void {
    if (!from.alive) return
    const target = this.nodes.find((node) => node.ip === to.host && node.config.port + 10_000 === to.port)
    if (target !== undefined && this.#cut(from, target)) return // it hangs
    if (target === undefined || !target.alive) {
      this.turn(from, (bus) => bus.linkClosed(link, 'Connection refused'))
      return
    }
    const wire: Wire = {a: from, aLink: link, b: target, bLink: this.#nextAccepted--}
    this.#wires.get(from)!.set(link, wire)
    this.#wires.get(target)!.set(wire.bLink, wire)
    const [near, far] = [
      {host: from.ip, port: 40_000},
      {host: target.ip, port: to.port},
    ]
    this.turn(target, (bus) => bus.linkAccepted(wire.bLink, near, far))
    this.turn(from, (bus) => bus.linkOpened(link, far, near))
  }

  #transmit(from: PaperNode, link: number, bytes: Uint8Array): void {
    const wire = this.#wires.get(from)!.get(link)
    if (wire === undefined) return
    const [to, toLink] = wire.a === from ? [wire.b, wire.bLink] : [wire.a, wire.aLink]
    this.#later(() => {
      if (!to.alive || this.#cut(from, to) || !this.#wires.get(to)!.has(toLink)) return
      this.turn(to, (bus) => bus.linkBytes(toLink, bytes))
    })
  }

  #hangUp(node: PaperNode, link: number): void {
    const wire = this.#wires.get(node)!.get(link)
    if (wire === undefined) return
    this.#wires.get(node)!.delete(link)
    this.#closeFarEnd(node, link, wire)
  }

  #closeFarEnd(node: PaperNode, _link: number, wire: Wire): void {
    const [to, toLink] = wire.a === node ? [wire.b, wire.bLink] : [wire.a, wire.aLink]
    this.#later(() => {
      if (this.#cut(node, to) || !this.#wires.get(to)!.delete(toLink) || !to.alive) return
      this.turn(to, (bus) => bus.linkClosed(toLink, 'closed by peer'))
    })
  }
}
