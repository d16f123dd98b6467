/** The commands that change a cluster, asked for something that is drawn from the seed. */
import {below, pick} from '../engine/chance.js'
import type {Rng} from '../engine/ports.js'
import type {SimNode} from '../engine/sim/sim-node.js'
import {observeFresh} from '../manager/observe.js'
import {planAddNode} from '../manager/plan/add-node.js'
import {planCreate} from '../manager/plan/create.js'
import {observeSource} from '../manager/observe-source.js'
import {planDelNode} from '../manager/plan/del-node.js'
import {planImport} from '../manager/plan/import.js'
import {planSetTimeout} from '../manager/plan/set-timeout.js'
import {planFailover, type FailoverMode} from '../manager/plan/failover.js'
import {DEFAULT_SETTINGS, type Planned, type PlanSettings} from '../manager/plan/plan.js'
import {planRebalance} from '../manager/plan/rebalance.js'
import {planReshard} from '../manager/plan/reshard.js'
import type {Topology} from '../manager/view/topology.js'
import type {NodeId} from '../model/node-id.js'
import {SlotSet} from '../model/slot-set.js'
import {SLOT_COUNT} from '../model/slot.js'
import {carryOut, lookAndDo, withoutRewrites, type Ending, type Errand} from './carry-out.js'
import {addressOf} from './ground.js'

/** A command with all that it was asked for; it may be run again. */
export type Operation = (errand: Errand) => Promise<Ending>

/** Few, so that many seeds can be played: what happens to 64 slots in a window happens to all. */
const MOST_SLOTS = 250
const WIDEST_RANGE = 200
const LARGEST_BATCH = 12
const WEIGHTS = [0, 0.9, 0.95, 0.97, 1, 1, 1, 1, 1.03, 1.05, 1.1]

export function reshard(rng: Rng): Operation {
  const settings = moveSettings(rng)
  const draw = below(rng, 1_000_000)
  const target = below(rng, 1_000_000)
  const byNumber = below(rng, 3) > 0
  const fromAll = below(rng, 3) > 0
  const atomic = drawAtomic(rng)
  return (errand) =>
    lookAndDo(errand, (topology) => {
      const to = nth(inOrder(topology), target)
      const others = inOrder(topology).filter((id) => id !== to)
      const first = draw % (SLOT_COUNT - WIDEST_RANGE)
      const slots = byNumber ? 1 + (draw % MOST_SLOTS) : SlotSet.parse(`${first}-${first + (draw % WIDEST_RANGE)}`)!
      const from = fromAll || !byNumber ? 'all' : [nth(others, draw)]
      return planReshard(topology, {slots, to, from, atomic, settings})
    })
}

export function rebalance(rng: Rng): Operation {
  const settings = moveSettings(rng)
  const weights = Array.from({length: 8}, () => pick(rng, WEIGHTS))
  const useEmptyPrimaries = below(rng, 4) > 0
  const defragment = pick(rng, [0, 0, 0, 200])
  const atomic = drawAtomic(rng)
  return (errand) =>
    lookAndDo(errand, (topology) => {
      const shares = new Map(inOrder(topology).map((id, index) => [id, weights[index % weights.length]!]))
      return planRebalance(topology, {weights: shares, useEmptyPrimaries, defragment, atomic, settings, threshold: 0})
    })
}

export function create(nodes: readonly SimNode[], replicas: number): Operation {
  return async (errand) => {
    try {
      const fresh = await Promise.all(nodes.map((node) => observeFresh(errand.tool.pool, addressOf(node))))
      return await carryOut(errand, planCreate(fresh, {replicas, settings: settings()}))
    } catch (error) {
      return {status: 'refused', reason: error instanceof Error ? error.message : String(error)}
    }
  }
}

export function addNode(rng: Rng, node: SimNode): Operation {
  const replica = below(rng, 2) === 0
  return (errand) =>
    lookAndDo(errand, async (topology) => {
      const fresh = await observeFresh(errand.tool.pool, addressOf(node))
      return planAddNode(topology, fresh, {replica, settings: settings()})
    })
}

export function delNode(rng: Rng): Operation {
  const draw = below(rng, 1_000_000)
  const wantsReplica = below(rng, 3) === 0
  const atomic = drawAtomic(rng)
  const settings = moveSettings(rng)
  /** The same one when it is run again. */
  let chosen: NodeId | undefined
  return (errand) =>
    lookAndDo(errand, (topology) => {
      const replicas = topology.nodes.filter(({role}) => role === 'replica').map(({id}) => id)
      const candidates = wantsReplica && replicas.length > 0 ? replicas.sort() : inOrder(topology)
      chosen ??= nth(candidates, draw)
      return planDelNode(topology, chosen, {drain: true, atomic, settings})
    })
}

export function failover(rng: Rng): Operation {
  const draw = below(rng, 1_000_000)
  const mode: FailoverMode = pick(rng, ['normal', 'normal', 'force', 'takeover'] as const)
  return (errand) =>
    lookAndDo(errand, (topology): Planned => {
      const replicas = topology.nodes.filter(({role}) => role === 'replica').map(({id}) => id)
      return planFailover(topology, nth(replicas.sort(), draw), mode, settings())
    })
}

export function setNodeTimeout(rng: Rng, nodeTimeoutMs: number): Operation {
  const ms = Math.round(nodeTimeoutMs * pick(rng, [0.8, 1.5, 2]))
  return (errand) => lookAndDo(errand, (topology) => withoutFiles(planSetTimeout(topology, ms, settings())))
}

export function importFrom(rng: Rng, source: SimNode): Operation {
  const keep = below(rng, 2) === 0
  const replace = below(rng, 4) === 0
  const plans = moveSettings(rng)
  return (errand) =>
    lookAndDo(errand, async (topology) => {
      const seen = await observeSource(errand.tool.pool, addressOf(source))
      return planImport(topology, seen, {keep, replace, database: 0, settings: plans})
    })
}

/** Simulated nodes have no config file that could be rewritten. */
function withoutFiles(planned: Planned): Planned {
  return planned.ok ? {...planned, plan: withoutRewrites(planned.plan)} : planned
}

/** A wait gives up sooner than for a person: what matters is what it leaves. */
const TIMEOUT_MS = 15_000

function settings(): PlanSettings {
  return {...DEFAULT_SETTINGS, timeoutMs: TIMEOUT_MS}
}

function moveSettings(rng: Rng): PlanSettings {
  return {
    ...settings(),
    migrateTimeoutMs: pick(rng, [500, 5_000, 60_000]),
    pipeline: pick(rng, [null, null, 1, LARGEST_BATCH]),
  }
}

/** Mostly as servers and tool see fit. */
function drawAtomic(rng: Rng): boolean | undefined {
  return pick(rng, [undefined, false, false, true])
}

/** Primaries in an order that does not hang on who was asked first. */
function inOrder(topology: Topology): string[] {
  return topology.primaries.map(({id}) => id).sort()
}

function nth<T>(items: readonly T[], draw: number): T {
  return items[draw % items.length]!
}
