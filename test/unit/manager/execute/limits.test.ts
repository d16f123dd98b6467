import {expect} from 'chai'
import {busyNodes} from '../../../../src/manager/execute/limits.js'
import {A, B, EVERY_STEP} from '../../../support/steps.js'

describe('a lane of slots', () => {
  it('keeps its source busy: a second one from there would only queue behind it', () => {
    expect(busyNodes(EVERY_STEP['move-slots'])).to.deep.equal([A])
    expect(busyNodes(EVERY_STEP['collect-keys'])).to.deep.equal([A])
    expect(busyNodes(EVERY_STEP['migrate-slots'])).to.deep.equal([A])
  })

  it('keeps both ends busy where the target is asked: Redis 8.4 has one migration for each node, coming or going', () => {
    expect(busyNodes({...EVERY_STEP['migrate-slots'], asks: 'target'})).to.deep.equal([A, B])
  })

  it('leaves the nodes of other steps free', () => {
    expect(busyNodes(EVERY_STEP.replicate)).to.deep.equal([])
  })
})
