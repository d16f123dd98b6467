import {expect} from 'chai'
import {readChanges, type PaceRequest} from '../../../../src/cli/operations/pace-protocol.js'

function read(...changes: readonly object[]): unknown {
  return readChanges({changes} as unknown as PaceRequest)
}

describe('what is asked of an operation', () => {
  it('is any change that it knows', () => {
    const changes = [
      {do: 'pause'},
      {do: 'no-limit'},
      {do: 'limit', limits: {maxLatencyMs: 5, bytesPerSecond: null, keysPerSecond: 20_000}},
    ]
    expect(read(...changes)).to.deep.equal(changes)
    expect(read()).to.deep.equal([])
  })

  it('is refused as a whole when there is one that it does not know, as from another version', () => {
    for (const wrong of [{do: 'stop'}, {do: 'limit', limits: {keysPerSecond: 0}}, {do: 'limit', limits: {cpu: 1}}]) {
      expect(() => read({do: 'pause'}, wrong), JSON.stringify(wrong)).to.throw('it knows no change')
    }
  })
})
