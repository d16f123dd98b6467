/** What a scenario is played on: nodes in virtual time, data in them, clients that write, and who keeps account of it all. */
import {below, pick} from '../engine/chance.js'
import {keySlot} from '../engine/keyspace/key-slot.js'
import type {Rng} from '../engine/ports.js'
import {allCheckers} from '../engine/sim/checkers/all-checkers.js'
import {OneVotePerEpoch} from '../engine/sim/checkers/one-vote-per-epoch.js'
import {Offsets} from '../engine/sim/checkers/offsets.js'
import type {Checker} from '../engine/sim/checkers/checker.js'
import {usualTurnCost, type TurnCost} from '../engine/sim/metered-core.js'
import {derivedRng} from '../engine/sim/seeded-rng.js'
import type {SimNode} from '../engine/sim/sim-node.js'
import type {Latency} from '../engine/sim/virtual-network.js'
import {simulate} from '../engine/sim/simulate.js'
import {Simulator} from '../engine/sim/simulator.js'
import {address, formatAddress, type Address} from '../model/address.js'
import {Ledger} from './ledger.js'
import {LossWatch} from './losses.js'
import {WRITTEN} from './node-facts.js'
import {Stage} from './stage.js'
import {Writer} from './writer.js'

export interface Shape {
  /** Nodes that are a cluster from the beginning; 0: none is. */
  readonly primaries: number
  readonly replicasEach: number
  /** Nodes that stand alone. */
  readonly spares: number
  readonly nodeTimeoutMs: number
  readonly latencyMs: Latency
  /** A standalone server beside the cluster, with keys of its own. */
  readonly source?: boolean
}

/** A key that nobody writes to: where it is in the end, it must be as it was in the beginning. */
export interface StillKey {
  readonly key: string
  /** As DUMP gives it. */
  readonly dump: unknown
}

/** Nodes keep what they acknowledge, so that a crash alone loses nothing. */
const DURABLE = {appendonly: 'yes', appendfsync: 'always', 'repl-diskless-sync-delay': '0', maxmemory: '1gb'}

const WRITERS = 3
const WRITTEN_KEYS = 48
const STILL_KEYS = 96
const TAGS = 24
const LONGEST_PAUSE_MS = 8
const SLOWER_TIMES = 25
const LONG_VALUE_BYTES = 2_000
const SOURCE_KEYS = 200

/** In one of so many seeds a key is so large that its way from node to node takes about a node timeout. */
const BIG_KEY_ONCE_IN = 8
const BIG_KEY = 's:{big}'
const BIG_VALUE_BYTES = 2_000_000

export class Ground {
  readonly simulator: Simulator
  readonly stage: Stage
  readonly ledger = new Ledger()
  readonly losses: LossWatch
  readonly violations: string[] = []
  readonly stillKeys: StillKey[] = []
  /** Of the server that an import reads from. */
  readonly sourceKeys: StillKey[] = []
  readonly source: SimNode | undefined
  /** Reads that did not find what was acknowledged: judged in the end, when it is known what was lost with a failover. */
  readonly misses: {readonly key: string; readonly element: string}[] = []
  readonly nodeTimeoutMs: number
  readonly #members: readonly SimNode[]
  readonly #spares: readonly SimNode[]
  readonly #byteMs: number
  #writers: Writer[] = []

  /** @param onLine gets each line of the trace as it is written */
  constructor(
    seed: number,
    {primaries, replicasEach, spares, nodeTimeoutMs, latencyMs, source = false}: Shape,
    onLine?: (line: string) => void,
  ) {
    const config = {...DURABLE, 'cluster-node-timeout': String(nodeTimeoutMs)}
    const bigRng = derivedRng(seed, 'big key')
    this.#byteMs =
      primaries > 0 && below(bigRng, BIG_KEY_ONCE_IN) === 0
        ? (nodeTimeoutMs * pick(bigRng, [0.2, 0.5, 0.9])) / BIG_VALUE_BYTES
        : 0
    const turnCost: TurnCost = (work) => usualTurnCost(work) + work.bytesIn * this.#byteMs
    const options = {seed, latencyMs, turnCost, ...(onLine !== undefined && {trace: {onLine}})}
    this.simulator =
      primaries === 0 ? new Simulator(options) : simulate({...options, primaries, replicasEach, nodeTimeoutMs, config})
    this.nodeTimeoutMs = nodeTimeoutMs
    this.stage = new Stage(this.simulator)
    this.losses = new LossWatch(this.ledger)
    // Nodes that are to become a cluster are emptied when that fails: then their epochs begin anew.
    const always = [new OneVotePerEpoch(), new Offsets()]
    const checkers = primaries === 0 ? always : allCheckers()
    this.simulator.check(this.losses, ...checkers.map(whileDiskWorks))
    this.#members = [...this.simulator.nodes]
    this.#spares = Array.from({length: spares}, () => this.simulator.addNode({config}))
    if (source) this.source = this.simulator.addNode({config: {...DURABLE, 'cluster-enabled': 'no'}})
  }

