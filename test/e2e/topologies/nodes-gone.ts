/** Nodes that died, that nobody hears, or that only some remember. */
import type {BrokenTopology} from './broken.js'
import type {Ground} from './ground.js'
import {delNode, fix} from './operator.js'

const WITH_REPLICAS = {replicasEach: 1}
/** Replicas take over when they are told to, and not by themselves. */
const WITH_MEEK_REPLICAS = {...WITH_REPLICAS, config: {'cluster-replica-no-failover': true}}

const acceptLoss = (ground: Ground): Promise<unknown> =>
  fix(ground.address(), '--with-unreachable-primaries', '--accept-data-loss')

export const DEAD_PRIMARIES: readonly BrokenTopology[] = [
  {
    name: 'a primary is dead, and its replica has not taken over',
    shape: WITH_MEEK_REPLICAS,
    happens: (ground) => ground.bury(1),
    finds: ['cluster-down', 'primary-unreachable', 'slots-uncovered'],
    leaves: ['primary-replaced', 'primary-without-replica'],
  },
  {
    name: 'two of three primaries are dead, and nobody is left to vote for their replicas',
    shape: WITH_MEEK_REPLICAS,
    happens: async (ground) => {
      await ground.kill(1, 2)
      await ground.untilDown()
    },
    finds: ['cluster-down', 'primary-unreachable', 'slots-uncovered'],
    leaves: ['primary-replaced', 'primary-without-replica', 'node-unreachable'],
  },
  {
    name: 'all primaries are dead',
    shape: WITH_MEEK_REPLICAS,
    happens: async (ground) => {
      await ground.kill(0, 1, 2)
      await ground.untilDown()
    },
    entry: 3,
    finds: ['cluster-down', 'primary-unreachable', 'slots-uncovered'],
    leaves: ['primary-replaced', 'no-replicas', 'primary-without-replica', 'node-unreachable'],
  },
  {
    name: 'a primary is dead that has two replicas, one of which has not heard the last writes',
    shape: {...WITH_MEEK_REPLICAS, replicasEach: 2},
    happens: async (ground) => {
      // Replicas of node 1 are nodes 5 and 6.
      ground.nodes[5]!.partitionFrom([ground.nodes[1]!])
      await ground.call(1, 'SET', ground.plot(1).keys[0]!, 'written late')
      await ground.until(async () => {
        await ground.call(6, 'READONLY')
        return (await ground.call(6, 'GET', ground.plot(1).keys[0]!)) === 'written late'
      }, 'one replica to hear the write')
      await ground.remember()
      await ground.bury(1)
      ground.nodes[5]!.heal()
    },
    finds: ['cluster-down', 'primary-unreachable', 'slots-uncovered'],
    mayFind: ['node-suspected'],
    leaves: ['primary-replaced'],
  },
  {
    name: 'a primary without replicas is dead: its keys are given up only by who says so',
    happens: (ground) => ground.bury(1),
    finds: ['cluster-down', 'primary-unreachable', 'slots-uncovered'],
    needs: {fixSays: ['needs-unreachable-primaries'], then: acceptLoss, losesKeys: true},
    leaves: ['primary-replaced'],
  },
  {
    name: 'a primary without replicas is dead, and is started again with what it had on disk',
    shape: {config: {appendonly: true, appendfsync: 'always'}},
    happens: (ground) => ground.bury(1),
    finds: ['cluster-down', 'primary-unreachable', 'slots-uncovered'],
    needs: {
      fixSays: ['needs-unreachable-primaries'],
      then: async (ground) => {
        await ground.nodes[1]!.restart()
        await ground.untilOk()
      },
    },
  },
  {
    name: 'a primary without replicas is dead, and the cluster goes on without its slots',
    shape: {config: {'cluster-require-full-coverage': false}},
    happens: (ground) => ground.bury(1),
    finds: ['primary-unreachable', 'slots-uncovered'],
    needs: {fixSays: ['needs-unreachable-primaries'], then: acceptLoss, losesKeys: true},
    leaves: ['primary-replaced'],
  },
  {
    name: 'most primaries are dead and have no replicas',
    happens: async (ground) => {
      await ground.kill(1, 2)
      await ground.untilDown()
    },
    finds: ['cluster-down', 'primary-unreachable', 'slots-uncovered'],
    needs: {fixSays: ['needs-unreachable-primaries'], then: acceptLoss, losesKeys: true},
    leaves: ['node-unreachable', 'primary-replaced'],
  },
  {
    name: 'the target of an open slot is dead, and has no replica',
    happens: async (ground) => {
      await ground.open(0, 1)
      await ground.bury(1)
    },
    finds: ['cluster-down', 'primary-unreachable', 'slot-migrating', 'slots-uncovered'],
    needs: {fixSays: ['needs-unreachable-primaries'], then: acceptLoss, losesKeys: true},
    leaves: ['primary-replaced'],
  },
  {
    name: 'the target of a half-done move is dead, and its replica has the keys',
    shape: WITH_MEEK_REPLICAS,
    happens: async (ground) => {
      await ground.open(0, 1)
      await ground.migrate(0, 1, ground.plot(0).keys.slice(0, 3))
      await ground.untilCopied()
      await ground.bury(1)
    },
    finds: ['cluster-down', 'primary-unreachable', 'slot-migrating', 'slots-uncovered'],
    leaves: ['primary-replaced', 'primary-without-replica'],
  },
  {
    name: 'the source of a half-done move is dead, and its replica has the keys',
    shape: WITH_MEEK_REPLICAS,
    happens: async (ground) => {
      await ground.open(1, 2)
      await ground.migrate(1, 2, ground.plot(1).keys.slice(0, 3))
      await ground.untilCopied()
      await ground.bury(1)
    },
    finds: ['cluster-down', 'primary-unreachable', 'slot-importing', 'slots-uncovered'],
    mayFind: ['slots-disagree'],
    leaves: ['primary-replaced', 'primary-without-replica'],
  },
  {
    name: 'source and target of a half-done move are dead, and their replicas have the keys',
    shape: WITH_MEEK_REPLICAS,
    happens: async (ground) => {
      await ground.open(1, 2)
      await ground.migrate(1, 2, ground.plot(1).keys.slice(0, 3))
      await ground.untilCopied()
      await ground.kill(1, 2)
      await ground.untilDown()
    },
    finds: ['cluster-down', 'primary-unreachable', 'slots-uncovered'],
    leaves: ['primary-replaced', 'primary-without-replica', 'node-unreachable'],
  },
  {
    name: 'the source of a half-done move is dead, its replica has taken over, and the target imports from the dead one',
    shape: WITH_REPLICAS,
    happens: async (ground) => {
      await ground.open(1, 2)
      await ground.migrate(1, 2, ground.plot(1).keys.slice(0, 3))
      await ground.untilCopied()
      await ground.bury(1)
      await ground.untilPrimary(4)
      await ground.untilSameRoles()
    },
    finds: ['cluster-down', 'primary-replaced', 'primary-without-replica', 'slot-importing', 'slots-disagree'],
    leaves: ['primary-replaced', 'primary-without-replica'],
  },
  {
    name: 'a primary lost its disk and came back under the same address as somebody else',
    happens: async (ground) => {
      await ground.kill(1)
      await ground.forgetDisk(1)
      await ground.untilFlagged([1], 'noaddr', [0, 2])
    },
    finds: ['primary-unreachable', 'slots-uncovered'],
    mayFind: ['cluster-down'],
    needs: {fixSays: ['needs-unreachable-primaries'], then: acceptLoss, losesKeys: true},
    leaves: ['node-without-address'],
  },
  {
    name: 'a primary answers the others, and not us: it has another password',
    happens: (ground) => ground.call(1, 'CONFIG', 'SET', 'requirepass', 'another'),
    finds: ['primary-unreachable', 'slots-uncovered'],
    needs: {
      fixSays: ['primary-alive'],
      then: (ground) => ground.callAs(1, 'another', 'CONFIG', 'SET', 'requirepass', ''),
    },
  },
  {
    name: 'a primary hangs: it accepts connections, and answers nobody',
    happens: async (ground) => {
      await ground.hang(1)
      await ground.untilFlagged([1], 'fail')
    },
    finds: ['cluster-down', 'primary-unreachable', 'slots-uncovered'],
    needs: {
      fixSays: ['needs-unreachable-primaries'],
      then: async (ground) => {
        ground.nodes[1]!.resume()
        await ground.untilOk()
      },
    },
  },
  {
    name: 'a primary announces an address at which nobody is',
    happens: async (ground) => {
      await ground.call(1, 'CONFIG', 'SET', 'cluster-announce-ip', '127.0.0.77')
      await ground.until(
        async () => (await ground.lineOf(0, 1))!.address.host === '127.0.0.77',
        'the wrong address to be heard of',
      )
    },
    finds: ['primary-unreachable', 'slots-uncovered'],
    needs: {
      fixSays: ['needs-unreachable-primaries'],
      then: async (ground) => {
        await ground.call(1, 'CONFIG', 'SET', 'cluster-announce-ip', '')
        await ground.until(
          async () => (await ground.lineOf(0, 1))!.address.host === ground.nodes[1]!.host,
          'the right address to be heard of',
        )
      },
    },
  },
  {
    name: 'a primary announces the port of another one',
    happens: async (ground) => {
      await ground.call(1, 'CONFIG', 'SET', 'cluster-announce-port', ground.nodes[2]!.port)
      await ground.until(
        async () => (await ground.lineOf(0, 1))!.address.port === ground.nodes[2]!.port,
        'the wrong port to be heard of',
      )
    },
    finds: ['primary-unreachable', 'slots-uncovered'],
    needs: {
      fixSays: ['primary-alive'],
      then: async (ground) => {
        await ground.call(1, 'CONFIG', 'SET', 'cluster-announce-port', 0)
        await ground.until(
          async () => (await ground.lineOf(0, 1))!.address.port === ground.nodes[1]!.port,
          'the right port to be heard of',
        )
      },
    },
  },
  {
    name: 'an old primary is cut off, does not know that its replica has taken over, and we reach both',
    shape: WITH_REPLICAS,
    happens: async (ground) => {
      await ground.divide([0], [1, 2, 3, 4, 5])
      await ground.untilPrimary(3)
      await ground.untilFlagged([0], 'fail', [1, 2, 3, 4, 5])
      await ground.untilDown([0])
    },
    entry: 1,
    finds: ['cluster-down', 'node-failed', 'slots-contested', 'slots-disagree'],
    mayFind: ['node-suspected', 'primary-without-replica', 'role-disagree', 'replica-out-of-sync'],
    needs: {
      fixSays: ['node-failed', 'nodes-apart'],
      then: async (ground) => {
        ground.cluster.heal()
        await ground.untilReplica(0)
        await ground.untilOk()
        await ground.untilCopied()
        await ground.untilSameRoles()
      },
    },
  },
]

