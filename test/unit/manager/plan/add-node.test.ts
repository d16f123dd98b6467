import {expect} from 'chai'
import {planAddNode, primaryFor} from '../../../../src/manager/plan/add-node.js'
import {predictPhases, withNewcomers} from '../../../../src/manager/plan/predict.js'
import {findPrimary} from '../../../../src/manager/view/topology.js'
import {accepted, codesOf, messagesOf, refused, stepsIn, titlesOf} from '../../../support/plans.js'
import {
  freshId,
  freshNode,
  nodeLine,
  primaryId,
  replicaId,
  silent,
  topologyOf,
  uncovered,
} from '../../../support/topologies.js'

const CLUSTER = topologyOf({primaries: 3, replicasEach: 1})
const MEMBERS = CLUSTER.nodes.map(({id}) => id)
const NEW = freshNode(0)

describe('planning to add a primary', () => {
  it('copies the functions, introduces it to every node, and waits until all know it', () => {
    const plan = accepted(planAddNode(CLUSTER, NEW, {replica: false}))
    expect(plan.phases).to.deep.equal([
      {title: 'copy the functions', steps: [{kind: 'copy-functions', from: primaryId(0), to: freshId(0)}]},
      {title: 'introduce the node', steps: [{kind: 'meet', node: freshId(0), peers: MEMBERS}]},
      {title: 'wait until all agree', steps: [{kind: 'wait-agreement', nodes: [...MEMBERS, freshId(0)], push: true}]},
    ])
    expect(plan.newcomers).to.deep.equal([freshId(0)])
    expect(plan.entries[0]).to.equal('10.0.0.1:7001')
  })

  it('has no functions to copy between servers that know none', () => {
    const old = freshNode(0, {server: {version: '6.2.14'}})
    expect(titlesOf(accepted(planAddNode(CLUSTER, old, {replica: false})))).to.not.include('copy the functions')
  })

  it('is undone by forgetting it everywhere, giving it a new identity, taking the functions back, and parting them for good', () => {
    const plan = accepted(planAddNode(CLUSTER, NEW, {replica: false}))
    expect(stepsIn(plan.undo ?? [])).to.deep.equal([
      ...MEMBERS.map((by) => ({kind: 'forget', node: freshId(0), by})),
      {kind: 'reset', node: freshId(0), mode: 'hard'},
      {kind: 'flush-functions', node: freshId(0)},
      {kind: 'wait-forgotten', node: freshId(0), nodes: MEMBERS, atItsAddress: true},
      ...MEMBERS.map((node) => ({kind: 'wait-forgotten', node, nodes: [freshId(0)]})),
    ])
  })
})

describe('planning to add a replica', () => {
  it('attaches it once it knows the cluster', () => {
    const plan = accepted(planAddNode(CLUSTER, NEW, {replica: true, primaryId: primaryId(2)}))
    expect(titlesOf(plan)).to.deep.equal([
      'introduce the node',
      'wait until all agree',
      'attach the replica',
      'wait until all agree',
    ])
    const after = predictPhases(withNewcomers(CLUSTER, [NEW]), plan.phases)
    expect(findPrimary(after, primaryId(2))!.replicas).to.deep.equal([replicaId(2), freshId(0)])
  })

  it('chooses the first primary with the fewest replicas', () => {
    expect(primaryFor(CLUSTER, NEW, {replica: true})).to.equal(primaryId(0))
    const bereft = topologyOf({primaries: 3, replicasEach: 1}, silent(replicaId(1)))
    expect(primaryFor(bereft, NEW, {replica: true})).to.equal(primaryId(1))
  })

  it('prefers, among those, one on another host', () => {
    const beside = freshNode(0, {host: '10.0.0.1'})
    expect(primaryFor(CLUSTER, beside, {replica: true})).to.equal(primaryId(1))
    const oneHost = topologyOf({primaries: 3, hosts: 1})
    expect(primaryFor(oneHost, beside, {replica: true})).to.equal(primaryId(0))
  })

  it('has no use for a primary when the node is to be one', () => {
    expect(primaryFor(CLUSTER, NEW, {replica: false, primaryId: primaryId(2)})).to.equal(undefined)
  })
})

describe('adding a node is refused', () => {
  it('when it is not empty, or its bus cannot be reached', () => {
    const other = freshNode(0, {peers: [nodeLine({id: freshId(7)})], busPort: 'refused'})
    expect(codesOf(planAddNode(CLUSTER, other, {replica: true}))).to.deep.equal(['node-not-empty', 'bus-port-closed'])
  })

  it('when it belongs to the cluster already', () => {
    const self = freshNode(0, {
      host: '10.0.0.2',
      port: 7002,
      line: {id: primaryId(1)},
      peers: [nodeLine({id: primaryId(0)})],
    })
    expect(messagesOf(planAddNode(CLUSTER, self, {replica: true}))).to.deep.equal([
      '10.0.0.2:7002 is already a node of this cluster',
    ])
  })

  it('when a dead node still has its address: that one has to be deleted first', () => {
    const cluster = topologyOf({primaries: 3, replicasEach: 1}, silent(replicaId(0)))
    const reborn = freshNode(0, {host: '10.0.0.4', port: 7004})
    const planned = planAddNode(cluster, reborn, {replica: true})
    expect(codesOf(planned)).to.deep.equal(['already-member'])
    expect(refused(planned)[0]!.remedy).to.equal(`tscluster del-node 10.0.0.1:7001 ${replicaId(0)}`)
  })

  it('when it brings functions along and is to be a primary', () => {
    const busy = freshNode(0, {hasFunctions: true})
    const planned = planAddNode(CLUSTER, busy, {replica: false})
    expect(codesOf(planned)).to.deep.equal(['has-functions'])
    expect(refused(planned)[0]!.remedy).to.equal('redis-cli -h 10.0.1.1 -p 8001 FUNCTION FLUSH')
    expect(accepted(planAddNode(CLUSTER, busy, {replica: true})).phases).to.not.be.empty
  })

  it('when the primary it is to follow is not known, or a replica', () => {
    const under = (primary: string) => planAddNode(CLUSTER, NEW, {replica: true, primaryId: primary})
    expect(codesOf(under('f'.repeat(40)))).to.deep.equal(['unknown-node'])
    expect(codesOf(under(replicaId(0)))).to.deep.equal(['not-a-primary'])
  })

  it('while slots are uncovered', () => {
    const broken = topologyOf({primaries: 3}, uncovered('5'))
    expect(codesOf(planAddNode(broken, NEW, {replica: true}))).to.deep.equal(['cluster-not-healthy'])
  })

  it('when it runs another product, but for the way from Redis 7.2 to Valkey', () => {
    const valkey = freshNode(0, {server: {product: 'valkey', version: '9.1.2'}})
    const add = (version: string) => planAddNode(topologyOf({primaries: 3, version}), valkey, {replica: true})
    expect(messagesOf(add('8.0.6'))).to.deep.equal([
      '10.0.1.1:8001 runs valkey 9.1.2, but this cluster has nodes with redis 8.0.6',
    ])
    expect(accepted(add('7.2.4')).phases).to.not.be.empty
    const redis = planAddNode(topologyOf({primaries: 3, product: 'valkey'}), NEW, {replica: true})
    expect(codesOf(redis)).to.deep.equal(['mixed-products'])
  })
})
