import {expect} from 'chai'
import {consequences} from '../../../../src/manager/plan/consequences.js'
import {DEFAULT_BIG_KEYS} from '../../../../src/manager/plan/big-keys.js'
import {planDelNode} from '../../../../src/manager/plan/del-node.js'
import {DEFAULT_SETTINGS} from '../../../../src/manager/plan/plan.js'
import {predictPhases} from '../../../../src/manager/plan/predict.js'
import {accepted, codesOf, messagesOf, movesOf, refused, stepsOfKind, titlesOf} from '../../../support/plans.js'
import {
  changedNode,
  importing,
  migrating,
  primaryId,
  replicaId,
  silent,
  topologyOf,
} from '../../../support/topologies.js'

const SHAPE = {primaries: 3, replicasEach: 1}
const CLUSTER = topologyOf(SHAPE)
const [A, B, C] = [primaryId(0), primaryId(1), primaryId(2)]

describe('planning to delete a replica', () => {
  it('has all others forget it, makes sure of it, and resets it', () => {
    const plan = accepted(planDelNode(CLUSTER, replicaId(1)))
    expect(titlesOf(plan)).to.deep.equal(['forget the node', 'wait until it is forgotten', 'reset the node'])
    const others = CLUSTER.nodes.map(({id}) => id).filter((id) => id !== replicaId(1))
    expect(stepsOfKind(plan, 'forget')).to.deep.equal(others.map((by) => ({kind: 'forget', node: replicaId(1), by})))
    expect(stepsOfKind(plan, 'wait-forgotten')).to.deep.equal([
      {kind: 'wait-forgotten', node: replicaId(1), nodes: others},
    ])
    expect(stepsOfKind(plan, 'reset')).to.deep.equal([{kind: 'reset', node: replicaId(1), mode: 'soft'}])
  })

  it('never enters the cluster by the node that leaves it', () => {
    expect(CLUSTER.entry).to.include({host: '10.0.0.1', port: 7001})
    const plan = accepted(planDelNode(CLUSTER, A, {drain: true}))
    expect(plan.entries).to.not.include('10.0.0.1:7001')
    expect(plan.entries).to.have.length(5)
  })
})

describe('planning to delete a primary', () => {
  it('without slots gives its replicas another primary, then has it forgotten', () => {
    const topology = topologyOf({primaries: 3, replicasEach: 1, slots: ['0-8191', '8192-16383', '']})
    const plan = accepted(planDelNode(topology, C))
    expect(titlesOf(plan)).to.deep.equal([
      'give its replicas another primary',
      'wait until all agree',
      'forget the node',
      'wait until it is forgotten',
      'reset the node',
    ])
    expect(stepsOfKind(plan, 'replicate')).to.deep.equal([{kind: 'replicate', replica: replicaId(2), primary: A}])
  })

  it('gives its slots to the others first when told to, so that they end level, each where its own slots are', () => {
    const topology = topologyOf({primaries: 4, slots: ['0-999', '1000-1999', '2000-9999', '10000-16383']})
    const plan = accepted(planDelNode(topology, primaryId(2), {drain: true}))
    expect(titlesOf(plan).slice(0, 2)).to.deep.equal(['move its slots to the others', 'wait until all agree'])
    expect(movesOf(plan).map(({slots, target}) => [slots, target])).to.deep.equal([
      ['6000-9999', A],
      ['2000-5999', B],
    ])
    const after = predictPhases(topology, plan.phases)
    expect(after.primaries.map(({slots}) => slots.size)).to.deep.equal([5000, 5000, 6384])
  })

  it('does not wait for the node itself, which may be copying data that it will never need', () => {
    const plan = accepted(planDelNode(CLUSTER, C, {drain: true}))
    for (const {nodes} of stepsOfKind(plan, 'wait-agreement')) expect(nodes).to.not.include(C)
  })

  it('does not announce that the emptied node becomes a replica: it leaves', () => {
    const plan = accepted(planDelNode(CLUSTER, C, {drain: true}))
    expect(consequences(CLUSTER, plan)).to.deep.equal([])
  })

  it('drains atomically where the servers can', () => {
    const valkey = topologyOf({primaries: 3, product: 'valkey'})
    for (const atomic of [true, undefined]) {
      const plan = accepted(planDelNode(valkey, C, {drain: true, atomic}))
      expect(new Set(movesOf(plan).map(({kind}) => kind))).to.deep.equal(new Set(['migrate-slots']))
    }
    expect(codesOf(planDelNode(CLUSTER, C, {drain: true, atomic: true}))).to.include('atomic-not-supported')
  })

  it('spreads its replicas over the primaries that have fewest, on other hosts if it can', () => {
    // Given: four nodes on each of two hosts; the replicas of the third primary sit on both.
    const topology = topologyOf(
      {primaries: 3, replicasEach: 2, hosts: 2},
      silent(replicaId(0, 0)),
      silent(replicaId(1, 0)),
    )
    const plan = accepted(planDelNode(topology, C, {drain: true}))
    expect(stepsOfKind(plan, 'replicate')).to.deep.equal([
      {kind: 'replicate', replica: replicaId(2, 0), primary: A},
      {kind: 'replicate', replica: replicaId(2, 1), primary: B},
    ])
  })
})

