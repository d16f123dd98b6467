import {expect} from 'chai'
import {SlotSet} from '../../../../src/model/slot-set.js'
import {allocateNodes, createWarnings, planCreate} from '../../../../src/manager/plan/create.js'
import {newcomersTopology, predictPhases} from '../../../../src/manager/plan/predict.js'
import {accepted, codesOf, messagesOf, refused, stepsIn, stepsOfKind, titlesOf} from '../../../support/plans.js'
import {freshId, freshNode, freshNodes, nodeLine} from '../../../support/topologies.js'

const SIX = freshNodes('h1', 'h1', 'h2', 'h2', 'h3', 'h3')

describe('planning a new cluster', () => {
  it('gives out slots and epochs, introduces the nodes, attaches replicas, and waits', () => {
    const plan = accepted(planCreate(SIX, {replicas: 1}))
    expect(titlesOf(plan)).to.deep.equal([
      'give out slots and epochs',
      'introduce the nodes',
      'attach replicas',
      'wait until all agree',
    ])
    expect(stepsOfKind(plan, 'add-slots').map(({slots}) => slots)).to.deep.equal([
      '0-5460',
      '5461-10922',
      '10923-16383',
    ])
    expect(stepsOfKind(plan, 'replicate')).to.deep.equal([
      {kind: 'replicate', replica: freshId(3), primary: freshId(0)},
      {kind: 'replicate', replica: freshId(5), primary: freshId(2)},
      {kind: 'replicate', replica: freshId(1), primary: freshId(4)},
    ])
    expect(stepsOfKind(plan, 'wait-agreement')).to.deep.equal([
      {kind: 'wait-agreement', nodes: SIX.map((_, index) => freshId(index)), push: true},
    ])
  })

  it('leads to a cluster in which every slot has one owner and every replica its primary', () => {
    const plan = accepted(planCreate(SIX, {replicas: 1}))
    const after = predictPhases(newcomersTopology(SIX), plan.phases)
    expect(after.primaries.map(({id, replicas}) => [id, replicas])).to.deep.equal([
      [freshId(0), [freshId(3)]],
      [freshId(2), [freshId(5)]],
      [freshId(4), [freshId(1)]],
    ])
    expect(after.owners).to.not.include(null)
  })

  it('introduces each pair of nodes once', () => {
    const plan = accepted(planCreate(freshNodes('a', 'b', 'c'), {replicas: 0}))
    expect(stepsOfKind(plan, 'meet')).to.deep.equal([
      {kind: 'meet', node: freshId(0), peers: [freshId(1), freshId(2)]},
      {kind: 'meet', node: freshId(1), peers: [freshId(2)]},
    ])
  })

  it('is for nodes that stand alone: nothing to enter, all of them newcomers', () => {
    const plan = accepted(planCreate(SIX, {replicas: 1}))
    expect(plan.entries).to.deep.equal([])
    expect(plan.newcomers).to.have.length(6)
    expect(plan.nodes[0]).to.deep.equal({id: freshId(0), address: 'h1:8001'})
  })

  it('resets every node when it fails, and sees to it that they stay apart', () => {
    const plan = accepted(planCreate(freshNodes('a', 'b', 'c'), {replicas: 0}))
    const [a, b, c] = [0, 1, 2].map(freshId)
    expect(stepsIn(plan.undo ?? [])).to.deep.equal([
      ...[a, b, c].map((node) => ({kind: 'reset', node, mode: 'hard'})),
      {kind: 'wait-forgotten', node: a, nodes: [b, c], atItsAddress: true},
      {kind: 'wait-forgotten', node: b, nodes: [a, c], atItsAddress: true},
      {kind: 'wait-forgotten', node: c, nodes: [a, b], atItsAddress: true},
    ])
  })
})

describe('config epochs of a new cluster', () => {
  it('count up in the order of the command line', () => {
    const plan = accepted(planCreate(SIX, {replicas: 1}))
    expect(stepsOfKind(plan, 'set-config-epoch').map(({epoch}) => epoch)).to.deep.equal([1, 2, 3, 4, 5, 6])
  })

  it('are left alone where a node has one, and not given to another', () => {
    const nodes = [freshNode(0), freshNode(1, {line: {configEpoch: 2}}), freshNode(2)]
    const plan = accepted(planCreate(nodes, {replicas: 0}))
    expect(stepsOfKind(plan, 'set-config-epoch').map(({node, epoch}) => [node, epoch])).to.deep.equal([
      [freshId(0), 1],
      [freshId(2), 3],
    ])
  })
})

describe('the node timeout while a cluster is made', () => {
  it('is shortened, and restored to what each node had, however the plan ends', () => {
    const nodes = [freshNode(0, {nodeTimeoutMs: 15_000}), freshNode(1, {nodeTimeoutMs: 5000}), freshNode(2)]
    const plan = accepted(planCreate(nodes, {replicas: 0}))
    expect(stepsOfKind(plan, 'set-config').map(({value}) => value)).to.deep.equal(['500', '500', '500'])
    const restored = stepsOfKind({phases: plan.lastly ?? []}, 'set-config')
    expect(restored.map(({node, value, rewrite}) => [node, value, rewrite])).to.deep.equal([
      [freshId(0), '15000', false],
      [freshId(1), '5000', false],
      [freshId(2), '15000', false],
    ])
  })

  it('is left alone where it is short already or not known', () => {
    const nodes = [
      freshNode(0, {nodeTimeoutMs: 300}),
      freshNode(1, {nodeTimeoutMs: null}),
      freshNode(2, {nodeTimeoutMs: 500}),
    ]
    const plan = accepted(planCreate(nodes, {replicas: 0}))
    expect(stepsOfKind(plan, 'set-config')).to.deep.equal([])
    expect(plan.lastly).to.deep.equal([])
  })
})

