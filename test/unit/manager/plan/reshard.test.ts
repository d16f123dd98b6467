import {expect} from 'chai'
import {SlotSet} from '../../../../src/model/slot-set.js'
import {consequences} from '../../../../src/manager/plan/consequences.js'
import {DEFAULT_SETTINGS} from '../../../../src/manager/plan/plan.js'
import {planReshard} from '../../../../src/manager/plan/reshard.js'
import {accepted, codesOf, messagesOf, movesOf, refused, titlesOf} from '../../../support/plans.js'
import {
  changedServer,
  importing,
  migrating,
  primaryId,
  replicaId,
  silent,
  topologyOf,
  uncovered,
} from '../../../support/topologies.js'

const THREE = topologyOf({primaries: 3, replicasEach: 1})
const [A, B, C] = [primaryId(0), primaryId(1), primaryId(2)]

describe('planning a reshard', () => {
  it('takes from every other primary in proportion to its slots, the lowest first', () => {
    const plan = accepted(planReshard(THREE, {slots: 100, to: A, from: 'all'}))
    expect(movesOf(plan)).to.deep.equal([
      {kind: 'move-slots', slots: '5461-5510', source: B, target: A},
      {kind: 'move-slots', slots: '10923-10972', source: C, target: A},
    ])
    expect(titlesOf(plan)).to.deep.equal(['move slots', 'wait until all agree'])
    expect(plan.basedOn).to.equal(THREE.fingerprint)
    expect(plan.entries[0]).to.equal('10.0.0.1:7001')
  })

  it('moves exactly as many slots as were asked for', () => {
    const five = topologyOf({primaries: 6, slots: ['', '0-9', '10-19', '20-29', '30-39', '40-16383']})
    const from = [primaryId(1), primaryId(2), primaryId(3), primaryId(4)]
    const plan = accepted(planReshard(five, {slots: 3, to: A, from}))
    expect(movesOf(plan).map(({slots}) => slots)).to.deep.equal(['9', '10', '20'])
  })

  it('skips sources that have nothing to give', () => {
    const topology = topologyOf({primaries: 3, slots: ['0-8191', '8192-16383', '']})
    const plan = accepted(planReshard(topology, {slots: 10, to: A, from: [C, B]}))
    expect(movesOf(plan)).to.deep.equal([{kind: 'move-slots', slots: '8192-8201', source: B, target: A}])
  })

  it('moves certain slots from wherever they are; those that are there already are no work', () => {
    const slots = SlotSet.parse('0-9 5461-5463 16383')!
    const plan = accepted(planReshard(THREE, {slots, to: A, from: 'all'}))
    expect(movesOf(plan).map(({slots: moved, source}) => [moved, source])).to.deep.equal([
      ['5461-5463', B],
      ['16383', C],
    ])
    const nothing = accepted(planReshard(THREE, {slots: SlotSet.parse('0-9')!, to: A, from: 'all'}))
    expect(nothing.phases).to.deep.equal([])
  })

  it('lets the servers move them whole where both ends can, unless told otherwise', () => {
    const valkey = topologyOf({primaries: 3, product: 'valkey'})
    const lane = {slots: '5461-5465', source: B, target: A}
    const movesWith = (atomic?: boolean): unknown =>
      movesOf(accepted(planReshard(valkey, {slots: 5, to: A, from: [B], atomic})))
    expect(movesWith()).to.deep.equal([{kind: 'migrate-slots', fallback: true, ...lane}])
    expect(movesWith(true)).to.deep.equal([{kind: 'migrate-slots', ...lane}])
    expect(movesWith(false)).to.deep.equal([{kind: 'move-slots', because: 'no-atomic', ...lane}])
  })

  it('carries the settings that it was given', () => {
    const settings = {migrateTimeoutMs: 1000, pipeline: 50, replace: true, timeoutMs: 5000}
    expect(accepted(planReshard(THREE, {slots: 1, to: A, from: 'all', settings})).settings).to.deep.equal(settings)
  })
})

describe('a reshard that empties a primary', () => {
  it('says that it becomes a replica, and its replicas with it', () => {
    const plan = accepted(planReshard(THREE, {slots: 5462, to: A, from: [B]}))
    expect(consequences(THREE, plan)).to.deep.equal([
      '10.0.0.2:7002 gives away its last slot: it becomes a replica of 10.0.0.1:7001, and its 1 replica with it, ' +
        'unless its cluster-allow-replica-migration is off.',
    ])
  })

  it('has nothing to say while one slot stays', () => {
    const plan = accepted(planReshard(THREE, {slots: 5461, to: A, from: [B]}))
    expect(consequences(THREE, plan)).to.deep.equal([])
  })
})

