/** The operations that are put to the torture: what each needs, what it is called with, and how it is known to be done. */
import {below, pick} from '../../src/engine/chance.js'
import type {Rng} from '../../src/engine/ports.js'
import {accountOf, selfOf} from '../../test/support/cluster-facts.js'
import type {ClusterShape} from '../../test/support/quick-cluster.js'
import {addressOf, PRIMARIES, unevenSlots, type Ground, type GroundOptions} from './ground.js'
import {leaveHalfMoved} from './half-moved.js'

export type Tool = 'tscluster' | 'redis-cli'

/** What brings the cluster back after the fault: one command. `again`: the same command once more. */
export type Recovery = 'resume' | 'abort' | 'fix' | 'again'

export interface Task {
  /** What the tool is called with; `null` where redis-cli has no such command. */
  readonly words: Readonly<Record<Tool, readonly string[] | null>>
  /** Numbers of the servers that a fault may hit. */
  readonly victims: readonly number[]
  /** A server that stays in the cluster whatever becomes of the operation. */
  readonly entry: string
  /** What is still missing when the operation says that it is done; `undefined` when nothing is. */
  readonly missing: () => Promise<string | undefined>
}

export interface Operation {
  readonly name: string
  readonly keysIn: GroundOptions['keysIn']
  /** Clients write from the beginning; false: there is nothing to write to before. */
  readonly writes: boolean
  /** Changing cluster-node-timeout is what it is for; whatever else changes it must put it back. */
  readonly setsTimeout?: true
  shape(rng: Rng): GroundOptions['shape']
  /** Brings about what the operation is for. */
  prepare?(ground: Ground, rng: Rng): Promise<void>
  task(ground: Ground, rng: Rng): Promise<Task>
  /** What may be drawn besides `resume` and `abort`, which every journaled operation has. */
  readonly recoveries: readonly Recovery[]
}

const SIX: ClusterShape = {primaries: PRIMARIES, replicasEach: 1}
const ALL_PRIMARIES = [0, 1, 2] as const
const ALL_SIX = [0, 1, 2, 3, 4, 5] as const

const reshard: Operation = {
  name: 'reshard',
  keysIn: 'cluster',
  writes: true,
  recoveries: ['fix'],
  shape: () => SIX,
  async task(ground, rng) {
    const [source, target] = twoOf(rng, ALL_PRIMARIES)
    const slots = String(1000 + below(rng, 1500))
    const entry = addressOf(ground, pick(rng, ALL_PRIMARIES))
    const [from, to] = [ground.cluster.ids[source]!, ground.cluster.ids[target]!]
    return {
      words: {
        tscluster: ['reshard', entry, '--from', from, '--to', to, '--slots', slots, '--yes'],
        'redis-cli': cluster('reshard', entry, {from, to, slots}, '--cluster-yes'),
      },
      victims: [source, target],
      entry,
      missing: async () => undefined,
    }
  },
}

const rebalance: Operation = {
  name: 'rebalance',
  keysIn: 'cluster',
  writes: true,
  recoveries: ['fix'],
  shape: (rng) => ({...SIX, slots: unevenSlots(rng)}),
  async task(ground, rng) {
    const entry = addressOf(ground, pick(rng, ALL_PRIMARIES))
    return {
      words: {tscluster: ['rebalance', entry, '--yes'], 'redis-cli': cluster('rebalance', entry, {})},
      victims: ALL_PRIMARIES,
      entry,
      missing: async () => undefined,
    }
  },
}

const create: Operation = {
  name: 'create',
  keysIn: 'nowhere',
  writes: false,
  recoveries: ['again'],
  shape: () => ({primaries: 0, replicasEach: 0, spares: 6}),
  async task(ground, rng) {
    const addresses = ground.nodes.addresses
    return {
      words: {
        tscluster: ['create', ...addresses, '--replicas', '1', '--yes'],
        'redis-cli': ['--cluster', 'create', ...addresses, '--cluster-replicas', '1', '--cluster-yes'],
      },
      victims: ALL_SIX,
      entry: pick(rng, addresses),
      missing: async () => {
        const lines = await accountOf(ground.nodes.node(0))
        const replicas = lines.filter(({primaryId}) => primaryId !== null)
        if (lines.length === ALL_SIX.length && replicas.length === PRIMARIES) return undefined
        return `the cluster has ${lines.length} nodes, ${replicas.length} of them replicas`
      },
    }
  },
}

const addNode: Operation = {
  name: 'add-node',
  keysIn: 'cluster',
  writes: true,
  recoveries: ['fix', 'again'],
  shape: () => ({...SIX, spares: 1}),
  async task(ground, rng) {
    const spare = 6
    const node = addressOf(ground, spare)
    const old = pick(rng, ALL_PRIMARIES)
    const entry = addressOf(ground, old)
    const primary = ground.cluster.ids[old]!
    const asReplica = below(rng, 2) === 0
    return {
      words: {
        tscluster: ['add-node', node, entry, ...(asReplica ? ['--primary-id', primary] : []), '--yes'],
        'redis-cli': [
          ...['--cluster', 'add-node', node, entry],
          ...(asReplica ? ['--cluster-slave', '--cluster-master-id', primary] : []),
        ],
      },
      victims: [spare, old],
      entry,
      missing: async () => {
        const lines = await accountOf(ground.nodes.node(old))
        // Not by its id: an undo gives it another one.
        const added = lines.find(({address}) => address.port === ground.nodes.node(spare).port)
        if (added === undefined) return 'the new node is not in the cluster'
        return asReplica && added.primaryId === null ? 'the new node is no replica' : undefined
      },
    }
  },
}

