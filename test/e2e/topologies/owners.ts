/** Who serves which slot, and where the keys are: slots of nobody, slots of two, keys away from home, accounts that differ. */
import type {BrokenTopology} from './broken.js'
import type {Ground} from './ground.js'
import {fix} from './operator.js'

const INDEPENDENT = {config: {'cluster-require-full-coverage': false}}

/** The key is at home and elsewhere, with other values. */
const ELSEWHERE = ['SET', 'not as at home'] as const

async function plantTwin(ground: Ground, value: string): Promise<void> {
  await ground.plant(1, 0, 'SET', ground.plot(0).keys[0]!, value)
}

export const UNCOVERED: readonly BrokenTopology[] = [
  {
    name: 'nobody serves a slot without keys',
    happens: (ground) => ground.orphan([1]),
    finds: ['cluster-down', 'slots-uncovered'],
  },
  {
    name: 'nobody serves a slot, and its keys are where they were',
    happens: (ground) => ground.orphan([ground.plot(0).slot]),
    finds: ['cluster-down', 'slots-uncovered'],
  },
  {
    name: 'nobody serves a slot, and its keys are on two nodes',
    happens: async (ground) => {
      await ground.strand(0, 1, ground.plot(0).keys.slice(0, 2))
      await ground.orphan([ground.plot(0).slot])
    },
    finds: ['cluster-down', 'slots-uncovered'],
  },
  {
    name: 'nobody serves a slot, and its keys are on three nodes',
    happens: async (ground) => {
      await ground.strand(0, 1, ground.plot(0).keys.slice(0, 2))
      await ground.strand(0, 2, ground.plot(0).keys.slice(2, 3))
      await ground.orphan([ground.plot(0).slot])
    },
    finds: ['cluster-down', 'slots-uncovered'],
  },
  {
    name: 'nobody serves thousands of slots, with their keys all over them',
    shape: {keys: 300},
    happens: (ground) => ground.orphan(Array.from({length: 3000}, (_, slot) => slot)),
    finds: ['cluster-down', 'slots-uncovered'],
  },
  {
    name: 'nobody serves some slots, and the cluster goes on without them',
    shape: INDEPENDENT,
    happens: (ground) => ground.orphan([1, 2, 3, ground.plot(1).slot]),
    finds: ['slots-uncovered'],
  },
  {
    name: 'an owner has dropped a slot that all others still credit to it',
    happens: (ground) => ground.call(0, 'CLUSTER', 'DELSLOTS', ground.plot(0).slot),
    finds: ['cluster-down', 'slots-disagree', 'slots-uncovered'],
  },
  {
    name: 'nobody serves a slot that one node was importing',
    happens: async (ground) => {
      const {slot, keys} = ground.plot(0)
      await ground.open(0, 1)
      await ground.migrate(0, 1, keys.slice(0, 2))
      await ground.tell([0, 2], 'CLUSTER', 'DELSLOTS', slot)
    },
    finds: ['cluster-down', 'slot-importing', 'slots-uncovered'],
    mayFind: ['slots-disagree', 'slot-migrating'],
  },
  {
    name: 'every primary has dropped all its slots',
    shape: {keys: 100},
    happens: async (ground) => {
      for (const node of ground.all) await ground.call(node, 'CLUSTER', 'FLUSHSLOTS').catch(() => undefined)
      await ground.orphan(Array.from({length: 16_384}, (_, slot) => slot))
    },
    finds: ['cluster-down', 'slots-disagree', 'slots-uncovered'],
  },
]

