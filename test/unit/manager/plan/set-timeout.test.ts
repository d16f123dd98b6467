import {expect} from 'chai'
import {planSetTimeout, timeoutWarnings} from '../../../../src/manager/plan/set-timeout.js'
import {accepted, codesOf, stepsOfKind} from '../../../support/plans.js'
import {primaryId, silent, topologyOf} from '../../../support/topologies.js'

const CLUSTER = topologyOf({primaries: 2, replicasEach: 1})

describe('planning to set the node timeout', () => {
  it('sets it on every node, for good', () => {
    const steps = stepsOfKind(accepted(planSetTimeout(CLUSTER, 5000)), 'set-config')
    expect(steps.map(({node}) => node)).to.deep.equal(CLUSTER.nodes.map(({id}) => id))
    expect(steps[0]).to.include({parameter: 'cluster-node-timeout', value: '5000', rewrite: true})
  })

  it('warns of nodes that are away: they come back with the old one', () => {
    expect(timeoutWarnings(CLUSTER)).to.deep.equal([])
    const away = topologyOf({primaries: 3}, silent(primaryId(2)))
    expect(timeoutWarnings(away).map(({node}) => node?.id)).to.deep.equal([primaryId(2)])
  })

  it('refuses less than 100 ms', () => {
    expect(accepted(planSetTimeout(CLUSTER, 100)).phases).to.have.length(1)
    expect(codesOf(planSetTimeout(CLUSTER, 99))).to.deep.equal(['timeout-too-low'])
    expect(codesOf(planSetTimeout(CLUSTER, -1))).to.deep.equal(['timeout-too-low'])
  })

  it('refuses what is not a whole number of milliseconds', () => {
    for (const ms of [NaN, Infinity, 500.5, 3e9]) {
      expect(codesOf(planSetTimeout(CLUSTER, ms))).to.deep.equal(['invalid-timeout'])
    }
  })
})