/** A replica, or a primary that is drained first: what redis-cli does with a reshard of its own is no part of the row. */
const delNode: Operation = {
  name: 'del-node',
  keysIn: 'cluster',
  writes: true,
  recoveries: ['fix', 'again'],
  shape: () => SIX,
  async task(ground, rng) {
    const entryIndex = pick(rng, ALL_PRIMARIES)
    const others = ALL_PRIMARIES.filter((index) => index !== entryIndex)
    const replica = PRIMARIES + pick(rng, ALL_PRIMARIES)
    const isDrained = below(rng, 2) === 0
    const gone = isDrained ? pick(rng, others) : replica
    const entry = addressOf(ground, entryIndex)
    const id = ground.cluster.ids[gone]!
    return {
      words: {
        tscluster: ['del-node', entry, id, ...(isDrained ? ['--drain'] : []), '--yes'],
        'redis-cli': isDrained ? null : ['--cluster', 'del-node', entry, id],
      },
      victims: [gone, entryIndex],
      entry,
      missing: async () => {
        const lines = await accountOf(ground.nodes.node(entryIndex))
        return lines.some((line) => line.id === id) ? 'the node is still in the cluster' : undefined
      },
    }
  },
}

const fix: Operation = {
  name: 'fix',
  keysIn: 'cluster',
  writes: true,
  recoveries: ['fix'],
  shape: () => SIX,
  prepare: async (ground, rng) => {
    const [source, target] = twoOf(rng, ALL_PRIMARIES)
    await leaveHalfMoved(ground, {source, target, slots: 100 + below(rng, 200)}, rng)
  },
  async task(ground, rng) {
    const entry = addressOf(ground, pick(rng, ALL_PRIMARIES))
    return {
      words: {tscluster: ['fix', entry, '--yes'], 'redis-cli': cluster('fix', entry, {})},
      victims: ALL_PRIMARIES,
      entry,
      missing: async () => undefined,
    }
  },
}

const importKeys: Operation = {
  name: 'import',
  keysIn: 'source',
  writes: true,
  recoveries: ['again'],
  shape: () => SIX,
  async task(ground, rng) {
    const entry = addressOf(ground, pick(rng, ALL_PRIMARIES))
    const from = ground.source!.node(0).address
    return {
      words: {tscluster: ['import', entry, '--from', from, '--yes'], 'redis-cli': cluster('import', entry, {from})},
      victims: ALL_PRIMARIES,
      entry,
      missing: async () => {
        const left = Number(await ground.source!.command(0, 'DBSIZE'))
        return left === 0 ? undefined : `${left} keys are still at the source`
      },
    }
  },
}

const failover: Operation = {
  name: 'failover',
  keysIn: 'cluster',
  writes: true,
  recoveries: ['fix', 'again'],
  shape: () => SIX,
  async task(ground, rng) {
    const primary = pick(rng, ALL_PRIMARIES)
    const replica = PRIMARIES + primary
    const words = ['failover', addressOf(ground, replica), '--yes']
    return {
      words: {tscluster: words, 'redis-cli': null},
      victims: [primary, replica],
      entry: addressOf(ground, (primary + 1) % PRIMARIES),
      missing: async () => {
        const {primaryId} = await selfOf(ground.nodes.node(replica))
        return primaryId === null ? undefined : 'the replica is still a replica'
      },
    }
  },
}

const setTimeout: Operation = {
  name: 'set-timeout',
  setsTimeout: true,
  keysIn: 'cluster',
  writes: true,
  recoveries: ['again'],
  shape: () => SIX,
  async task(ground, rng) {
    const entry = addressOf(ground, pick(rng, ALL_PRIMARIES))
    const ms = String(ground.nodeTimeoutMs + 1000)
    return {
      words: {
        tscluster: ['set-timeout', entry, ms, '--yes'],
        'redis-cli': ['--cluster', 'set-timeout', entry, ms],
      },
      victims: ALL_SIX,
      entry,
      missing: async () => {
        const values = await Promise.all(ALL_SIX.map((index) => ground.nodes.configOf(index, 'cluster-node-timeout')))
        return values.every((value) => value === ms) ? undefined : `node timeouts are ${values.join(' ')}`
      },
    }
  },
}

export const OPERATIONS: readonly Operation[] = [
  reshard,
  rebalance,
  create,
  addNode,
  delNode,
  fix,
  importKeys,
  failover,
  setTimeout,
]

/** A line of redis-cli: `--cluster reshard host:port --cluster-from …`. */
function cluster(name: string, entry: string, options: Readonly<Record<string, string>>, ...flags: string[]): string[] {
  return [
    '--cluster',
    name,
    entry,
    ...Object.entries(options).flatMap(([key, value]) => [`--cluster-${key}`, value]),
    ...flags,
  ]
}

function twoOf(rng: Rng, items: readonly number[]): [number, number] {
  const first = pick(rng, items)
  return [
    first,
    pick(
      rng,
      items.filter((item) => item !== first),
    ),
  ]
}
