import {expect} from 'chai'
import {BatchSize} from '../../../../src/manager/execute/migration/batch-size.js'

describe('how many keys one MIGRATE takes', () => {
  it('grows while batches are cheap, up to a limit', () => {
    const batch = new BatchSize(null)
    for (let round = 0; round < 20; round++) batch.learn(batch.keys, 1)
    expect(batch.keys).to.equal(500)
  })

  it('halves when a batch was dear, down to one key', () => {
    const batch = new BatchSize(null)
    batch.learn(16, 1)
    for (let round = 0; round < 20; round++) batch.learn(batch.keys, 100)
    expect(batch.keys).to.equal(1)
  })

  it('does not blame the keys for the round trip', () => {
    const batch = new BatchSize(null)
    for (let round = 0; round < 20; round++) batch.learn(batch.keys, 20)
    expect(batch.keys).to.equal(500)
  })

  it('does not grow on account of a batch that was not full', () => {
    const batch = new BatchSize(null)
    batch.learn(3, 1)
    expect(batch.keys).to.equal(16)
  })

  it('keeps to what the operator wants', () => {
    const batch = new BatchSize(10)
    batch.learn(10, 500)
    batch.learn(10, 1)
    expect(batch.keys).to.equal(10)
  })
})
