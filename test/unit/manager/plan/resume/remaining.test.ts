import {expect} from 'chai'
import {SlotSet} from '../../../../../src/model/slot-set.js'
import {abortPlan, undoHasBegun} from '../../../../../src/manager/plan/resume/abort.js'
import {owedPhases} from '../../../../../src/manager/plan/resume/owed.js'
import {remainingPlan, type Rest} from '../../../../../src/manager/plan/resume/remaining.js'
import {settingKey} from '../../../../../src/manager/plan/resume/truth.js'
import {awaitedNode, unrest} from '../../../../../src/manager/plan/resume/unrest.js'
import {planAddNode} from '../../../../../src/manager/plan/add-node.js'
import {planCreate} from '../../../../../src/manager/plan/create.js'
import {planDelNode} from '../../../../../src/manager/plan/del-node.js'
import type {Plan} from '../../../../../src/manager/plan/plan.js'
import {raisedTimeoutMs} from '../../../../../src/manager/plan/raised-timeout.js'
import {planReshard} from '../../../../../src/manager/plan/reshard.js'
import {newcomersTopology} from '../../../../../src/manager/plan/predict.js'
import {accepted, movesOf, stepsIn, titlesOf} from '../../../../support/plans.js'
import {
  changedLine,
  changedServer,
  clusterViewOf,
  freshNode,
  freshNodes,
  holding,
  importing,
  migrating,
  primaryId,
  replicaId,
  silent,
  topologyOf,
  type ViewChange,
} from '../../../../support/topologies.js'
import {truthOf, viewOfTopology} from '../../../../support/truths.js'

const [A, B, C] = [0, 1, 2].map(primaryId) as [string, string, string]
const SHAPE = {primaries: 3}
const RESHARD = accepted(planReshard(topologyOf(SHAPE), {slots: SlotSet.parse('0-9')!, to: B, from: 'all'}))

function kindsOf({phases}: Rest): string[] {
  return stepsIn(phases).map(({kind}) => kind)
}

function aborted(plan: Plan, ...args: Parameters<typeof truthOf>): Rest {
  const abortion = abortPlan(plan, truthOf(...args))
  if (!abortion.ok) throw new Error(abortion.refusals[0]!.message)
  return abortion.rest
}

describe('the rest of a plan', () => {
  it('is nothing when all of it is true', () => {
    const done = clusterViewOf({...SHAPE, slots: ['10-5460', '0-9 5461-10922', '10923-16383']})
    expect(remainingPlan(RESHARD, truthOf(done))).to.deep.equal({phases: [], lastly: [], withheld: []})
  })

  it('takes open slots along with the move, on whichever end they are open', () => {
    const open = clusterViewOf(SHAPE, migrating(3, A, B), importing(4, B, A), holding(3, B, 5))
    const rest = remainingPlan(RESHARD, truthOf(open))
    expect(kindsOf(rest)).to.deep.equal(['move-slots', 'wait-agreement'])
    expect(movesOf(rest)[0]).to.deep.include({slots: '0-9', source: A, target: B})
  })

  it('first repairs what no move explains: a mark that was left behind on a node which gave the slot away', () => {
    const slots = ['5-5460', '0-4 5461-10922', '10923-16383']
    const stale = clusterViewOf({...SHAPE, slots}, migrating(2, A, B), holding(2, A, 0))
    const rest = remainingPlan(RESHARD, truthOf(stale))
    expect(stepsIn(rest.phases)[0]).to.deep.equal({kind: 'close-slots', node: A, slots: '2'})
    expect(movesOf(rest)[0]).to.deep.include({slots: '5-9', source: A, target: B})
  })

  it('leaves other slots alone, open or not', () => {
    const done = {...SHAPE, slots: ['10-5460', '0-9 5461-10922', '10923-16383']}
    const other = clusterViewOf(done, migrating(12_000, C, A))
    expect(remainingPlan(RESHARD, truthOf(other)).phases).to.deep.equal([])
  })

  it('does without what only saves time, and puts back what a killed run has set', () => {
    const nodes = freshNodes('h1', 'h2', 'h3')
    const plan = accepted(planCreate(nodes, {replicas: 0}))
    const view = viewOfTopology(newcomersTopology(nodes))
    const hasty = nodes.map(({view: {id}}) => [settingKey(id, 'cluster-node-timeout'), '500'] as const)
    const rest = remainingPlan(plan, truthOf(view, {settings: new Map(hasty)}))
    expect(kindsOf(rest)).not.to.include('set-config')
    expect(stepsIn(rest.lastly).map((step) => step.kind === 'set-config' && step.value)).to.deep.equal(
      nodes.map(() => '15000'),
    )
  })
})

