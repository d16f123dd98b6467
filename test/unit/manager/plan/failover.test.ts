import {expect} from 'chai'
import {planFailover} from '../../../../src/manager/plan/failover.js'
import {predictPhases} from '../../../../src/manager/plan/predict.js'
import {accepted, codesOf, refused, stepsOfKind, titlesOf} from '../../../support/plans.js'
import {changedServer, primaryId, replicaId, silent, topologyOf} from '../../../support/topologies.js'

const SHAPE = {primaries: 3, replicasEach: 1}
const CLUSTER = topologyOf(SHAPE)

describe('planning a failover', () => {
  it('promotes the replica and waits until all have heard of it', () => {
    const plan = accepted(planFailover(CLUSTER, replicaId(1), 'normal'))
    expect(titlesOf(plan)).to.deep.equal(['promote the replica', 'wait until all agree', 'wait for the old primary'])
    expect(stepsOfKind(plan, 'failover')).to.deep.equal([{kind: 'failover', replica: replicaId(1), mode: 'normal'}])
    expect(plan.risk.losses).to.deep.equal([])
  })

  it('leads to a cluster in which the old primary follows the new one', () => {
    const plan = accepted(planFailover(CLUSTER, replicaId(1), 'normal'))
    const after = predictPhases(CLUSTER, plan.phases)
    expect(after.owners[6000]).to.equal(replicaId(1))
    expect(after.nodes.find(({id}) => id === primaryId(1))).to.include({role: 'replica', primaryId: replicaId(1)})
  })

  it('forces it when the primary is dead, and says what may be lost', () => {
    const topology = topologyOf(SHAPE, silent(primaryId(1)))
    const plan = accepted(planFailover(topology, replicaId(1), 'force'))
    expect(plan.risk.losses).to.deep.equal([
      'force: writes that 10.0.0.2:7002 accepted and 10.0.0.5:7005 has not received are lost',
    ])
    expect(predictPhases(topology, plan.phases).owners[6000]).to.equal(replicaId(1))
  })

  it('takes over without votes when most primaries are dead, and does not wait for a cluster that stays down', () => {
    const topology = topologyOf(SHAPE, silent(primaryId(1)), silent(primaryId(2)))
    const plan = accepted(planFailover(topology, replicaId(1), 'takeover'))
    expect(titlesOf(plan)).to.deep.equal(['promote the replica'])
    expect(plan.risk.losses[0]).to.include('a rival with the same claim could overrule it')
  })
})

describe('a failover is refused', () => {
  it('when the node is not known, silent, or a primary', () => {
    expect(codesOf(planFailover(CLUSTER, 'f'.repeat(40), 'normal'))).to.deep.equal(['unknown-node'])
    const topology = topologyOf(SHAPE, silent(replicaId(1)))
    expect(codesOf(planFailover(topology, replicaId(1), 'normal'))).to.deep.equal(['node-unreachable'])
    expect(codesOf(planFailover(CLUSTER, primaryId(1), 'takeover'))).to.deep.equal(['not-a-replica'])
  })

  it('when the primary cannot be asked, and suggests force', () => {
    const planned = planFailover(topologyOf(SHAPE, silent(primaryId(1))), replicaId(1), 'normal')
    expect(codesOf(planned)).to.deep.equal(['primary-down'])
    expect(refused(planned)[0]!.remedy).to.equal(`tscluster failover 10.0.0.1:7001 ${replicaId(1)} --force`)
    const cut = topologyOf(SHAPE, changedServer(replicaId(1), {primaryLinkUp: false}))
    expect(codesOf(planFailover(cut, replicaId(1), 'normal'))).to.deep.equal(['link-down'])
  })

  it('when too few primaries are left to vote, and suggests takeover', () => {
    const topology = topologyOf(SHAPE, silent(primaryId(1)), silent(primaryId(2)))
    const planned = planFailover(topology, replicaId(1), 'force')
    expect(codesOf(planned)).to.deep.equal(['no-majority'])
    expect(refused(planned)[0]!.remedy).to.equal(`tscluster failover 10.0.0.1:7001 ${replicaId(1)} --takeover`)
  })
})