describe('planning to delete a dead node', () => {
  it('has the others forget it; there is nothing to reset', () => {
    const topology = topologyOf(SHAPE, silent(replicaId(2)))
    const plan = accepted(planDelNode(topology, replicaId(2)))
    expect(titlesOf(plan)).to.deep.equal(['forget the node', 'wait until it is forgotten'])
    expect(plan.nodes).to.deep.include({id: replicaId(2), address: '10.0.0.6:7006'})
  })

  it('is refused while its slots belong to nobody', () => {
    const topology = topologyOf(SHAPE, silent(C))
    const planned = planDelNode(topology, C)
    expect(codesOf(planned)).to.deep.equal(['slots-not-taken-over'])
    expect(refused(planned)[0]).to.include({slots: '10923-16383', remedy: 'tscluster fix 10.0.0.1:7001'})
  })

  it('is refused while the cluster has not agreed that it is down', () => {
    const topology = topologyOf(SHAPE, silent(replicaId(2), {failed: false}))
    expect(codesOf(planDelNode(topology, replicaId(2)))).to.deep.equal(['node-not-failed'])
  })
})

describe('deleting a node is refused', () => {
  it('when slots with big keys were to stay: a node that leaves must give away all of them', () => {
    const settings = {...DEFAULT_SETTINGS, bigKeys: {...DEFAULT_BIG_KEYS, handling: 'skip'}} as const
    const planned = planDelNode(CLUSTER, C, {drain: true, settings})
    expect(codesOf(planned)).to.deep.equal(['cannot-skip'])
    expect(refused(planned)[0]!.remedy).to.equal('--big-keys last')
  })

  it('when nobody knows it', () => {
    expect(codesOf(planDelNode(CLUSTER, 'f'.repeat(40)))).to.deep.equal(['unknown-node'])
  })

  it('when it has slots, and names the command that would move them', () => {
    const planned = planDelNode(CLUSTER, B)
    expect(messagesOf(planned)).to.deep.equal(['10.0.0.2:7002 still has 5462 slots'])
    expect(refused(planned)[0]!.remedy).to.equal(`tscluster del-node 10.0.0.1:7001 ${B} --drain`)
  })

  it('when it is the only node, or the only primary with slots', () => {
    expect(codesOf(planDelNode(topologyOf({primaries: 1}), A, {drain: true}))).to.deep.equal(['last-node'])
    const lonely = topologyOf({primaries: 2, replicasEach: 1, slots: ['0-16383', '']})
    expect(codesOf(planDelNode(lonely, A, {drain: true}))).to.deep.equal(['last-primary'])
  })

  it('when it takes part in a move that was not finished', () => {
    const slots = ['0-8191', '8192-16383', '']
    const topology = topologyOf({primaries: 3, slots}, migrating(5, A, C), importing(5, C, A))
    expect(codesOf(planDelNode(topology, C))).to.deep.equal(['cluster-not-healthy'])
    expect(codesOf(planDelNode(topology, B, {drain: true}))).to.deep.equal(['cluster-not-healthy'])
  })

  it('when it has keys without slots: they would be lost', () => {
    const stray = changedNode(C, (node) => ({...node, server: {...node.server, keysByDatabase: new Map([[0, 12]])}}))
    const topology = topologyOf({primaries: 3, slots: ['0-8191', '8192-16383', '']}, stray)
    expect(messagesOf(planDelNode(topology, C))).to.deep.equal([
      '10.0.0.3:7003 has no slots but still holds 12 keys, which would be lost',
    ])
  })
})