describe('settings that are owed', () => {
  it('are those with the value that the plan gave them: neither restored ones nor what somebody set since', () => {
    const nodes = freshNodes('h1', 'h2', 'h3')
    const plan = accepted(planCreate(nodes, {replicas: 0}))
    const values = ['500', '15000', '7000']
    const settings = new Map(
      nodes.map(({view: {id}}, index) => [settingKey(id, 'cluster-node-timeout'), values[index]!]),
    )
    const owed = owedPhases(plan, truthOf(viewOfTopology(newcomersTopology(nodes)), {settings}))
    expect(stepsIn(owed)).to.deep.equal([
      {kind: 'set-config', node: nodes[0]!.view.id, parameter: 'cluster-node-timeout', value: '15000', rewrite: false},
    ])
  })

  it('are timeouts that were raised for a big key: they tell by themselves what they were', () => {
    const settings = new Map([
      [settingKey(A, 'cluster-node-timeout'), String(raisedTimeoutMs(15_000, 24_000))],
      [settingKey(B, 'cluster-node-timeout'), '15000'],
    ])
    const owed = owedPhases(RESHARD, truthOf(clusterViewOf(SHAPE), {settings}))
    expect(stepsIn(owed)).to.deep.equal([
      {kind: 'set-config', node: A, parameter: 'cluster-node-timeout', value: '15000', rewrite: false},
    ])
  })
})

