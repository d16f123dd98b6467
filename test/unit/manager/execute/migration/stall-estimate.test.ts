import {expect} from 'chai'
import {StallEstimate} from '../../../../../src/manager/execute/migration/stall-estimate.js'

describe('what a run learns of stalls', () => {
  it('is nothing at first', () => {
    expect(new StallEstimate().refine(100)).to.equal(100)
  })

  it('counts at once when a key took longer than expected', () => {
    const estimate = new StallEstimate()
    estimate.learn(100, 400)
    expect(estimate.refine(100)).to.equal(400)
  })

  it('counts by and by when keys take less, and never makes a big key look harmless', () => {
    const estimate = new StallEstimate()
    estimate.learn(100, 50)
    expect(estimate.refine(100)).to.equal(75)
    for (let round = 0; round < 20; round++) estimate.learn(100, 0)
    expect(estimate.refine(100)).to.equal(50)
  })

  it('is not spoiled for good by one odd key', () => {
    const estimate = new StallEstimate()
    estimate.learn(1, 1e9)
    expect(estimate.refine(100)).to.equal(5_000)
  })
})
