/** What is rehearsed: a cluster, and a command that changes it. */
import {below, pick, shuffle} from '../engine/chance.js'
import type {Rng} from '../engine/ports.js'
import type {SimNode} from '../engine/sim/sim-node.js'
import type {Latency} from '../engine/sim/virtual-network.js'
import {repair} from './carry-out.js'
import type {Ground, Shape} from './ground.js'
import {
  addNode,
  create,
  delNode,
  failover,
  importFrom,
  rebalance,
  reshard,
  setNodeTimeout,
  type Operation,
} from './operations.js'

export interface Scenario {
  /** @param nodes how many, where somebody said so */
  shape(rng: Rng, nodes: number | undefined): Shape
  /** What is wrong with the cluster before the command comes. */
  readonly damage?: (ground: Ground, rng: Rng) => void
  operation(ground: Ground, rng: Rng): Operation
}

export const SCENARIO_NAMES = [
  ...(['create', 'add-node', 'del-node', 'reshard', 'rebalance', 'fix', 'failover'] as const),
  ...(['set-timeout', 'import'] as const),
] as const

export type ScenarioName = (typeof SCENARIO_NAMES)[number]

export const SCENARIOS: {readonly [Name in ScenarioName]: Scenario} = {
  create: {
    shape: (rng, nodes = 6) => ({primaries: 0, replicasEach: 0, spares: nodes, ...drawPace(rng)}),
    operation: ({spares}, rng) => create(spares, spares.length >= 6 && below(rng, 3) > 0 ? 1 : 0),
  },
  'add-node': {
    shape: (rng, nodes) => ({...formed(rng, nodes), spares: 1}),
    operation: ({spares}, rng) => addNode(rng, spares[0]!),
  },
  'del-node': {shape: formed, operation: (_, rng) => delNode(rng)},
  reshard: {shape: formed, operation: (_, rng) => reshard(rng)},
  rebalance: {shape: formed, operation: (_, rng) => rebalance(rng)},
  fix: {shape: formed, damage, operation: () => (errand) => repair(errand)},
  'set-timeout': {shape: formed, operation: ({nodeTimeoutMs}, rng) => setNodeTimeout(rng, nodeTimeoutMs)},
  import: {
    shape: (rng, nodes) => ({...formed(rng, nodes), source: true}),
    operation: ({source}, rng) => importFrom(rng, source!),
  },
  failover: {shape: (rng, nodes) => ({...formed(rng, nodes), replicasEach: 1}), operation: (_, rng) => failover(rng)},
}

function formed(rng: Rng, nodes: number | undefined): Shape {
  const replicasEach = pick(rng, [0, 1, 1, 1])
  const primaries = nodes === undefined ? 3 + below(rng, 2) : Math.max(1, Math.floor(nodes / (replicasEach + 1)))
  return {primaries, replicasEach, spares: 0, ...drawPace(rng)}
}

/** One network is that of a rack, one that of a city, one that of a continent with a bad day. */
const LATENCIES: readonly Latency[] = [
  {from: 0.1, to: 0.5},
  {from: 0.5, to: 2},
  {from: 2, to: 30},
]

function drawPace(rng: Rng): Pick<Shape, 'nodeTimeoutMs' | 'latencyMs'> {
  return {nodeTimeoutMs: pick(rng, [1_000, 1_000, 2_000]), latencyMs: pick(rng, LATENCIES)}
}

const MOST_DAMAGE = 5

/** As tools and operators leave it: slots open on one side or both, on two targets, forgotten by their owner, or taken without asking. */
function damage(ground: Ground, rng: Rng): void {
  const primaries = ground.nodes.filter(({core}) => !core.server.isReplica)
  // Taken without asking by one node only: two that raise their epochs at one moment would claim slots with the same one.
  const kinds = shuffle(rng, [0, 1, 2, 3, below(rng, 4), 4]).slice(0, 1 + below(rng, MOST_DAMAGE))
  for (const kind of kinds) {
    const [source, target] = twoOf(rng, primaries)
    const slot = pick(rng, slotsOf(source))
    switch (kind) {
      case 0:
        source.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', target.id!)
        break
      case 1:
        target.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', source.id!)
        break
      case 2:
        target.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', source.id!)
        source.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', target.id!)
        break
      case 3:
        for (const node of ground.nodes) node.call('CLUSTER', 'DELSLOTS', slot)
        break
      default:
        target.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', source.id!)
        target.call('CLUSTER', 'SETSLOT', slot, 'NODE', target.id!)
    }
  }
}

function twoOf(rng: Rng, nodes: readonly SimNode[]): [SimNode, SimNode] {
  const one = pick(rng, nodes)
  return [
    one,
    pick(
      rng,
      nodes.filter((node) => node !== one),
    ),
  ]
}

function slotsOf({core}: SimNode): number[] {
  const {slots} = core.server.cluster!.state.myself
  return Array.from({length: slots.length * 8}, (_, slot) => slot).filter(
    (slot) => (slots[slot >> 3]! >> (slot & 7)) & 1,
  )
}
