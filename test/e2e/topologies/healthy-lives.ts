/** Clusters that have been through something, or are in the middle of ordinary work, and are healthy. */
import {setTimeout as sleep} from 'node:timers/promises'
import {ClusterLoad} from '../../support/engine/cluster-load.js'
import {command, RespConnection} from '../../support/resp.js'
import type {HealthyTopology} from './healthy.js'
import {addNode, delNode, fix} from './operator.js'

const PAIRS = {replicasEach: 1}
const MORTAL = {replicasEach: 1}
const KEEPING = {config: {appendonly: true}}

export const ROLES: readonly HealthyTopology[] = [
  {name: 'a replica has taken its primary’s place', shape: PAIRS, happens: (ground) => ground.failover(3)},
  {
    name: 'all replicas have taken their primaries’ places',
    shape: PAIRS,
    happens: async (ground) => {
      for (const replica of [3, 4, 5]) await ground.failover(replica)
    },
  },
  {
    name: 'a failover there and back',
    shape: PAIRS,
    happens: async (ground) => {
      await ground.failover(3)
      await ground.failover(0)
    },
  },
  {name: 'a failover by force', shape: PAIRS, happens: (ground) => ground.failover(3, 'FORCE')},
  {name: 'a failover that asked nobody', shape: PAIRS, happens: (ground) => ground.failover(3, 'TAKEOVER')},
  {
    name: 'a primary died, was replaced, and came back as a replica',
    shape: MORTAL,
    happens: async (ground) => {
      await ground.bury(0)
      await ground.untilPrimary(3)
      await ground.nodes[0]!.restart()
      await ground.untilReplica(0)
      await ground.untilSameRoles()
      await ground.untilCopied()
      await ground.untilHealthy()
    },
    entry: 1,
  },
  {
    name: 'an old primary was cut off, and follows its successor again',
    shape: MORTAL,
    happens: async (ground) => {
      await ground.divide([0], [1, 2, 3, 4, 5])
      await ground.untilPrimary(3)
      ground.cluster.heal()
      await ground.untilReplica(0)
      await ground.untilSameRoles()
      await ground.untilCopied()
      await ground.untilHealthy()
    },
  },
  {
    name: 'most primaries were away, and are back',
    happens: async (ground) => {
      await ground.hang(1, 2)
      await ground.untilDown([0])
      ground.nodes[1]!.resume()
      ground.nodes[2]!.resume()
      await ground.untilHealthy()
    },
  },
  {
    name: 'a replica follows another primary than it was born to',
    shape: {replicasEach: 2, primaries: 2},
    happens: async (ground) => {
      await ground.call(2, 'CLUSTER', 'REPLICATE', ground.ids[1]!)
      await ground.untilSameRoles()
      await ground.untilCopied()
    },
  },
  {
    name: 'primaries have one, two and three replicas',
    shape: PAIRS,
    happens: async (ground) => {
      await ground.addReplica(1)
      await ground.addReplica(2)
      await ground.addReplica(2)
    },
  },
  {
    name: 'a replica was added with add-node',
    shape: PAIRS,
    happens: async (ground) => {
      const [fresh] = await ground.addFresh()
      await addNode(ground.address(fresh), ground.address(), '--replica', '--primary-id', ground.ids[0]!)
    },
  },
  {
    name: 'a replica was removed with del-node',
    shape: {replicasEach: 2},
    happens: (ground) => delNode(ground.address(), ground.ids[3]!),
  },
  {
    name: 'a dead replica was removed with del-node',
    shape: {replicasEach: 2},
    happens: async (ground) => {
      await ground.bury(3)
      await delNode(ground.address(), ground.ids[3]!)
      await ground.untilHealthy()
    },
  },
  {
    name: 'fix has repaired it a moment ago',
    shape: PAIRS,
    happens: async (ground) => {
      await ground.open(0, 1)
      await fix(ground.address())
    },
  },
  {
    name: 'config epochs have been bumped',
    happens: async (ground) => {
      // One after another: two at once would get the same one.
      for (const node of [0, 1, 0]) {
        await ground.call(node, 'CLUSTER', 'BUMPEPOCH')
        const {configEpoch} = (await ground.lineOf(node, node))!
        await ground.until(
          async () =>
            (await ground.lineOf(2, node))!.configEpoch === configEpoch &&
            (await ground.lineOf(1 - node, node))!.configEpoch === configEpoch,
          'the new epoch to be heard of',
        )
      }
    },
  },
  {
    name: 'nodes that know each other were asked to meet again',
    shape: PAIRS,
    happens: async (ground) => {
      for (const node of ground.allBut(0)) await ground.meet(node, 0)
    },
  },
]

