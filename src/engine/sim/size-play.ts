/**
 * How long a failover, a partition or a scale-out of a cluster of some size takes: real nodes and their gossip in virtual time, and no
 * tool. What is asked of it are moments: when a failure is suspected, agreed on, overcome, and known to everybody.
 */
import {pick} from '../chance.js'
import {inHandshake, isFail, isPfail, isPrimary, ownerOf, type ClusterState} from '../cluster/state.js'
import {type SlotId} from '../../model/slot.js'
import {slotsIn} from '../cluster/slot-table.js'
import {stateOf} from './checkers/convergence.js'
import {Milestones, type Expectation} from './milestones.js'
import {derivedRng} from './seeded-rng.js'
import {simulate} from './simulate.js'
import {type SimNode} from './sim-node.js'
import {type Simulator} from './simulator.js'

export const SIZE_SCENARIOS = ['primary-crash', 'partition', 'scale-out'] as const

export type SizeScenario = (typeof SIZE_SCENARIOS)[number]

export interface SizePlayOptions {
  readonly seed: number
  readonly scenario: SizeScenario
  /** Primaries and their replicas, one each: an odd one is left out. */
  readonly nodes: number
  /** cluster-node-timeout. */
  readonly nodeTimeoutMs: number
  /** Told as it happens. */
  readonly onMoment?: (moment: Moment) => void
}

export interface Moment {
  readonly what: string
  /** Virtual ms after what `since` names. */
  readonly afterMs: number
  /** `the crash`, `the cut`, `the heal`, `MEET` */
  readonly since: string
}

export interface SizeVerdict {
  readonly seed: number
  readonly scenario: SizeScenario
  readonly nodes: number
  readonly nodeTimeoutMs: number
  readonly moments: readonly Moment[]
  /** What was not so in time; empty: everything was. */
  readonly missing: readonly string[]
  readonly virtualMs: number
  /** Packets and replication, from the beginning. */
  readonly messages: number
  /** Of everything that happened: the same on every machine. */
  readonly hash: string
}

/** Gossip runs for so long before anything happens. */
const CALM_MS = 1000
/** Nothing that is waited for takes more of these, and some time besides. */
const TIMEOUTS_AT_MOST = 10
const BESIDES_MS = 60_000
const STEP_MS = 10
const ZONES = 3
/** Of so many nodes one more comes. */
const NODES_FOR_A_NEW_ONE = 10

export function playSize(options: SizePlayOptions): SizeVerdict {
  return new SizePlay(options).toTheEnd()
}

class SizePlay {
  readonly #options: SizePlayOptions
  readonly #sim: Simulator
  readonly #milestones: Milestones
  readonly #moments: Moment[] = []
  #since = ''
  #sinceMs = 0

  constructor(options: SizePlayOptions) {
    this.#options = options
    const {seed, nodes, nodeTimeoutMs} = options
    const primaries = Math.max(1, Math.floor(nodes / 2))
    this.#sim = simulate({seed, primaries, replicasEach: 1, nodeTimeoutMs, acquainted: true, trace: {lines: 100}})
    this.#milestones = new Milestones((what) => this.#reached(what))
    this.#sim.check(this.#milestones)
  }

