/** Clusters of every size and slot map in which nothing is wrong. */
import type {Ground} from './ground.js'
import type {HealthyTopology} from './healthy.js'
import {addNode, delNode, rebalance, reshard} from './operator.js'

/** Three primaries, with and without a replica each, are what most others begin with. */
const SIZES: readonly (readonly [primaries: number, replicasEach: number])[] = [
  [1, 0],
  [1, 1],
  [1, 3],
  [2, 0],
  [2, 1],
  [3, 2],
  [3, 3],
  [4, 1],
  [6, 0],
  [9, 0],
  [12, 0],
]

export const EVERY_SIZE: readonly HealthyTopology[] = SIZES.map(([primaries, replicasEach]) => ({
  name: `${primaries} × (1 primary + ${replicasEach} replicas)`,
  shape: {primaries, replicasEach},
}))

/** Slots without keys change hands as the last commands of a move do it. */
async function handOver(ground: Ground, slots: readonly number[], source: number, target: number): Promise<void> {
  for (const slot of slots) {
    await ground.importing(slot, target, source)
    await ground.assign(slot, target, target)
    await ground.assign(slot, target, source)
  }
  await ground.untilAgreed()
}

function everyOther(first: number, count: number): number[] {
  return Array.from({length: count}, (_, index) => first + 2 * index)
}

export const SLOT_MAPS: readonly HealthyTopology[] = [
  {
    name: 'one slot lives apart from the others of its primary',
    shape: {keys: 0},
    happens: (ground) => handOver(ground, [100], 0, 1),
  },
  {
    name: 'every other of a hundred slots belongs to another primary',
    shape: {keys: 0},
    happens: (ground) => handOver(ground, everyOther(100, 50), 0, 1),
  },
  {
    name: 'all primaries have slots all over the map',
    shape: {keys: 0, replicasEach: 1},
    happens: async (ground) => {
      await handOver(ground, everyOther(100, 30), 0, 1)
      await handOver(ground, everyOther(6000, 30), 1, 2)
      await handOver(ground, everyOther(12_000, 30), 2, 0)
    },
  },
  {
    name: 'a slot went away and came back',
    shape: {keys: 0},
    happens: async (ground) => {
      await handOver(ground, [100], 0, 1)
      await handOver(ground, [100], 1, 0)
    },
  },
  {
    name: 'a move was begun and called off before a key had moved',
    happens: async (ground) => {
      await ground.open(0, 1)
      await ground.stable(ground.plot(0).slot, 0, 1)
    },
  },
  {
    name: 'slots and their keys have been resharded',
    shape: {keys: 300},
    happens: (ground) => reshard(ground.address(), '--from', ground.ids[0]!, '--to', ground.ids[1]!, '--slots', '200'),
  },
  {
    name: 'an empty primary',
    happens: async (ground) => {
      await ground.addMember()
      await ground.untilAgreed()
    },
  },
  {
    name: 'two empty primaries, one of which has a replica',
    shape: {replicasEach: 1},
    happens: async (ground) => {
      await ground.addMember()
      const second = await ground.addMember()
      await ground.addReplica(second)
    },
  },
  {
    name: 'one primary has all the slots, and the others none',
    shape: {keys: 0, config: {'cluster-allow-replica-migration': false}},
    happens: async (ground) => {
      await reshard(ground.address(), '--from', ground.ids[1]!, '--to', ground.ids[0]!, '--slots', '5462')
      await reshard(ground.address(), '--from', ground.ids[2]!, '--to', ground.ids[0]!, '--slots', '5461')
    },
  },
  {
    name: 'rebalanced over a new primary',
    happens: async (ground) => {
      await ground.addMember()
      await ground.untilAgreed()
      await rebalance(ground.address(), '--use-empty-primaries')
    },
  },
  {
    name: 'an atomic move is under way',
    happens: async (ground) => {
      const {slot} = ground.plot(0)
      await ground.call(1, 'DEBUG', 'SLOTMIGRATION', 'PREVENT-FAILOVER', 1)
      await ground.call(0, 'CLUSTER', 'MIGRATESLOTS', 'SLOTSRANGE', slot, slot, 'NODE', ground.ids[1]!)
      await ground.until(
        async () => Number(await ground.call(1, 'CLUSTER', 'COUNTKEYSINSLOT', slot)) > 0,
        'keys to be on their way',
      )
    },
  },
  {
    name: 'a slot was moved atomically',
    happens: async (ground) => {
      const {slot} = ground.plot(0)
      await ground.call(0, 'CLUSTER', 'MIGRATESLOTS', 'SLOTSRANGE', slot, slot, 'NODE', ground.ids[1]!)
      await ground.until(async () => (await ground.lineOf(0, 1))!.slots.has(slot), 'the slot to have moved')
      await ground.untilAgreed()
    },
  },
  {
    name: 'a primary was added with add-node',
    happens: async (ground) => {
      const [fresh] = await ground.addFresh()
      await addNode(ground.address(fresh), ground.address())
    },
  },
  {
    name: 'a primary was drained and removed with del-node',
    shape: {primaries: 4},
    happens: (ground) => delNode(ground.address(), ground.ids[3]!, '--drain'),
  },
]

export const CONNECTIONS: readonly HealthyTopology[] = [
  {name: 'all nodes want a password', shape: {password: 'secret', replicasEach: 1}},
  {
    name: 'nodes announce host names',
    shape: {replicasEach: 1, config: {'cluster-announce-hostname': 'localhost'}},
  },
  {
    name: 'nodes are called by their host names',
    shape: {config: {'cluster-announce-hostname': 'localhost', 'cluster-preferred-endpoint-type': 'hostname'}},
    words: (ground) => [`localhost:${ground.nodes[0]!.port}`],
  },
  {name: 'nodes announce an address', shape: {config: {'cluster-announce-ip': '127.0.0.1'}, replicasEach: 1}},
  {name: 'nodes listen on IPv6', shape: {host: '::1', replicasEach: 1}},
  {name: 'the cluster is entered through a replica', shape: {replicasEach: 1}, entry: 4},
  {
    name: 'the first of several addresses does not answer',
    shape: {replicasEach: 1},
    words: (ground) => ['127.0.0.1:9', ground.address()],
  },
]