describe('a reshard is refused', () => {
  const reshard = (request: Partial<Parameters<typeof planReshard>[1]>, topology = THREE) =>
    planReshard(topology, {slots: 10, to: A, from: 'all', ...request})

  it('when the target is not known, or a replica', () => {
    expect(codesOf(reshard({to: 'f'.repeat(40)}))).to.deep.equal(['unknown-node'])
    expect(codesOf(reshard({to: replicaId(1)}))).to.deep.equal(['not-a-primary'])
  })

  it('when a source is the target, not known, a replica, or named twice', () => {
    expect(codesOf(reshard({from: [A, B]}))).to.deep.equal(['target-is-source'])
    expect(codesOf(reshard({from: ['f'.repeat(40)]}))).to.deep.equal(['unknown-node'])
    expect(codesOf(reshard({from: [replicaId(1)]}))).to.deep.equal(['not-a-primary'])
    expect(codesOf(reshard({from: [B, C, B]}))).to.deep.equal(['duplicate-source'])
  })

  it('when nobody is left to take from', () => {
    expect(codesOf(reshard({from: []}))).to.deep.equal(['no-sources'])
    const alone = topologyOf({primaries: 2, slots: ['0-16383', '']})
    expect(codesOf(reshard({}, alone))).to.deep.equal(['no-sources'])
    expect(codesOf(reshard({from: [B]}, alone))).to.deep.equal(['no-sources'])
  })

  it('when the number of slots is out of range, or more than there are', () => {
    expect(codesOf(reshard({slots: 0}))).to.deep.equal(['invalid-slot-count'])
    expect(codesOf(reshard({slots: -5}))).to.deep.equal(['invalid-slot-count'])
    expect(codesOf(reshard({slots: 1.5}))).to.deep.equal(['invalid-slot-count'])
    expect(codesOf(reshard({slots: 20_000}))).to.deep.equal(['invalid-slot-count'])
    expect(codesOf(reshard({slots: SlotSet.EMPTY}))).to.deep.equal(['invalid-slot-count'])
    expect(messagesOf(reshard({slots: 6000, from: [B]}))).to.deep.equal([
      '6000 slots were asked for, but the sources together have 5462',
    ])
  })

  it('when a slot that was asked for is with none of the sources', () => {
    const planned = reshard({slots: SlotSet.parse('5461 16383')!, from: [B]})
    expect(codesOf(planned)).to.deep.equal(['not-at-source'])
    expect(refused(planned)[0]!.slots).to.equal('16383')
  })

  it('while a slot is open, and names the command that closes it', () => {
    const open = topologyOf({primaries: 3}, migrating(5, A, B), importing(5, B, A))
    const [finding] = refused(reshard({}, open))
    expect(finding).to.include({code: 'cluster-not-healthy', slots: '5', remedy: 'tscluster fix 10.0.0.1:7001'})
  })

  it('while slots are without an owner, or their owner is silent', () => {
    expect(codesOf(reshard({}, topologyOf({primaries: 3}, uncovered('7-9'))))).to.deep.equal(['cluster-not-healthy'])
    expect(codesOf(reshard({}, topologyOf({primaries: 3}, silent(C))))).to.deep.equal(['cluster-not-healthy'])
  })

  it('while two primaries claim a slot', () => {
    const contested = topologyOf({primaries: 2, slots: ['0-9000', '9000-16383']})
    expect(refused(reshard({}, contested))[0]).to.include({code: 'cluster-not-healthy', slots: '9000'})
  })

  it('when big keys are to go atomically and one end cannot: the stall that was to be avoided is not risked', () => {
    const settings = {...DEFAULT_SETTINGS, bigKeys: {bytes: 1e6, handling: 'atomic'}} as const
    const planned = reshard({settings})
    expect(new Set(codesOf(planned))).to.deep.equal(new Set(['atomic-not-supported']))
    expect(refused(planned)[0]!.remedy).to.equal('--big-keys last, or skip')
  })

  it('when it is to be atomic and one end cannot', () => {
    const planned = reshard({atomic: true})
    expect(new Set(codesOf(planned))).to.deep.equal(new Set(['atomic-not-supported']))
    const redis = changedServer(A, {product: 'redis', version: '7.0.15', capabilities: new Set()})
    const mixed = topologyOf({primaries: 3, product: 'valkey'}, redis)
    expect(messagesOf(reshard({atomic: true}, mixed))).to.deep.equal([
      '10.0.0.1:7001 cannot move slots atomically: that takes Valkey 9.0, Redis 8.4 or the bundled engine',
    ])
  })
})
