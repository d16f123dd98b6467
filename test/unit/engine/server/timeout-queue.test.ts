/** The queue of timeouts: earliest first, and anybody may leave early. */
import {expect} from 'chai'
import {TimeoutQueue} from '../../../../src/engine/server/timeout-queue.js'
import {countingRng} from '../../../support/engine/seeded-rng.js'

describe('TimeoutQueue', () => {
  it('tells the earliest time, and nothing when nobody has one', () => {
    const queue = new TimeoutQueue<string>()
    expect(queue.nextMs).to.equal(Infinity)
    queue.add('for ever', Infinity)
    queue.add('late', 20)
    queue.add('early', 10)
    expect([queue.nextMs, queue.size]).to.deep.equal([10, 3])
    expect(queue.due(9)).to.equal(undefined)
    expect(queue.due(10)).to.equal('early')
  })

  it('keeps its order through any additions and removals', () => {
    const rng = countingRng(7)
    const queue = new TimeoutQueue<number>()
    const times = new Map<number, number>()
    for (let step = 0; step < 500; step++) {
      const item = rng.uint32() % 60
      if (rng.uint32() % 3 === 0) {
        expect(queue.delete(item)).to.equal(times.delete(item))
      } else {
        times.set(item, rng.uint32() % 1000)
        queue.add(item, times.get(item)!)
      }
      expect(queue.nextMs).to.equal(Math.min(...times.values()))
    }
    const order: number[] = []
    for (let item = queue.due(Infinity); item !== undefined; item = queue.due(Infinity)) {
      order.push(times.get(item)!)
      queue.delete(item)
    }
    expect(order).to.deep.equal([...times.values()].sort((a, b) => a - b))
  })

  it('lets those with the same time go in the order in which they came', () => {
    const queue = new TimeoutQueue<string>()
    for (const name of ['a', 'b', 'c', 'd']) queue.add(name, 5)
    const order: string[] = []
    for (let name = queue.due(5); name !== undefined; name = queue.due(5)) {
      order.push(name)
      queue.delete(name)
    }
    expect(order.join('')).to.equal('abcd')
  })
})