  toTheEnd(): SizeVerdict {
    const {seed, scenario, nodeTimeoutMs} = this.#options
    const nodes = this.#sim.nodes.length
    this.#sim.run(CALM_MS)
    if (scenario === 'primary-crash') this.#crashPrimary()
    else if (scenario === 'partition') this.#cutZone()
    else this.#scaleOut()
    return {
      ...{seed, scenario, nodes, nodeTimeoutMs, moments: this.#moments, missing: this.#milestones.missing},
      virtualMs: Math.round(this.#sim.elapsedMs),
      messages: this.#sim.trace.messages,
      hash: this.#sim.trace.hash,
    }
  }

  #crashPrimary(): void {
    const {nodes} = this.#sim
    const victim = pick(derivedRng(this.#sim.seed, 'victim'), nodes.filter(isPrimaryNode))
    const id = victim.id!
    const [slot] = slotsOf(victim)
    this.#begin('the crash')
    victim.crash('machine')
    const others = nodes.filter((node) => node !== victim)
    const isReplaced = (state: ClusterState): boolean => ownerOf(state, slot!)?.id !== id
    this.#wait(
      {what: 'one node suspects it (PFAIL)', nodes: others, isAnyEnough: true, holds: (state) => isDown(state, id)},
      {what: 'a majority agrees (FAIL)', nodes: others, isAnyEnough: true, holds: (state) => hasFailed(state, id)},
      {what: 'every node knows that it failed', nodes: others, holds: (state) => hasFailed(state, id)},
      {what: 'its replica is elected', nodes: others, isAnyEnough: true, holds: isReplaced},
      {what: 'every node knows the new primary', nodes: others, holds: isReplaced},
      {what: 'every node serves', nodes: others, holds: (state) => isReplaced(state) && state.ok},
    )
  }

  /** A zone is cut off: a third of the primaries, and the replicas of other primaries. Those of its own primaries are outside. */
  #cutZone(): void {
    const {nodes, faults} = this.#sim
    const zone = nodes.filter((_, index) => zoneOf(index, nodes.length / 2) === 0)
    const rest = nodes.filter((node) => !zone.includes(node))
    const contested = zone.filter(isPrimaryNode).map((node) => ({id: node.id!, slot: slotsOf(node)[0]!}))
    const isOvercome = (state: ClusterState): boolean =>
      state.ok && contested.every(({id, slot}) => ownerOf(state, slot)?.id !== id)
    this.#begin('the cut')
    faults.partition(zone)
    this.#wait(
      {what: 'the first node of the minority stops serving', nodes: zone, isAnyEnough: true, holds: ({ok}) => !ok},
      {what: 'no node of the minority serves', nodes: zone, holds: ({ok}) => !ok},
      {what: 'every node of the majority serves all slots', nodes: rest, holds: isOvercome},
    )
    if (this.#milestones.missing.length > 0) return
    this.#begin('the heal')
    faults.heal()
    this.#wait(
      {what: 'every node serves', nodes, holds: isOvercome},
      {
        what: 'all agree, and nobody is held for failing',
        nodes,
        holds: (s) => isOvercome(s) && !s.list.some(isDoubted),
      },
    )
  }

  /** A node more for each ten, all of which are introduced to one. */
  #scaleOut(): void {
    const {nodeTimeoutMs} = this.#options
    const members = [...this.#sim.nodes]
    const config = {'cluster-node-timeout': String(nodeTimeoutMs)}
    const count = Math.ceil(members.length / NODES_FOR_A_NEW_ONE)
    const newcomers = Array.from({length: count}, () => this.#sim.addNode({config}))
    const [host] = members
    const total = members.length + count
    const knowsAll = ({list}: ClusterState): boolean => list.length === total && !list.some(inHandshake)
    this.#begin('MEET')
    for (const {address} of newcomers) host!.call('CLUSTER', 'MEET', address.host, address.port)
    this.#wait(
      {what: 'the node that met them knows all of them', nodes: [host!], holds: knowsAll},
      {what: 'every new node knows everybody', nodes: newcomers, holds: knowsAll},
      {what: 'everybody knows everybody', nodes: [...members, ...newcomers], holds: knowsAll},
      {what: 'every node serves', nodes: [...members, ...newcomers], holds: (state) => knowsAll(state) && state.ok},
    )
  }

  #begin(since: string): void {
    this.#since = since
    this.#sinceMs = this.#sim.nowMs
  }

  #wait(...expectations: readonly Expectation[]): void {
    this.#milestones.expect(...expectations)
    const untilMs = this.#sim.nowMs + TIMEOUTS_AT_MOST * this.#options.nodeTimeoutMs + BESIDES_MS
    while (this.#milestones.missing.length > 0 && this.#sim.nowMs < untilMs) this.#sim.run(STEP_MS)
  }

  #reached(what: string): void {
    const moment = {what, afterMs: Math.round(this.#sim.nowMs - this.#sinceMs), since: this.#since}
    this.#moments.push(moment)
    this.#options.onMoment?.(moment)
  }
}

/** The replica of a primary is in the next zone. */
function zoneOf(index: number, primaries: number): number {
  return index < primaries ? index % ZONES : (index - primaries + 1) % ZONES
}

function isPrimaryNode(node: SimNode): boolean {
  return isPrimary(stateOf(node).myself)
}

function slotsOf(node: SimNode): SlotId[] {
  return slotsIn(stateOf(node).myself.slots)
}

const isDoubted = (node: ClusterState['myself']): boolean => isPfail(node) || isFail(node)

function isDown({nodes}: ClusterState, id: string): boolean {
  const node = nodes.get(id)
  return node !== undefined && isDoubted(node)
}

function hasFailed({nodes}: ClusterState, id: string): boolean {
  const node = nodes.get(id)
  return node !== undefined && isFail(node)
}
