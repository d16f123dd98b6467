import {expect} from 'chai'
import {WatchTimes} from '../../../../src/engine/cluster/watch-times.js'

describe('the times at which nodes are looked at', () => {
  const nodes = [null, 'one', 'two', null, 'four']

  it('name those that are due, and no node that is gone', () => {
    const times = new WatchTimes()
    for (const [index, atMs] of [
      [1, 100],
      [2, 300],
      [3, 0],
      [4, 200],
    ] as const) {
      times.lookAt(index, atMs)
    }
    expect(times.due(nodes, 99)).to.deep.equal([])
    expect(times.due(nodes, 200)).to.deep.equal(['one', 'four'])
  })

  it('are brought forward, never put off, by what may need a look earlier', () => {
    const times = new WatchTimes()
    times.lookAt(1, 100)
    times.lookBefore(1, 200)
    expect(times.due(nodes, 100)).to.include('one')
    times.lookAt(1, Infinity)
    times.lookBefore(1, 50)
    expect(times.due(nodes, 50)).to.include('one')
  })

  it('are now, for all, when another node timeout makes another plan', () => {
    const times = new WatchTimes()
    for (let index = 1; index < 100; index++) times.lookAt(index, Infinity)
    expect(times.due(nodes, 0)).to.deep.equal([])
    times.lookAtAll()
    expect(times.due(nodes, 0)).to.deep.equal(['one', 'two', 'four'])
  })
})
