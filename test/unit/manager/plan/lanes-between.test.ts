/** Which slots go where, when shares are settled. */
import {expect} from 'chai'
import {lanesBetween, type SlotChoice} from '../../../../src/manager/plan/lanes-between.js'
import {primaryId, topologyOf} from '../../../support/topologies.js'

/** `0>1 5-9`: by the primaries' numbers. */
function lanesOf(slots: readonly string[], surpluses: readonly number[], choice?: SlotChoice): string[] {
  const topology = topologyOf({primaries: slots.length, slots})
  const balances = surpluses.map((surplus, index) => ({id: primaryId(index), surplus}))
  const number = (id: string): number => topology.primaries.findIndex((primary) => primary.id === id)
  return lanesBetween(topology, balances, choice).map(
    (lane) => `${number(lane.source)}>${number(lane.target)} ${lane.slots}`,
  )
}

describe('slots on their way between primaries', () => {
  it('are the lowest of a giver when all are equally good', () => {
    expect(lanesOf(['0-99', '100-199', ''], [0, 10, -10])).to.deep.equal(['1>2 100-109'])
  })

  it('lie next to what the taker has', () => {
    expect(lanesOf(['0-99', '100-199'], [10, -10])).to.deep.equal(['0>1 90-99'])
    expect(lanesOf(['0-99', '100-199'], [10, -10], 'lowest')).to.deep.equal(['0>1 0-9'])
  })

  it('are whole runs rather than parts of one', () => {
    expect(lanesOf(['0-99 200-209 300-304', '100-199', ''], [15, 0, -15])).to.deep.equal(['0>2 200-209 300-304'])
  })

  it('are the runs that close the gaps of the taker first', () => {
    expect(lanesOf(['0-4 10-14 20-24', '5-9 25-29', '15-19'], [5, 0, -5])).to.deep.equal(['0>2 10-14'])
    expect(lanesOf(['0-9 20-24 50-59', '10-19 25-34', '35-49'], [5, -5, 0])).to.deep.equal(['0>1 20-24'])
  })

  it('come from where two givers meet when both give to one', () => {
    expect(lanesOf(['0-99', '100-199', ''], [10, 10, -20])).to.have.members(['0>2 90-99', '1>2 100-109'])
  })

  it('go to both neighbours of a primary that gives all it has', () => {
    expect(lanesOf(['0-99', '100-199', '200-299'], [-50, 100, -50])).to.have.members(['1>0 100-149', '1>2 150-199'])
  })

  it('settle one end of their lane each', () => {
    const lanes = lanesOf(['0-99', '100-199', '200-299', '300-399', ''], [20, 30, -10, -15, -25])
    expect(lanes).to.have.length.at.most(4)
  })
})
