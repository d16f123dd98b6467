/** Slots that stand half-way: what a reshard leaves that was cut off, and what hands leave that moved slots by themselves. */
import type {BrokenTopology} from './broken.js'

export const OPEN_SLOTS: readonly BrokenTopology[] = [
  {
    name: 'only the target of a move was told',
    happens: (ground) => ground.importing(ground.plot(0).slot, 1, 0),
    finds: ['slot-importing'],
  },
  {
    name: 'only the source of a move was told',
    happens: (ground) => ground.migrating(ground.plot(0).slot, 0, 1),
    finds: ['slot-migrating'],
  },
  {
    name: 'both sides of a move were told, and no key has moved',
    happens: (ground) => ground.open(0, 1),
    finds: ['slot-importing', 'slot-migrating'],
  },
  {
    name: 'half of the keys have moved',
    happens: async (ground) => {
      await ground.open(0, 1)
      await ground.migrate(0, 1, ground.plot(0).keys.slice(0, 3))
    },
    finds: ['slot-importing', 'slot-migrating'],
  },
  {
    name: 'all keys have moved, and the slot was not handed over',
    happens: async (ground) => {
      await ground.open(0, 1)
      await ground.migrate(0, 1, ground.plot(0).keys)
    },
    finds: ['slot-importing', 'slot-migrating'],
  },
  {
    name: 'the source was told of the new owner before the target was',
    happens: async (ground) => {
      const {slot, keys} = ground.plot(0)
      await ground.open(0, 1)
      await ground.migrate(0, 1, keys)
      await ground.assign(slot, 1, 0)
    },
    finds: ['slot-importing', 'slots-uncovered'],
    mayFind: ['cluster-down', 'slots-disagree'],
  },
  {
    name: 'sixty-four slots were on their way together',
    shape: {keys: 2000},
    happens: async (ground) => {
      for (let slot = 100; slot < 164; slot++) await ground.open(0, 1, {slot, keys: []})
    },
    finds: ['slot-importing', 'slot-migrating'],
  },
  {
    name: 'two moves cross',
    happens: async (ground) => {
      await ground.open(0, 1)
      await ground.open(1, 0)
      await ground.migrate(0, 1, ground.plot(0).keys.slice(0, 2))
      await ground.migrate(1, 0, ground.plot(1).keys.slice(0, 2))
    },
    finds: ['slot-importing', 'slot-migrating'],
  },
  {
    name: 'the keys of a slot that is not on its way any more stayed half-way',
    happens: async (ground) => {
      await ground.open(0, 1)
      await ground.migrate(0, 1, ground.plot(0).keys.slice(0, 3))
      await ground.stable(ground.plot(0).slot, 0)
    },
    finds: ['slot-importing'],
  },
  {
    name: 'the target of a half-done move has closed the slot',
    happens: async (ground) => {
      await ground.open(0, 1)
      await ground.migrate(0, 1, ground.plot(0).keys.slice(0, 3))
      await ground.stable(ground.plot(0).slot, 1)
    },
    finds: ['slot-migrating', 'stray-keys'],
  },
  {
    name: 'a slot is migrating to one node and imported by another',
    happens: async (ground) => {
      const {slot} = ground.plot(0)
      await ground.migrating(slot, 0, 1)
      await ground.importing(slot, 2, 0)
    },
    finds: ['slot-importing', 'slot-migrating'],
  },
  {
    name: 'two nodes import a slot that is migrating to one of them',
    happens: async (ground) => {
      await ground.importing(ground.plot(0).slot, 2, 0)
      await ground.open(0, 1)
    },
    finds: ['slot-importing', 'slot-migrating'],
  },
  {
    name: 'two nodes import a slot that its owner does not give away',
    happens: async (ground) => {
      await ground.importing(ground.plot(0).slot, 1, 0)
      await ground.importing(ground.plot(0).slot, 2, 0)
    },
    finds: ['slot-importing'],
  },
  {
    name: 'keys of a slot are on three nodes, and two of them import it',
    happens: async (ground) => {
      const {slot, keys} = ground.plot(0)
      await ground.open(0, 1)
      await ground.migrate(0, 1, keys.slice(0, 2))
      await ground.importing(slot, 2, 0)
      await ground.migrating(slot, 0, 2)
      await ground.migrate(0, 2, keys.slice(2, 4))
    },
    finds: ['slot-importing', 'slot-migrating'],
  },
  {
    name: 'a slot is imported from a node that does not own it',
    happens: (ground) => ground.importing(ground.plot(0).slot, 1, 2),
    finds: ['slot-importing'],
  },
  {
    name: 'the new owner gives the slot on, and the old one was not told of it',
    happens: async (ground) => {
      const {slot, keys} = ground.plot(0)
      await ground.open(0, 1)
      await ground.migrate(0, 1, keys)
      await ground.assign(slot, 1, 1)
      await ground.importing(slot, 2, 1)
      await ground.migrating(slot, 1, 2)
    },
    finds: ['slot-importing', 'slot-migrating'],
    mayFind: ['slots-contested', 'slots-disagree'],
  },
  {
    name: 'a slot was on its way to a new and empty primary',
    happens: async (ground) => {
      const fresh = await ground.addMember()
      await ground.open(0, fresh)
      await ground.migrate(0, fresh, ground.plot(0).keys.slice(0, 3))
    },
    finds: ['slot-importing', 'slot-migrating'],
  },
  {
    name: 'both sides have the same keys with the same values',
    happens: async (ground) => {
      const {slot, keys} = ground.plot(0)
      await ground.open(0, 1)
      await ground.copy(0, 1, keys.slice(0, 2))
      await ground.stable(slot, 0)
    },
    finds: ['slot-importing'],
  },
  {
    name: 'both sides of an open move have the same keys with the same values: a MIGRATE whose answer was lost',
    happens: async (ground) => {
      await ground.open(0, 1)
      await ground.copy(0, 1, ground.plot(0).keys.slice(0, 2))
    },
    finds: ['slot-importing', 'slot-migrating'],
  },
  {
    name: 'the source was failed over in the middle of a move',
    shape: {replicasEach: 1},
    happens: async (ground) => {
      await ground.open(0, 1)
      await ground.migrate(0, 1, ground.plot(0).keys.slice(0, 3))
      await ground.untilCopied()
      await ground.failover(3)
    },
    // The target believes no gossip about a slot that it imports: for it, nobody serves this one.
    finds: ['cluster-down', 'slot-importing', 'slots-disagree'],
  },
  {
    name: 'the target was failed over in the middle of a move',
    shape: {replicasEach: 1},
    happens: async (ground) => {
      await ground.open(0, 1)
      await ground.migrate(0, 1, ground.plot(0).keys.slice(0, 3))
      await ground.untilCopied()
      await ground.failover(4)
    },
    finds: ['slot-migrating', 'stray-keys'],
  },
  {
    name: 'source and target were failed over in the middle of a move',
    shape: {replicasEach: 1},
    happens: async (ground) => {
      await ground.open(0, 1)
      await ground.migrate(0, 1, ground.plot(0).keys.slice(0, 3))
      await ground.untilCopied()
      await ground.failover(3)
      await ground.failover(4)
    },
    // Neither of the new primaries knows of the move.
    isHidden: true,
    finds: ['stray-keys'],
  },
  {
    name: 'source and target were restarted in the middle of a move',
    shape: {config: {appendonly: true}},
    happens: async (ground) => {
      await ground.open(0, 1)
      await ground.migrate(0, 1, ground.plot(0).keys.slice(0, 3))
      await ground.nodes[0]!.restart()
      await ground.nodes[1]!.restart()
      await ground.untilOk()
    },
    finds: ['slot-importing', 'slot-migrating'],
  },
]
