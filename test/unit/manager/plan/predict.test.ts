import {expect} from 'chai'
import {predict} from '../../../../src/manager/plan/predict.js'
import type {Step} from '../../../../src/manager/plan/step.js'
import {findNode, findPrimary} from '../../../../src/manager/view/topology.js'
import {importing, migrating, primaryId, replicaId, silent, topologyOf} from '../../../support/topologies.js'

const [A, B, C] = [primaryId(0), primaryId(1), primaryId(2)]
const CLUSTER = topologyOf({primaries: 3, replicasEach: 1})
const OPEN = topologyOf({primaries: 3}, migrating(5, A, B), importing(5, B, A))

function slotsOf(topology: typeof CLUSTER, id: string): string {
  return findNode(topology, id)!.slots.toString()
}

describe('a step on paper', () => {
  it('moves slots, and moving them again changes nothing', () => {
    const step: Step = {kind: 'move-slots', slots: '0-9', source: A, target: B}
    const after = predict(CLUSTER, step)
    expect(slotsOf(after, A)).to.equal('10-5460')
    expect(slotsOf(after, B)).to.equal('0-9 5461-10922')
    expect(predict(after, step)).to.deep.equal(after)
  })

  it('finishes an open slot by moving it', () => {
    const after = predict(OPEN, {kind: 'move-slots', slots: '5', source: A, target: B})
    expect(after.openSlots).to.deep.equal([])
    expect(after.owners[5]).to.equal(B)
  })

  it('closes slots on one node only', () => {
    const after = predict(OPEN, {kind: 'close-slots', node: A, slots: '5'})
    expect(after.openSlots).to.deep.equal([{slot: 5, node: B, state: 'importing', peer: A}])
    const both = predict(after, {kind: 'collect-keys', slot: 5, source: B, target: A})
    expect(both.openSlots).to.deep.equal([])
    expect(both.owners[5]).to.equal(A)
  })

  it('tells one node who owns a slot', () => {
    const taken = predict(OPEN, {kind: 'assign-slots', node: B, slots: '5', owner: B})
    expect(slotsOf(taken, B)).to.equal('5 5461-10922')
    const given = predict(taken, {kind: 'assign-slots', node: A, slots: '5', owner: B})
    expect(slotsOf(given, A)).to.equal('0-4 6-5460')
    expect(given.openSlots).to.deep.equal([])
  })

  it('claims, adds and deletes slots', () => {
    const deleted = predict(CLUSTER, {kind: 'del-slots', node: A, slots: '0-5460'})
    expect(deleted.owners[0]).to.equal(null)
    expect(slotsOf(predict(deleted, {kind: 'add-slots', node: A, slots: '0-5460'}), A)).to.equal('0-5460')
    const claimed = predict(CLUSTER, {kind: 'claim-slots', node: C, slots: '0'})
    expect(claimed.owners[0]).to.equal(C)
    expect(slotsOf(claimed, A)).to.equal('1-5460')
  })

  it('makes a replica of a node, which then has no slots', () => {
    const topology = topologyOf({primaries: 2, slots: ['0-16383', '']})
    const after = predict(topology, {kind: 'replicate', replica: B, primary: A})
    expect(findPrimary(after, A)!.replicas).to.deep.equal([B])
    expect(after.primaries).to.have.length(1)
  })

  it('promotes a replica over a live primary or a dead one', () => {
    const step: Step = {kind: 'failover', replica: replicaId(0), mode: 'force'}
    const alive = predict(CLUSTER, step)
    expect(findPrimary(alive, replicaId(0))!.replicas).to.deep.equal([A])
    const dead = predict(topologyOf({primaries: 3, replicasEach: 1}, silent(B)), {...step, replica: replicaId(1)})
    expect(dead.owners).to.not.include(null)
    expect(dead.absent[0]).to.include({role: 'replica', primaryId: replicaId(1)})
    expect(predict(alive, step)).to.deep.equal(alive)
  })

  it('forgets a node for good, be it alive or dead', () => {
    const step: Step = {kind: 'forget', node: replicaId(0), by: A}
    expect(findNode(predict(CLUSTER, step), replicaId(0))).to.equal(undefined)
    const dead = topologyOf({primaries: 3, replicasEach: 1}, silent(replicaId(0)))
    expect(predict(dead, step).absent).to.deep.equal([])
  })

  it('gives a config epoch', () => {
    expect(findNode(predict(CLUSTER, {kind: 'set-config-epoch', node: A, epoch: 9}), A)!.configEpoch).to.equal(9)
  })

  it('leaves the picture as it is when the step changes nothing that it shows', () => {
    const steps: Step[] = [
      {kind: 'set-config', node: A, parameter: 'cluster-node-timeout', value: '500', rewrite: false},
      {kind: 'meet', node: A, peers: [B]},
      {kind: 'wait-agreement', nodes: [A, B], push: false},
      {kind: 'wait-forgotten', node: A, nodes: [B]},
      {kind: 'wait-alone', nodes: [A], members: [B]},
      {kind: 'copy-functions', from: A, to: B},
      {kind: 'copy-keys', from: '127.0.0.1:6379', database: 0, keep: true},
    ]
    for (const step of steps) expect(predict(CLUSTER, step)).to.equal(CLUSTER)
  })
})
