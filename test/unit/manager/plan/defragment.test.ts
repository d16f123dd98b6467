/** Ranges merged by exchanging slots. */
import {expect} from 'chai'
import {planRebalance, type RebalanceRequest} from '../../../../src/manager/plan/rebalance.js'
import {slotMapChange} from '../../../../src/manager/plan/slot-map-change.js'
import {predictPhases} from '../../../../src/manager/plan/predict.js'
import type {Topology} from '../../../../src/manager/view/topology.js'
import {accepted, movesOf} from '../../../support/plans.js'
import {primaryId, topologyOf} from '../../../support/topologies.js'

const [A, B, C] = [primaryId(0), primaryId(1), primaryId(2)]

function defragmented(topology: Topology, slots: number, request: Partial<RebalanceRequest> = {}) {
  const even = {weights: new Map<string, number>(), useEmptyPrimaries: false, threshold: 0}
  const plan = accepted(planRebalance(topology, {...even, ...request, defragment: slots}))
  return {
    moves: movesOf(plan).map(({slots: moved, source, target}) => [moved, source, target]),
    slotsAfter: predictPhases(topology, plan.phases).primaries.map(({slots: left}) => left.toString()),
    change: slotMapChange(topology, plan),
  }
}

describe('defragmenting a slot map', () => {
  it('lets two neighbours that lie in each other change places', () => {
    const topology = topologyOf({primaries: 2, slots: ['0-8181 8192-8201', '8182-8191 8202-16383']})
    const {moves, slotsAfter, change} = defragmented(topology, 20)
    expect(moves).to.have.deep.members([
      ['8182-8191', B, A],
      ['8192-8201', A, B],
    ])
    expect(slotsAfter).to.deep.equal(['0-8191', '8192-16383'])
    expect(change).to.deep.equal({before: 4, after: 2, moved: 20})
  })

  it('gives back as many slots as it takes, from where the two meet', () => {
    const topology = topologyOf({primaries: 2, slots: ['0-99 110-8201', '100-109 8202-16383']})
    expect(defragmented(topology, 20).slotsAfter).to.deep.equal(['0-8191', '8192-16383'])
  })

  it('gives back by way of others where the two meet nowhere else: each shifts a border', () => {
    const slots = ['0-4999 12000-12009', '5000-10999', '11000-11999 12010-16383']
    const weights = new Map([
      [A, 5010],
      [B, 6000],
      [C, 5374],
    ])
    const {moves, slotsAfter} = defragmented(topologyOf({primaries: 3, slots}), 30, {weights})
    expect(moves).to.have.deep.members([
      ['12000-12009', A, C],
      ['11000-11009', C, B],
      ['5000-5009', B, A],
    ])
    expect(slotsAfter).to.deep.equal(['0-5009', '5010-11009', '11010-16383'])
  })

  it('gives nothing back within the threshold', () => {
    const topology = topologyOf({primaries: 2, slots: ['0-99 110-8201', '100-109 8202-16383']})
    const {moves, change} = defragmented(topology, 20, {threshold: 2})
    expect(moves).to.deep.equal([['100-109', B, A]])
    expect(change).to.deep.equal({before: 4, after: 2, moved: 10})
  })

  it('does nothing when it may not move enough for a single range', () => {
    const topology = topologyOf({primaries: 2, slots: ['0-99 110-8201', '100-109 8202-16383']})
    expect(defragmented(topology, 19).moves).to.deep.equal([])
  })

  it('spends a small budget where it saves the most', () => {
    const topology = topologyOf({primaries: 2, slots: ['0-99 101-999 1040-8232', '100 1000-1039 8233-16383']})
    const {moves, change} = defragmented(topology, 10)
    expect(moves).to.have.deep.members([
      ['100', B, A],
      ['999', A, B],
    ])
    expect(change).to.deep.equal({before: 6, after: 4, moved: 2})
  })

  it('merges in addition to what balance needs, and moves no slot twice', () => {
    const topology = topologyOf({primaries: 3, slots: ['0-5460', '5461-8999 9010-10932', '9000-9009 10933-16383']})
    const lopsided = topologyOf({primaries: 3, slots: ['0-6460', '6461-8999 9010-10932', '9000-9009 10933-16383']})
    for (const each of [topology, lopsided]) {
      const {moves, slotsAfter} = defragmented(each, Infinity)
      expect(slotsAfter.flatMap((text) => text.split(' '))).to.have.length(3)
      const moved = moves.flatMap(([slots]) => slots!.split(' '))
      expect(new Set(moved).size).to.equal(moved.length)
    }
  })

  it('leaves a tidy slot map alone', () => {
    expect(defragmented(topologyOf({primaries: 3}), Infinity, {threshold: 2}).moves).to.deep.equal([])
  })

  it('empties nobody, however few slots it has', () => {
    const topology = topologyOf({primaries: 3, slots: ['0-8190', '8192-16383', '8191']})
    const weights = new Map([
      [A, 8191],
      [B, 8192],
      [C, 1],
    ])
    expect(defragmented(topology, Infinity, {weights, threshold: 100}).slotsAfter).to.deep.equal([
      '0-8190',
      '8192-16383',
      '8191',
    ])
  })
})
