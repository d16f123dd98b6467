import {expect} from 'chai'
import {Tenure} from '../../../../../src/manager/execute/claim/tenure.js'

describe('the tenure of a claim', () => {
  it('is kept as long as one connection has never broken', () => {
    const tenure = new Tenure(3, 0)
    tenure.broke(0)
    tenure.broke(2)
    expect(tenure.isLost).to.equal(false)
    tenure.broke(1)
    expect(tenure.isLost).to.equal(true)
  })

  it('goes over to a renewed connection when an older one has answered after it was there', () => {
    const tenure = new Tenure(2, 0)
    tenure.broke(0)
    tenure.renewed(0)
    const round = tenure.beginRound()
    tenure.answered(1, round, 2_000)
    tenure.broke(1)
    expect(tenure.isLost).to.equal(false)
  })

  it('does not go over when the others were ended at the same time, and only found out later', () => {
    const tenure = new Tenure(2, 0)
    const early = tenure.beginRound()
    tenure.broke(0)
    tenure.renewed(0)
    tenure.answered(1, early, 2_000) // asked before the new connection was there: proves nothing
    tenure.beginRound()
    tenure.broke(1)
    expect(tenure.isLost).to.equal(true)
  })

  it('is heard of when the question was sent, by connections that count', () => {
    const tenure = new Tenure(2, 100)
    tenure.answered(0, tenure.beginRound(), 2_000)
    expect(tenure.heardMs).to.equal(2_000)
    tenure.answered(1, 1, 1_500)
    expect(tenure.heardMs).to.equal(2_000)
    tenure.broke(0)
    tenure.renewed(0)
    tenure.answered(0, tenure.beginRound(), 9_000)
    expect(tenure.heardMs).to.equal(2_000)
  })

  it('of a claim that nobody can see is never lost', () => {
    expect(new Tenure(0, 0).isLost).to.equal(false)
  })
})