export const OWNERS: readonly BrokenTopology[] = [
  {
    name: 'keys of a slot are on a node that does not own it, and nothing tells why',
    happens: (ground) => ground.strand(0, 1, ground.plot(0).keys.slice(0, 3)),
    isHidden: true,
    finds: ['stray-keys'],
  },
  {
    name: 'keys of one slot are strays on two nodes',
    happens: async (ground) => {
      await ground.strand(0, 1, ground.plot(0).keys.slice(0, 2))
      await ground.strand(0, 2, ground.plot(0).keys.slice(2, 4))
    },
    isHidden: true,
    finds: ['stray-keys'],
  },
  {
    name: 'two nodes have keys of each other',
    happens: async (ground) => {
      await ground.strand(0, 1, ground.plot(0).keys.slice(0, 2))
      await ground.strand(1, 0, ground.plot(1).keys.slice(0, 2))
    },
    isHidden: true,
    finds: ['stray-keys'],
  },
  {
    name: 'a stray key that is to expire',
    shape: {expireEvery: 1},
    happens: async (ground) => {
      await ground.call(0, 'EXPIRE', ground.plot(0).keys[0]!, 3600)
      await ground.remember()
      await ground.strand(0, 1, ground.plot(0).keys.slice(0, 1))
    },
    isHidden: true,
    finds: ['stray-keys'],
  },
  {
    name: 'a stray key that its owner has as well, with the same value',
    happens: async (ground) => {
      await ground.open(0, 1)
      await ground.copy(0, 1, ground.plot(0).keys.slice(0, 2))
      await ground.stable(ground.plot(0).slot, 0, 1)
    },
    isHidden: true,
    finds: ['stray-keys'],
  },
  {
    name: 'a stray key that its owner has as well, with another value: only the operator can choose',
    happens: (ground) => plantTwin(ground, ELSEWHERE[1]),
    isHidden: true,
    finds: ['stray-keys'],
    needs: {
      fixSays: ['key-exists'],
      then: async (ground) => {
        const key = ground.plot(0).keys[0]!
        await ground.importing(ground.plot(0).slot, 1, 0)
        await Promise.all([ground.call(1, 'ASKING'), ground.call(1, 'DEL', key)])
        await ground.stable(ground.plot(0).slot, 1)
      },
    },
  },
  {
    name: 'the same, and the operator chooses the stray one with --replace',
    happens: (ground) => plantTwin(ground, ELSEWHERE[1]),
    isHidden: true,
    finds: ['stray-keys'],
    needs: {fixSays: ['key-exists'], then: (ground) => fix(ground.address(), '--replace'), losesKeys: true},
  },
  {
    name: 'a node that does not hear the owner credits one of its slots to another',
    shape: {nodeTimeoutMs: 30_000},
    happens: async (ground) => {
      ground.nodes[2]!.partitionFrom([ground.nodes[0]!])
      await ground.assign(1, 1, 2)
    },
    finds: ['slots-disagree'],
  },
  {
    name: 'a node that does not hear the owner credits a thousand of its slots to another',
    shape: {nodeTimeoutMs: 30_000},
    happens: async (ground) => {
      ground.nodes[2]!.partitionFrom([ground.nodes[0]!])
      for (let slot = 0; slot < 1000; slot++) await ground.assign(slot, 1, 2)
    },
    finds: ['slots-disagree'],
  },
  {
    name: 'all other nodes credit a slot to each other',
    happens: async (ground) => {
      await ground.assign(1, 1, 2)
      await ground.assign(1, 2, 1)
    },
    finds: [],
    mayFind: ['slots-contested', 'slots-disagree'],
    settles: true,
  },
  {
    name: 'the owner of a slot credits it to another node, which does not know of it',
    happens: (ground) => ground.assign(1, 1, 0),
    finds: ['slots-uncovered'],
    mayFind: ['cluster-down', 'slots-disagree'],
  },
  {
    name: 'a primary claims a slot of another one, which has a higher config epoch',
    happens: async (ground) => {
      await ground.call(1, 'CLUSTER', 'DELSLOTS', 16_000)
      await ground.call(1, 'CLUSTER', 'ADDSLOTS', 16_000)
    },
    finds: [],
    mayFind: ['slots-contested', 'slots-disagree'],
    settles: true,
  },
  {
    name: 'two primaries claim one slot, and do not hear each other',
    shape: {nodeTimeoutMs: 30_000},
    happens: async (ground) => {
      ground.nodes[0]!.partitionFrom([ground.nodes[1]!])
      await ground.call(1, 'CLUSTER', 'DELSLOTS', 1)
      await ground.call(1, 'CLUSTER', 'ADDSLOTS', 1)
    },
    finds: ['slots-contested', 'slots-disagree'],
  },
]
