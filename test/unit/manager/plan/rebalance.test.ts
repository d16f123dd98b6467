import {expect} from 'chai'
import {planRebalance, sharesOf} from '../../../../src/manager/plan/rebalance.js'
import {predictPhases} from '../../../../src/manager/plan/predict.js'
import type {Topology} from '../../../../src/manager/view/topology.js'
import {capabilitiesOf} from '../../../../src/manager/view/capability.js'
import {SlotSet} from '../../../../src/model/slot-set.js'
import {accepted, codesOf, messagesOf, movesOf} from '../../../support/plans.js'
import {changedServer, migrating, primaryId, replicaId, topologyOf} from '../../../support/topologies.js'

const EVEN = {weights: new Map<string, number>(), useEmptyPrimaries: false}
const WITH_EMPTY = {...EVEN, useEmptyPrimaries: true}

/** Weights in the order of the primaries. */
function weights(...values: number[]): Map<string, number> {
  return new Map(values.map((weight, index) => [primaryId(index), weight]))
}

function sizesAfter(topology: Topology, request: Parameters<typeof planRebalance>[1]): number[] {
  return predictPhases(topology, accepted(planRebalance(topology, request)).phases).primaries.map(
    ({slots}) => slots.size,
  )
}

function movedSlots(topology: Topology, request: Parameters<typeof planRebalance>[1]): number {
  const moves = movesOf(accepted(planRebalance(topology, request)))
  return moves.reduce((sum, {slots}) => sum + SlotSet.parse(slots)!.size, 0)
}

describe('planning a rebalance', () => {
  it('has nothing to do when all are within the threshold', () => {
    expect(accepted(planRebalance(topologyOf({primaries: 3}), EVEN)).phases).to.deep.equal([])
    const nearly = topologyOf({primaries: 2, slots: ['0-8299', '8300-16383']})
    expect(accepted(planRebalance(nearly, EVEN)).phases).to.deep.equal([])
  })

  it('sets all right once one is over', () => {
    const topology = topologyOf({primaries: 3, slots: ['0-7999', '8000-12999', '13000-16383']})
    expect(sizesAfter(topology, EVEN)).to.deep.equal([5462, 5461, 5461])
  })

  it('gives a new primary slots that lie side by side, though they come from two others', () => {
    const topology = topologyOf({primaries: 4, slots: ['0-5460', '5461-10922', '10923-16383', '']})
    const plan = accepted(planRebalance(topology, WITH_EMPTY))
    expect(movesOf(plan).map(({slots, source, target}) => [source, target, slots])).to.deep.equal([
      [primaryId(1), primaryId(3), '5461-6826'],
      [primaryId(0), primaryId(3), '4096-5460'],
      [primaryId(2), primaryId(3), '10923-12287'],
    ])
  })

  it('leaves empty primaries out unless told otherwise, whatever they weigh', () => {
    const topology = topologyOf({primaries: 3, slots: ['0-8191', '8192-16383', '']})
    expect(accepted(planRebalance(topology, EVEN)).phases).to.deep.equal([])
    expect(accepted(planRebalance(topology, {...EVEN, weights: weights(1, 1, 5)})).phases).to.deep.equal([])
    expect(sizesAfter(topology, WITH_EMPTY)).to.deep.equal([5462, 5461, 5461])
  })

  it('drains a primary of weight 0', () => {
    const topology = topologyOf({primaries: 4})
    expect(sizesAfter(topology, {...EVEN, weights: weights(0)})).to.deep.equal([0, 5462, 5461, 5461])
  })

  it('follows the weights', () => {
    const topology = topologyOf({primaries: 3})
    expect(sizesAfter(topology, {...EVEN, weights: weights(0.5, 1.7, 1)})).to.deep.equal([2560, 8704, 5120])
    expect(sizesAfter(topology, {...EVEN, weights: weights(1, 2, 1)})).to.deep.equal([4096, 8192, 4096])
  })

  it('fills six empty primaries from one', () => {
    const topology = topologyOf({primaries: 7, slots: ['0-16383', '', '', '', '', '', '']})
    expect(sizesAfter(topology, WITH_EMPTY)).to.deep.equal([2341, 2341, 2341, 2341, 2340, 2340, 2340])
  })

  it('moves nothing for a rounding: who has the odd slot keeps it', () => {
    const topology = topologyOf({primaries: 3})
    expect(movedSlots(topology, {...EVEN, threshold: 0})).to.equal(0)
  })
})

