/** One seed: a cluster that is written to while much goes wrong, and that must keep every rule and be whole again afterwards. */
import {keySlot} from '../keyspace/key-slot.js'
import {encodeRequest} from '../resp/request-writer.js'
import {ReplyParser} from '../resp/reply-parser.js'
import {Chaos, type ChaosOptions} from './chaos.js'
import {allCheckers} from './checkers/all-checkers.js'
import {Violation} from './checkers/checker.js'
import {unrest} from './checkers/convergence.js'
import {simulate, type SimulateOptions} from './simulate.js'
import {type SimNode} from './sim-node.js'
import {type Simulator} from './simulator.js'

export interface ChaosPlay {
  readonly seed: number
  /** How long things go wrong, ms. Default 60,000. */
  readonly lastsMs?: number
  readonly trace?: SimulateOptions['trace']
}

export interface ChaosVerdict {
  readonly hash: string
  readonly acknowledged: number
  readonly messages: number
}

const DEFAULT_LASTS_MS = 60_000
const WRITE_EVERY_MS = 50
const KEYS = 300
const REST_LIMIT_MS = 120_000
const CLUSTERS = 4

/**
 * What a seed plays: one of four clusters. Without replicas nothing may take over, so every write that was acknowledged must be there
 * at the end; with replicas a failover may lose some, and what must hold is that all copies are the same.
 */
export function planOf(seed: number): {
  readonly isDurable: boolean
  readonly cluster: SimulateOptions
  readonly chaos: ChaosOptions
} {
  const isDurable = seed % CLUSTERS === 0
  const appendonly = isDurable || seed % CLUSTERS === 1 ? 'yes' : 'no'
  const appendfsync = isDurable || seed % (2 * CLUSTERS) === 1 ? 'always' : 'everysec'
  return {
    isDurable,
    cluster: {
      seed,
      primaries: 3,
      replicasEach: isDurable ? 0 : 1 + (seed % 2),
      nodeTimeoutMs: 1000 * (1 + (seed % 3)),
      config: {appendonly, appendfsync, 'enable-debug-command': 'yes'},
    },
    chaos: {everyMs: seed % 5 === 0 ? 1000 : 4000},
  }
}

/**
 * @throws Violation when a rule is broken, Error when the cluster is not whole again in time, or a node has failed by itself; each
 * names the seed
 */
export function playChaos({seed, lastsMs = DEFAULT_LASTS_MS, trace}: ChaosPlay): ChaosVerdict {
  const plan = planOf(seed)
  const sim = simulate({...plan.cluster, ...(trace !== undefined && {trace})})
  sim.check(...allCheckers())
  const writer = new Writer(sim)
  const chaos = new Chaos(sim, plan.chaos)
  writer.start()
  chaos.start()
  sim.run(lastsMs)
  chaos.stop()
  writer.stop()
  sim.note('chaos', 'is over')
  sim.runUntil('the cluster is whole again', () => unrest(sim.nodes) === undefined, REST_LIMIT_MS)
  compareCopies(sim)
  if (plan.isDurable) writer.checkAll()
  return {hash: sim.trace.hash, acknowledged: writer.acknowledged, messages: sim.trace.messages}
}

/** Adds numbers to sets, and notes which of them were acknowledged. To sets, because a request may arrive long after later ones. */
class Writer {
  readonly #sim: Simulator
  /** The numbers that were acknowledged, by key. */
  readonly #noted = new Map<string, string[]>()
  #number = 0
  #isOver = false
  acknowledged = 0

  constructor(sim: Simulator) {
    this.#sim = sim
  }

  start(): void {
    if (this.#isOver) return
    this.#write(`key:${this.#number % KEYS}`, ++this.#number)
    this.#sim.schedule(WRITE_EVERY_MS, () => this.start())
  }

  stop(): void {
    this.#isOver = true
  }

  /** @throws Violation when a write that was acknowledged is not there */
  checkAll(): void {
    for (const [key, noted] of this.#noted) {
      const members = ownerOf(this.#sim.nodes, key)?.call('SMEMBERS', key)
      const found = new Set(Array.isArray(members) ? members : [])
      const lost = noted.filter((number) => !found.has(number))
      if (lost.length === 0) continue
      throw new Violation('no acknowledged write is lost', `seed ${this.#sim.seed}: ${lost.join(' ')} of ${key}`)
    }
  }

  /** To who has the slot, as a client with a good map would send it; a connection for each write, for any of them may break. */
  #write(key: string, number: number): void {
    const node = ownerOf(this.#sim.nodes, key)
    if (node === undefined) return
    const parser = new ReplyParser()
    const connection = this.#sim.connect(node, {
      onBytes: (chunk) => {
        parser.feed(chunk)
        const reply = parser.next()
        if (reply === undefined) return
        connection.close()
        if (reply === 1) this.#note(key, String(number))
      },
      onClose: () => undefined,
    })
    connection.send(Buffer.from(encodeRequest(['SADD', key, String(number)]), 'latin1'))
  }

  #note(key: string, number: string): void {
    this.acknowledged++
    const noted = this.#noted.get(key)
    if (noted === undefined) this.#noted.set(key, [number])
    else noted.push(number)
  }
}

/** The primary that says that it serves the key's slot, the one with the highest epoch first. */
function ownerOf(nodes: readonly SimNode[], key: string): SimNode | undefined {
  const slot = keySlot(key)
  const owners = nodes.filter((node) => node.isRunning && ownsSlot(node, slot))
  const epochOf = (node: SimNode): number => node.core.server.cluster!.state.myself.configEpoch
  return owners.sort((one, other) => epochOf(other) - epochOf(one))[0]
}

function ownsSlot(node: SimNode, slot: number): boolean {
  const {state, isPrimary} = node.core.server.cluster!
  return isPrimary && state.byIndex[state.owners[slot]!] === state.myself
}

/** @throws Violation when a replica has other data than its primary */
function compareCopies(sim: Simulator): void {
  const digests = new Map(sim.nodes.map((node) => [node.id, node.call('DEBUG', 'DIGEST')]))
  for (const node of sim.nodes) {
    const {primary} = node.core.server.cluster!.state.myself
    if (primary === null || digests.get(node.id) === digests.get(primary.id)) continue
    throw new Violation('all copies are the same', `seed ${sim.seed}: ${node.name} has other data than its primary`)
  }
}
