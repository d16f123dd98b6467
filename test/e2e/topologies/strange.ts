/** States that no command leaves: an edited nodes.conf, clusters that found each other, atomic moves that were cut off, odd replicas. */
import type {BrokenTopology} from './broken.js'
import type {Ground} from './ground.js'

const UNKNOWN = 'f'.repeat(40)
const KEEPING = {config: {appendonly: true}}
const WITH_REPLICAS = {replicasEach: 1}

const WHILE_THEY_MEET = [
  'slots-contested',
  'slots-disagree',
  'slots-uncovered',
  'node-unknown',
  'handshake',
  'cluster-down',
  'epoch-collision',
  'role-disagree',
  'primary-without-replica',
  'replica-out-of-sync',
]

/** Adds a mark to a node's own line. */
const marked =
  (mark: string) =>
  (text: string): string =>
    text.replace(/^(.*myself.*)$/m, `$1 ${mark}`)

async function holdMigration(ground: Ground, source: number, target: number): Promise<void> {
  const {slot} = ground.plot(source)
  await ground.call(target, 'DEBUG', 'SLOTMIGRATION', 'PREVENT-FAILOVER', 1)
  await ground.call(source, 'CLUSTER', 'MIGRATESLOTS', 'SLOTSRANGE', slot, slot, 'NODE', ground.ids[target]!)
  await ground.until(
    async () => Number(await ground.call(target, 'CLUSTER', 'COUNTKEYSINSLOT', slot)) > 0,
    'keys to be on their way',
  )
}