describe('the lanes of a rebalance', () => {
  it('go whole where the servers can, each by what its own ends can', () => {
    const shape = {primaries: 4, product: 'valkey', slots: ['0-8191', '8192-16383', '', '']} as const
    const old = {version: '8.1.0', capabilities: capabilitiesOf('valkey', '8.1.0')}
    const mixed = topologyOf(shape, changedServer(primaryId(2), old))
    const kinds = movesOf(accepted(planRebalance(mixed, WITH_EMPTY))).map(({kind, target}) => `${kind} ${target}`)
    expect(kinds).to.deep.equal([`move-slots ${primaryId(2)}`, `migrate-slots ${primaryId(3)}`])
  })
})

describe('the threshold of a rebalance', () => {
  const off = topologyOf({primaries: 2, slots: ['0-8192', '8193-16383']})

  it('of 0 means exact', () => {
    expect(movedSlots(off, {...EVEN, threshold: 0})).to.equal(1)
    const empty = topologyOf({primaries: 2, slots: ['0-16383', '']})
    expect(movedSlots(empty, {...WITH_EMPTY, threshold: 0})).to.equal(8192)
  })

  it('without end means never, which is what redis-cli makes of 0', () => {
    const lopsided = topologyOf({primaries: 2, slots: ['0-16000', '16001-16383']})
    expect(movedSlots(lopsided, {...WITH_EMPTY, threshold: Infinity})).to.equal(0)
    expect(
      movedSlots(topologyOf({primaries: 2, slots: ['0-16383', '']}), {...WITH_EMPTY, threshold: Infinity}),
    ).to.equal(0)
  })

  it('is relative to what a primary has', () => {
    expect(movedSlots(off, {...EVEN, threshold: 0.01})).to.equal(1)
    expect(movedSlots(off, {...EVEN, threshold: 0.02})).to.equal(0)
  })
})

describe('shares', () => {
  it('name who takes part, its weight and what it should have', () => {
    const topology = topologyOf({primaries: 3, slots: ['0-8191', '8192-16383', '']})
    const shares = sharesOf(topology, {weights: weights(1, 3), useEmptyPrimaries: false})
    expect(shares.map(({primary, weight, expected}) => [primary.id, weight, expected])).to.deep.equal([
      [primaryId(0), 1, 4096],
      [primaryId(1), 3, 12288],
    ])
  })
})

describe('a rebalance is refused', () => {
  const topology = topologyOf({primaries: 3, replicasEach: 1})
  const rebalance = (given: ReadonlyMap<string, number>) => planRebalance(topology, {...EVEN, weights: given})

  it('when a weight is no number, or negative', () => {
    expect(codesOf(rebalance(weights(NaN)))).to.deep.equal(['invalid-weight'])
    expect(codesOf(rebalance(weights(-1, Infinity)))).to.deep.equal(['invalid-weight', 'invalid-weight'])
    expect(messagesOf(rebalance(weights(-1)))).to.deep.equal([
      '10.0.0.1:7001 cannot weigh -1: a weight is a number, 0 or more',
    ])
  })

  it('when nobody weighs anything', () => {
    expect(codesOf(rebalance(weights(0, 0, 0)))).to.deep.equal(['invalid-weight'])
  })

  it('when a weight is for no node of the cluster, or for a replica', () => {
    expect(codesOf(rebalance(new Map([['f'.repeat(40), 1]])))).to.deep.equal(['unknown-node'])
    expect(codesOf(rebalance(new Map([[replicaId(0), 1]])))).to.deep.equal(['not-a-primary'])
  })

  it('when the threshold is below 0', () => {
    expect(codesOf(planRebalance(topology, {...EVEN, threshold: -1}))).to.deep.equal(['invalid-threshold'])
    expect(codesOf(planRebalance(topology, {...EVEN, threshold: NaN}))).to.deep.equal(['invalid-threshold'])
  })

  it('while a slot is open', () => {
    const open = topologyOf({primaries: 3}, migrating(5, primaryId(0), primaryId(1)))
    expect(codesOf(planRebalance(open, EVEN))).to.deep.equal(['cluster-not-healthy'])
  })

  it('when it is to be atomic and a server cannot', () => {
    const lopsided = topologyOf({primaries: 2, slots: ['0-16000', '16001-16383']})
    expect(codesOf(planRebalance(lopsided, {...EVEN, atomic: true}))).to.deep.equal([
      'atomic-not-supported',
      'atomic-not-supported',
    ])
  })
})