export const AT_WORK: readonly HealthyTopology[] = [
  {name: 'no key at all', shape: {keys: 0}},
  {name: 'five thousand keys of all types', shape: {keys: 5000}},
  {name: 'every key is about to expire', shape: {expireEvery: 1, replicasEach: 1}},
  {
    name: 'keys have expired that nobody has read since',
    happens: async (ground) => {
      for (const key of ground.plot(0).keys) await ground.call(0, 'PEXPIRE', key, 1)
      await sleep(2)
    },
  },
  {
    name: 'one key has five megabytes',
    happens: (ground) => ground.call(0, 'SET', ground.plot(0).keys[0]!, 'x'.repeat(5_000_000)),
  },
  {
    name: 'clients write while one looks',
    shape: {replicasEach: 1},
    happens: async (ground) => {
      const load = await ClusterLoad.start(ground.targets(), 'load', {pauseMs: 20})
      ground.atEnd(() => load.stop())
    },
  },
  {
    name: 'a client waits in BLPOP, and another is in the middle of MULTI',
    happens: async (ground) => {
      const clients = await Promise.all([0, 0].map((node) => RespConnection.open(ground.nodes[node]!)))
      clients[0]!.call('BLPOP', `${ground.plot(0).keys[0]} none`, 0).catch(() => undefined)
      await clients[1]!.call('MULTI')
      ground.atEnd(async () => clients.forEach((client) => client.close()))
    },
  },
  {name: 'clients are paused', happens: (ground) => ground.call(0, 'CLIENT', 'PAUSE', 5000, 'WRITE')},
  {
    name: 'nodes are writing snapshots',
    shape: {keys: 1000},
    happens: async (ground) => {
      for (const node of ground.all) await ground.call(node, 'BGSAVE')
    },
  },
  {name: 'nodes append every write to a file', shape: {...KEEPING, replicasEach: 1}},
  {
    name: 'one node is slow',
    happens: async (ground) => ground.nodes[1]!.slow({latencyMs: 200}),
  },
  {
    name: 'all nodes are slow',
    shape: {replicasEach: 1},
    happens: async (ground) => ground.nodes.forEach((node) => node.slow({latencyMs: 50})),
  },
  {
    name: 'a node has hung for a moment',
    shape: {replicasEach: 1},
    happens: async (ground) => {
      ground.nodes[1]!.pause()
      await sleep(300)
      ground.nodes[1]!.resume()
    },
  },
  {
    name: 'the network was cut for a moment',
    shape: {replicasEach: 1},
    happens: async (ground) => {
      ground.cluster.partition([
        [0, 3],
        [1, 2, 4, 5],
      ])
      await sleep(300)
      ground.cluster.heal()
    },
  },
  {
    name: 'a replica was restarted',
    shape: {...KEEPING, replicasEach: 1},
    happens: async (ground) => {
      await ground.nodes[3]!.restart()
      await ground.untilCopied()
      await ground.untilHealthy()
    },
  },
  {
    name: 'a primary was restarted',
    shape: KEEPING,
    happens: async (ground) => {
      await ground.nodes[1]!.restart()
      await ground.untilHealthy()
    },
  },
  {
    name: 'all nodes were restarted',
    shape: {...KEEPING, replicasEach: 1},
    happens: async (ground) => {
      await Promise.all(ground.nodes.map((node) => node.restart()))
      await ground.untilCopied()
      await ground.untilHealthy()
    },
  },
  {
    name: 'the cluster serves what it has when slots are missing, and none is',
    shape: {config: {'cluster-require-full-coverage': false, 'cluster-allow-reads-when-down': true}},
  },
  {
    name: 'replicas stay where they are, and never take over',
    shape: {
      replicasEach: 1,
      config: {'cluster-allow-replica-migration': false, 'cluster-replica-no-failover': true},
    },
  },
  {
    name: 'a client has asked for everything that CLUSTER tells',
    shape: {replicasEach: 1},
    happens: async (ground) => {
      for (const word of ['SLOTS', 'SHARDS', 'NODES', 'INFO', 'LINKS']) await command(ground.nodes[0]!, 'CLUSTER', word)
    },
  },
]
