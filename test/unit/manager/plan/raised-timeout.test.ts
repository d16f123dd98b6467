import {expect} from 'chai'
import {raisedTimeoutMs, timeoutBeforeRaise} from '../../../../src/manager/plan/raised-timeout.js'

describe('a node timeout that is raised for a while', () => {
  it('is long enough, and not much longer', () => {
    expect(raisedTimeoutMs(15_000, 24_000)).to.equal(31_503)
    expect(raisedTimeoutMs(500, 2_400)).to.be.within(2_400, 12_400)
  })

  it('tells what it was before', () => {
    for (const ownMs of [500, 2_000, 5_000, 15_000, 30_000, 60_000]) {
      expect(timeoutBeforeRaise(raisedTimeoutMs(ownMs, ownMs * 3))).to.equal(ownMs)
    }
  })

  it('is not seen in a timeout that somebody chose', () => {
    for (const chosenMs of [100, 500, 1_500, 2_222, 5_000, 15_000, 15_050, 25_000, 65_000, 120_000, 600_000]) {
      expect(timeoutBeforeRaise(chosenMs), String(chosenMs)).to.equal(undefined)
    }
  })
})