  /** All that are a cluster, or may become part of one. */
  get nodes(): readonly SimNode[] {
    return this.simulator.nodes.filter((node) => node !== this.source)
  }

  get spares(): readonly SimNode[] {
    return this.#spares
  }

  /** Where a tool enters: all nodes that were a cluster from the beginning, or all. */
  get entries(): Address[] {
    return (this.#members.length > 0 ? this.#members : this.nodes).map(addressOf)
  }

  get failures(): number {
    return this.#writers.reduce((sum, {failures}) => sum + failures, 0)
  }

  /** Keys of every kind, on the primaries that own their slots. */
  load(rng: Rng): void {
    for (let index = 0; index < STILL_KEYS; index++) {
      const key = `s:{${below(rng, TAGS)}}:${index}`
      const node = this.#ownerOf(key)
      if (node === undefined) return
      this.#keep(this.stillKeys, node, key, stillValue(rng, key, index))
    }
    const owner = this.#byteMs === 0 ? undefined : this.#ownerOf(BIG_KEY)
    if (owner !== undefined) this.#keep(this.stillKeys, owner, BIG_KEY, [['SET', BIG_KEY, 'b'.repeat(BIG_VALUE_BYTES)]])
    for (let index = 0; this.source !== undefined && index < SOURCE_KEYS; index++) {
      const key = `i:${index}`
      this.#keep(this.sourceKeys, this.source, key, stillValue(rng, key, index))
    }
  }

  #keep(keys: StillKey[], node: SimNode, key: string, commands: readonly string[][]): void {
    for (const command of commands) node.call(...command)
    keys.push({key, dump: node.call('DUMP', key)})
  }

  startWriters(seed: number): void {
    const keys = Array.from({length: WRITTEN_KEYS}, (_, index) => `${WRITTEN}{${index}}`)
    const entries = this.entries.map(formatAddress)
    this.#writers = Array.from({length: WRITERS}, (_, index) => {
      return new Writer({
        ...{simulator: this.simulator, ledger: this.ledger, entries, keys},
        rng: derivedRng(seed, 'writer', index),
        pauseMs: LONGEST_PAUSE_MS,
        name: String(index),
        onMissing: (key, element) => this.misses.push({key, element}),
      })
    })
  }

  /** What comes now takes long, and is not what writers are there for. */
  slowWriters(): void {
    for (const writer of this.#writers) writer.slowDown(SLOWER_TIMES)
  }

  stopWriters(): void {
    for (const writer of this.#writers) writer.stop()
  }

  violated(what: string): void {
    this.violations.push(what)
    this.simulator.note('judge', what)
  }

  /** Lets virtual time pass, and whoever waits for it go on. */
  async pass(ms: number): Promise<void> {
    let isOver = false
    this.simulator.schedule(ms, () => (isOver = true))
    await this.stage.until('time', new Promise<never>(() => undefined), Infinity, () => isOver)
  }

  /** The node that serves a key, by its own account. */
  #ownerOf(key: string): SimNode | undefined {
    return this.#members.find((node) => !node.core.server.isReplica && claims(node, keySlot(key)))
  }
}

/** Where nothing can be written a turn ends its node before anybody has heard of it: what it would have been does not count. */
function whileDiskWorks(checker: Checker): Checker {
  // What is written to replicas leaves while others wait for the disk.
  if (checker instanceof Offsets) return checker
  return {
    turnEnded: (node, output) => {
      if (node.disk.failure === undefined) checker.turnEnded(node, output)
    },
  }
}

export function addressOf({address: {host, port}}: SimNode): Address {
  return address(host, port)
}

/** Whether a node says that a slot is its own. */
export function claims({core}: SimNode, slot: number): boolean {
  const {myself} = core.server.cluster!.state
  return (myself.slots[slot >> 3]! & (1 << (slot & 7))) !== 0
}

function stillValue(rng: Rng, key: string, index: number): string[][] {
  const word = (): string => String(rng.uint32())
  switch (index % 6) {
    case 0:
      return [['SET', key, word()]]
    case 1:
      return [['SET', key, pick(rng, ['x', 'y']).repeat(below(rng, LONG_VALUE_BYTES))]]
    case 2:
      return [['HSET', key, word(), word(), word(), word()]]
    case 3:
      return [['RPUSH', key, word(), word(), word()]]
    case 4:
      return [['ZADD', key, '1', word(), '2.5', word()]]
    default:
      return [['SADD', key, word(), word()]]
  }
}
