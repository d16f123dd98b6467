/** A del-node that was killed, and slots that somebody moved to its node before it is resumed. */
import {expect} from 'chai'
import {planDelNode} from '../../../../../src/manager/plan/del-node.js'
import {continuationOf} from '../../../../../src/manager/plan/resume/continuation.js'
import {accepted, movesOf} from '../../../../support/plans.js'
import {clusterViewOf, migrating, primaryId, topologyOf, type ViewChange} from '../../../../support/topologies.js'
import {truthOf} from '../../../../support/truths.js'

const [A, B, C] = [0, 1, 2].map(primaryId) as [string, string, string]
const DRAIN = accepted(planDelNode(topologyOf({primaries: 3}), A, {drain: true}))

function resumed(slots: readonly string[], ...changes: ViewChange[]): ReturnType<typeof continuationOf> {
  const view = clusterViewOf({primaries: 3, slots}, ...changes)
  return continuationOf(DRAIN, 'resume', truthOf(view), view)
}

describe('slots that came to a node that is to leave', () => {
  it('are moved away before it is forgotten', () => {
    const continued = resumed(['0-5460 10923-10999', '5461-10922', '11000-16383'])
    if (!('rest' in continued)) throw new Error('it was refused')
    const moves = movesOf(continued.rest)
    expect(moves.every(({source}) => source === A)).to.equal(true)
    expect(moves.map(({target}) => target)).to.have.members([B, C])
    expect(moves.map(({slots}) => slots).join(' ')).to.match(/10999/)
  })

  it('change nothing when there are none', () => {
    const continued = resumed(['4000-5460', '0-3999 5461-10922', '10923-16383'])
    if (!('rest' in continued)) throw new Error('it was refused')
    for (const {slots} of movesOf(continued.rest)) expect(slots).to.match(/^[45]/)
  })

  it('are told of when they cannot be moved now', () => {
    const continued = resumed(['0-5460 10923-10999', '5461-10922', '11000-16383'], migrating(10_930, A, B))
    expect(continued).to.have.property('refusals').with.lengthOf.at.least(1)
  })
})