export const STRANGE: readonly BrokenTopology[] = [
  {
    name: 'a slot is on its way to a node that nobody knows',
    shape: KEEPING,
    happens: async (ground) => {
      await ground.rewrite(0, marked(`[${ground.plot(0).slot}->-${UNKNOWN}]`))
      await ground.untilOk()
    },
    finds: ['slot-migrating'],
    mayFind: ['node-unreachable', 'node-without-address', 'ghost'],
  },
  {
    name: 'a slot is imported from a node that nobody knows',
    shape: KEEPING,
    happens: async (ground) => {
      await ground.rewrite(1, marked(`[${ground.plot(0).slot}-<-${UNKNOWN}]`))
      await ground.untilOk()
    },
    finds: ['slot-importing'],
    mayFind: ['node-unreachable', 'node-without-address', 'ghost'],
  },
  {
    name: 'two primaries were given the same config epoch, and do not hear each other',
    shape: {...KEEPING, nodeTimeoutMs: 30_000},
    happens: async (ground) => {
      ground.nodes[1]!.partitionFrom([ground.nodes[2]!])
      await ground.rewrite(1, (text) => text.replace(/^(.*myself.* )2( connected.*)$/m, '$13$2'))
      await ground.untilOk()
    },
    finds: ['epoch-collision'],
    needs: {
      fixSays: ['applied'],
      then: async (ground) => {
        ground.cluster.heal()
        await ground.until(async () => {
          const epochs = await Promise.all(
            [0, 1, 2].map(async (node) => (await ground.lineOf(node, node))!.configEpoch),
          )
          return new Set(epochs).size === 3
        }, 'the epochs to differ')
      },
    },
  },
  {
    name: 'a replica cannot log in to its primary',
    shape: {replicasEach: 1, password: 'secret'},
    happens: async (ground) => {
      await ground.call(3, 'CONFIG', 'SET', 'masterauth', 'wrong')
      await ground.call(0, 'CLIENT', 'KILL', 'TYPE', 'replica')
      await ground.until(
        async () => String(await ground.call(3, 'INFO', 'replication')).includes('master_link_status:down'),
        'the replica to have lost its primary',
      )
    },
    finds: ['replica-out-of-sync'],
    needs: {
      fixSays: ['nothing-to-do'],
      then: async (ground) => {
        await ground.call(3, 'CONFIG', 'SET', 'masterauth', 'secret')
        await ground.untilCopied()
      },
    },
  },
  {
    name: 'all replicas follow one primary',
    shape: {...WITH_REPLICAS, config: {'cluster-allow-replica-migration': false}},
    happens: async (ground) => {
      for (const replica of [4, 5]) await ground.call(replica, 'CLUSTER', 'REPLICATE', ground.ids[0]!)
      await ground.untilSameRoles()
      await ground.untilCopied()
    },
    finds: ['primary-without-replica'],
    needs: {fixSays: ['nothing-to-do'], then: () => Promise.resolve()},
    leaves: ['primary-without-replica'],
  },
  {
    name: 'the empty primary of a replica is gone, and only that replica remembers it',
    happens: async (ground) => {
      const primary = await ground.addMember()
      const replica = await ground.addReplica(primary, {'cluster-replica-no-failover': true})
      await ground.bury(primary)
      await ground.tell([0, 1, 2], 'CLUSTER', 'FORGET', ground.ids[primary]!)
      await ground.until(async () => (await ground.lineOf(0, primary)) === undefined, 'the primary to be forgotten')
      await ground.until(async () => (await ground.lineOf(replica, primary)) !== undefined, 'the replica to remember')
    },
    finds: ['primary-replaced', 'replica-of-unknown'],
    needs: {
      fixSays: ['nothing-to-do'],
      then: async (ground) => {
        await ground.call(4, 'CLUSTER', 'REPLICATE', ground.ids[0]!)
        await ground.untilCopied()
        // Nothing keeps its memory of the dead one any more, and the others tell it to forget.
        await ground.until(async () => (await ground.lineOf(4, 3)) === undefined, 'nobody to remember')
        await ground.untilAgreed([0, 1, 2, 4])
      },
    },
    leaves: ['primary-without-replica'],
  },
  {
    name: 'a node with all slots of its own met the cluster: its claims are older',
    happens: async (ground) => {
      const [stranger] = await ground.addFresh()
      await ground.call(stranger!, 'CLUSTER', 'ADDSLOTSRANGE', 0, 16_383)
      await ground.meet(stranger!, 0)
      await ground.until(async () => {
        const line = await ground.lineOf(0, stranger!)
        return line !== undefined && !line.flags.has('handshake')
      }, 'the stranger to be known')
    },
    finds: [],
    mayFind: WHILE_THEY_MEET,
    settles: true,
    // Who loses its last slot becomes a replica of who got it.
    leaves: ['primary-without-replica'],
  },
  {
    name: 'two clusters have met: one keeps its slots, and the nodes of the other are empty primaries',
    happens: async (ground) => {
      // On a collision the one with the higher epoch wins: ours are higher.
      for (const node of [0, 1, 2, 0, 1, 2]) await ground.call(node, 'CLUSTER', 'BUMPEPOCH')
      const strangers = await ground.addFresh(2)
      for (const [index, stranger] of strangers.entries()) {
        await ground.call(stranger, 'CLUSTER', 'SET-CONFIG-EPOCH', index + 1)
      }
      await ground.call(strangers[0]!, 'CLUSTER', 'ADDSLOTSRANGE', 0, 8191)
      await ground.call(strangers[1]!, 'CLUSTER', 'ADDSLOTSRANGE', 8192, 16_383)
      await ground.meet(strangers[0]!, strangers[1]!)
      await ground.until(async () => {
        const line = await ground.lineOf(strangers[1]!, strangers[0]!)
        return line !== undefined && !line.flags.has('handshake')
      }, 'the strangers to know each other')
      await ground.meet(strangers[0]!, 0)
      await ground.untilAllKnow(ground.ids[strangers[1]!]!)
    },
    finds: [],
    mayFind: WHILE_THEY_MEET,
    settles: true,
    // Who loses its last slot becomes a replica of who got it.
    leaves: ['primary-without-replica'],
  },
  {
    name: 'the target of an atomic move died in the middle of it, and came back',
    shape: KEEPING,
    happens: async (ground) => {
      await holdMigration(ground, 0, 1)
      await ground.kill(1)
      await ground.nodes[1]!.restart()
      await ground.untilOk()
    },
    finds: [],
    settles: true,
  },
  {
    name: 'the source of an atomic move died in the middle of it, and came back',
    shape: KEEPING,
    happens: async (ground) => {
      await holdMigration(ground, 0, 1)
      await ground.kill(0)
      await ground.nodes[0]!.restart()
      await ground.untilOk()
    },
    finds: [],
    settles: true,
  },
  {
    name: 'an atomic move and a move by MIGRATE were both cut off',
    shape: {primaries: 4},
    happens: async (ground) => {
      await ground.open(2, 3)
      await ground.migrate(2, 3, ground.plot(2).keys.slice(0, 3))
      await holdMigration(ground, 0, 1)
      await ground.call(0, 'CLUSTER', 'CANCELSLOTMIGRATIONS')
    },
    finds: ['slot-importing', 'slot-migrating'],
  },
  {
    name: 'a move was cut off, a third node lost a slot, and a fourth has strays: all at once',
    shape: {primaries: 4},
    happens: async (ground) => {
      await ground.open(0, 1)
      await ground.migrate(0, 1, ground.plot(0).keys.slice(0, 3))
      await ground.strand(3, 0, ground.plot(3).keys.slice(0, 2))
      await ground.orphan([ground.plot(2).slot])
    },
    isHidden: true,
    finds: ['cluster-down', 'slot-importing', 'slot-migrating', 'slots-uncovered', 'stray-keys'],
  },
  {
    name: 'a primary died in the middle of a move, and two other slots are nobody’s',
    shape: {...WITH_REPLICAS, config: {'cluster-replica-no-failover': true}},
    happens: async (ground) => {
      await ground.open(0, 1)
      await ground.migrate(0, 1, ground.plot(0).keys.slice(0, 3))
      await ground.untilCopied()
      await ground.orphan([1, ground.plot(2).slot])
      await ground.bury(1)
    },
    finds: ['cluster-down', 'primary-unreachable', 'slot-migrating', 'slots-uncovered'],
    leaves: ['primary-replaced', 'primary-without-replica'],
  },
]