export const LEFT_NODES: readonly BrokenTopology[] = [
  {
    name: 'a dead replica is still a member',
    shape: WITH_REPLICAS,
    happens: (ground) => ground.bury(4),
    finds: ['primary-without-replica', 'replica-unreachable'],
    needs: {
      fixSays: ['nothing-to-do'],
      then: (ground) => delNode(ground.address(), ground.ids[4]!),
    },
    leaves: ['primary-without-replica'],
  },
  {
    name: 'a dead primary is still a member after its replica has taken over',
    shape: WITH_REPLICAS,
    happens: async (ground) => {
      await ground.bury(1)
      await ground.untilPrimary(4)
      await ground.untilOk()
      await ground.untilAgreed()
    },
    finds: ['primary-replaced', 'primary-without-replica'],
    needs: {fixSays: ['nothing-to-do'], then: (ground) => delNode(ground.address(), ground.ids[1]!)},
    leaves: ['primary-without-replica'],
  },
  {
    name: 'a dead node without slots is still a member',
    happens: async (ground) => {
      const spare = await ground.addMember()
      await ground.bury(spare)
    },
    finds: ['primary-replaced'],
    needs: {fixSays: ['nothing-to-do'], then: (ground) => delNode(ground.address(), ground.ids[3]!)},
  },
  {
    name: 'one node has forgotten a dead one, and the others speak of it',
    happens: async (ground) => {
      const spare = await ground.addMember()
      await ground.bury(spare)
      await ground.tell([0], 'CLUSTER', 'FORGET', ground.ids[spare]!)
    },
    // Nodes tell each other what they were told to forget: it may be over before one looks.
    finds: [],
    mayFind: ['ghost', 'primary-replaced'],
    settles: true,
  },
  {
    name: 'an empty primary was reset, and the others remember it',
    happens: async (ground) => {
      const spare = await ground.addMember()
      await ground.call(spare, 'CLUSTER', 'RESET', 'SOFT')
    },
    finds: ['node-unknown', 'slots-disagree', 'cluster-down'],
  },
  {
    name: 'a replica was reset, and the others remember it',
    shape: WITH_REPLICAS,
    happens: async (ground) => {
      await ground.call(4, 'CLUSTER', 'RESET', 'SOFT')
    },
    finds: ['node-unknown', 'slots-disagree', 'cluster-down', 'primary-without-replica'],
    mayFind: ['role-disagree'],
    leaves: ['primary-without-replica'],
  },
  {
    name: 'a replica was reset and has a new id: the old one is a memory',
    shape: WITH_REPLICAS,
    happens: async (ground) => {
      await ground.call(4, 'CLUSTER', 'RESET', 'HARD')
      await ground.untilFlagged([4], 'noaddr', [0, 1, 2, 3, 5])
    },
    finds: ['node-without-address', 'primary-without-replica'],
    needs: {fixSays: ['nothing-to-do'], then: (ground) => delNode(ground.address(), ground.ids[4]!)},
    leaves: ['primary-without-replica'],
  },
  {
    name: 'a node was asked to meet an address at which nobody is',
    // So long it goes on trying.
    shape: {nodeTimeoutMs: 1500},
    happens: (ground) => ground.call(1, 'CLUSTER', 'MEET', '127.0.0.1', 9),
    finds: [],
    mayFind: ['handshake'],
    settles: true,
  },
  {
    name: 'a newcomer met one node and was not heard of by the others yet',
    happens: async (ground) => {
      const [fresh] = await ground.addFresh()
      await ground.meet(fresh!, 0)
      await ground.until(async () => {
        const line = await ground.lineOf(0, fresh!)
        return line !== undefined && !line.flags.has('handshake')
      }, 'node 0 to know the newcomer')
    },
    finds: [],
    mayFind: ['node-unknown', 'handshake', 'slots-disagree', 'cluster-down'],
    settles: true,
  },
  {
    name: 'a newcomer cannot hear all of the nodes',
    happens: async (ground) => {
      const [fresh] = await ground.addFresh()
      ground.nodes[fresh!]!.partitionFrom([ground.nodes[2]!])
      await ground.meet(fresh!, 0)
      await ground.until(async () => (await ground.account(1)).some(({id}) => id === ground.ids[3]), 'node 1 to know')
    },
    finds: ['slots-disagree', 'cluster-down'],
    mayFind: ['handshake', 'node-unknown'],
    flags: ['--timeout', '3s'],
    needs: {
      fixSays: ['timed-out'],
      then: async (ground) => {
        ground.cluster.heal()
        ground.nodes[3]!.heal()
        await ground.untilAllKnow(ground.ids[3]!)
        await ground.untilAgreed()
        await ground.untilOk()
      },
    },
  },
]