describe('to abort', () => {
  it('a reshard completes what is open and leaves the rest where it is', () => {
    const open = clusterViewOf(SHAPE, migrating(3, A, B), importing(3, B, A), holding(3, A, 2), holding(3, B, 5))
    const rest = aborted(RESHARD, open)
    expect(movesOf(rest)).to.have.lengthOf(1)
    expect(movesOf(rest)[0]).to.deep.include({slots: '3', source: A, target: B})
  })

  it('a reshard closes a slot of which nothing has moved', () => {
    const open = clusterViewOf(SHAPE, importing(3, B, A), holding(3, A, 2), holding(3, B, 0))
    expect(stepsIn(aborted(RESHARD, open).phases)[0]).to.deep.equal({kind: 'close-slots', node: B, slots: '3'})
  })

  it('a create resets the nodes that have heard of it, and no others', () => {
    const nodes = freshNodes('h1', 'h2', 'h3')
    const plan = accepted(planCreate(nodes, {replicas: 0}))
    const view = viewOfTopology(newcomersTopology(nodes))
    const untouched = nodes[2]!.view.id
    const alone: ViewChange = (each) => ({
      ...each,
      nodes: each.nodes.map((node) => (node.id === untouched ? {...node, peers: []} : node)),
    })
    const ids = nodes.map((node) => node.view.id)
    expect(stepsIn(aborted(plan, alone(view)).phases)).to.deep.equal([
      ...ids.slice(0, 2).map((node) => ({kind: 'reset', node, mode: 'hard'})),
      {kind: 'wait-alone', nodes: ids, members: []},
    ])
  })

  it('is all that is left of a create whose nodes have been given another identity', () => {
    const nodes = freshNodes('h1', 'h2', 'h3')
    const plan = accepted(planCreate(nodes, {replicas: 0}))
    const view = viewOfTopology(newcomersTopology(nodes))
    expect(undoHasBegun(plan, truthOf(view))).to.equal(false)
    expect(undoHasBegun(plan, truthOf(view, {replaced: new Set([nodes[1]!.view.id])}))).to.equal(true)
  })

  it('a create whose nodes hold keys by now is refused: they would be lost', () => {
    const nodes = freshNodes('h1', 'h2', 'h3')
    const plan = accepted(planCreate(nodes, {replicas: 0}))
    const keys = changedServer(nodes[1]!.view.id, {keysByDatabase: new Map([[0, 7]])})
    const abortion = abortPlan(plan, truthOf(keys(viewOfTopology(newcomersTopology(nodes)))))
    expect(abortion.ok).to.equal(false)
    expect(!abortion.ok && abortion.refusals[0]).to.deep.include({
      code: 'in-use',
      message: 'holds 7 keys by now: to undo the operation would lose them',
    })
  })

  it('an add-node is to forget the node where it is known, and to reset it', () => {
    const plan = accepted(planAddNode(topologyOf(SHAPE), freshNode(0), {replica: false}))
    const cluster = clusterViewOf(SHAPE)
    const fresh = freshNode(0).view
    const met = {...fresh, peers: [cluster.nodes[0]!.line]}
    const first = cluster.nodes[0]!
    const view = {...cluster, nodes: [{...first, peers: [...first.peers, fresh.line]}, ...cluster.nodes.slice(1), met]}
    const steps = stepsIn(aborted(plan, view).phases)
    expect(steps.filter(({kind}) => kind === 'forget')).to.deep.equal([{kind: 'forget', node: fresh.id, by: A}])
    expect(steps.map(({kind}) => kind)).to.include('reset')
  })

  it('a farewell that has begun is completed; one that has not is left', () => {
    const empty = {primaries: 3, slots: ['0-8000', '8001-16383', '']}
    const plan = accepted(planDelNode(topologyOf(empty), C))
    expect(aborted(plan, clusterViewOf(empty)).phases).to.deep.equal([])
    const forgotten: ViewChange = (view) => ({
      ...view,
      nodes: view.nodes.map((node) => (node.id === A ? {...node, peers: node.peers.filter(({id}) => id !== C)} : node)),
    })
    const rest = aborted(plan, clusterViewOf(empty, forgotten))
    expect(titlesOf(rest)).to.deep.equal(['forget the node', 'wait until it is forgotten', 'reset the node'])
    expect(stepsIn(rest.phases)[0]).to.deep.equal({kind: 'forget', node: C, by: B})
  })
})

describe('what is waited for', () => {
  const replicated = {primaries: 3, replicasEach: 1}

  it('is nothing in a cluster at rest, nor a dead primary without a replica', () => {
    expect(unrest(clusterViewOf(SHAPE))).to.equal(undefined)
    expect(awaitedNode(clusterViewOf(SHAPE, silent(B)))).to.equal(undefined)
  })

  it('is a node that loads, one that is not given up yet, and a replica that is about to be promoted', () => {
    expect(unrest(clusterViewOf(SHAPE, changedServer(B, {loading: true})))).to.match(
      /^10\.0\.0\.2:7002 is still loading/,
    )
    expect(awaitedNode(clusterViewOf(SHAPE, silent(B, {failed: false})))).to.match(/is not given up yet$/)
    expect(awaitedNode(clusterViewOf(replicated, silent(B)))).to.match(/no replica has taken its place yet$/)
    expect(awaitedNode(clusterViewOf(replicated, silent(B), silent(replicaId(1))))).to.equal(undefined)
  })

  it('is nobody where no majority is left to decide', () => {
    expect(awaitedNode(clusterViewOf(replicated, silent(B), silent(C)))).to.equal(undefined)
  })

  it('is a node that is needed, whatever the others say of it', () => {
    expect(unrest(clusterViewOf(SHAPE, silent(B)), new Set([B]))).to.match(/does not answer$/)
  })

  it('is a node that disagrees', () => {
    const behind = changedLine(B, (line) => ({...line, slots: line.slots.minus(SlotSet.of([6000]))}))
    expect(unrest(clusterViewOf(SHAPE, behind))).to.include('does not agree')
  })
})