describe('a new cluster is refused', () => {
  it('with fewer than three primaries, saying how many nodes it takes', () => {
    const planned = planCreate(freshNodes('a', 'b', 'c', 'd', 'e'), {replicas: 1})
    expect(codesOf(planned)).to.deep.equal(['too-few-primaries'])
    expect(messagesOf(planned)[0]).to.equal(
      '5 nodes with 1 replica per primary make 2 primaries; a cluster needs 3: at least 6 nodes',
    )
  })

  it('without a primary at all, even where few will do', () => {
    const few = {replicas: 1, allowFewPrimaries: true}
    expect(accepted(planCreate(freshNodes('a', 'b'), few)).phases).to.have.length(4)
    expect(codesOf(planCreate(freshNodes('a'), few))).to.deep.equal(['too-few-primaries'])
    expect(codesOf(planCreate([], few))).to.deep.equal(['too-few-primaries'])
  })

  it('when the number of replicas is none', () => {
    expect(codesOf(planCreate(SIX, {replicas: -1}))).to.deep.equal(['invalid-replicas'])
    expect(codesOf(planCreate(SIX, {replicas: 0.5}))).to.deep.equal(['invalid-replicas'])
    expect(codesOf(planCreate(SIX, {replicas: NaN}))).to.deep.equal(['invalid-replicas'])
  })

  it('when a node is named twice', () => {
    const twice = planCreate([freshNode(0), freshNode(1), freshNode(2), freshNode(1)], {replicas: 0})
    expect(codesOf(twice)).to.deep.equal(['duplicate-node'])
    expect(messagesOf(twice)[0]).to.equal('10.0.1.1:8002 is named more than once: 10.0.1.1:8002')
  })

  it('when two addresses lead to one node', () => {
    const alias = freshNode(0, {host: 'localhost'})
    const planned = planCreate([freshNode(0), freshNode(1), freshNode(2), alias], {replicas: 0})
    expect(messagesOf(planned)).to.deep.equal(['10.0.1.1:8001 has the same node id as localhost:8001'])
  })

  it('when a node holds keys, in whichever database', () => {
    const nodes = [freshNode(0), freshNode(1), freshNode(2, {server: {keysByDatabase: new Map([[3, 7]])}})]
    const planned = planCreate(nodes, {replicas: 0})
    expect(codesOf(planned)).to.deep.equal(['node-not-empty'])
    expect(messagesOf(planned)[0]).to.equal('10.0.1.1:8003 is not empty: it holds 7 keys in database 3')
  })

  it('when a node knows others or has slots already', () => {
    const inUse = freshNode(0, {peers: [nodeLine({id: freshId(9)})]})
    const withSlots = freshNode(1, {line: {slots: SlotSet.parse('0-99')!}})
    const planned = planCreate([inUse, withSlots, freshNode(2)], {replicas: 0})
    expect(messagesOf(planned)).to.deep.equal([
      '10.0.1.1:8001 is not empty: it knows 1 other node',
      '10.0.1.1:8002 is not empty: it has 100 slots',
    ])
    expect(refused(planned)[0]!.remedy).to.include('del-node 10.0.1.1:8001').and.not.include('FLUSHALL')
  })

  it('when the bus port of a node refuses connections; when it cannot be told, it is tried', () => {
    const nodes = [freshNode(0, {busPort: 'refused'}), freshNode(1, {busPort: 'unknown'}), freshNode(2)]
    const planned = planCreate(nodes, {replicas: 0})
    expect(codesOf(planned)).to.deep.equal(['bus-port-closed'])
    expect(messagesOf(planned)[0]).to.equal('10.0.1.1:8001 its cluster bus at 10.0.1.1:18001 refuses connections')
  })
})

describe('a new cluster is made, with a warning', () => {
  const warnings = (nodes: typeof SIX, replicas: number): string[] =>
    createWarnings(nodes, allocateNodes(nodes, replicas)).map(({code}) => code)

  it('when its nodes run different servers', () => {
    const nodes = [freshNode(0), freshNode(1), freshNode(2, {server: {product: 'valkey', version: '8.1.0'}})]
    expect(accepted(planCreate(nodes, {replicas: 0})).phases).to.not.be.empty
    expect(warnings(nodes, 0)).to.deep.equal(['mixed-versions'])
  })

  it('when copies end up on one host', () => {
    expect(warnings(freshNodes('a', 'a', 'a', 'a', 'a', 'a'), 1)).to.deep.equal(['replica-with-primary'])
    expect(warnings(SIX, 1)).to.deep.equal([])
  })
})
