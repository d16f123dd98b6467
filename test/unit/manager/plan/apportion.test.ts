import {expect} from 'chai'
import {apportion, fillUp} from '../../../../src/manager/plan/apportion.js'

describe('apportion', () => {
  it('gives each its quota, and what is left to the largest fractions', () => {
    expect(apportion(11, [5462, 5461, 5461])).to.deep.equal([4, 4, 3])
    expect(apportion(5, [5462, 5461])).to.deep.equal([3, 2])
    expect(apportion(5, [100, 1])).to.deep.equal([5, 0])
    expect(apportion(4096, [5462, 5461, 5461])).to.deep.equal([1366, 1365, 1365])
  })

  it('gives out all there is, where redis-cli rounds most of it away', () => {
    expect(apportion(4, [10, 10, 10, 10, 10])).to.deep.equal([1, 1, 1, 1, 0])
    expect(apportion(7, [4096, 4096, 4096, 4096])).to.deep.equal([2, 2, 2, 1])
  })

  it('gives nothing to those without weight', () => {
    expect(apportion(16384, [0, 1, 1, 1])).to.deep.equal([0, 5462, 5461, 5461])
    expect(apportion(1, [0, 0, 1])).to.deep.equal([0, 0, 1])
  })

  it('settles ties in favour of who holds more, then of who comes first', () => {
    expect(apportion(16384, [1, 1, 1], [5461, 5462, 5461])).to.deep.equal([5461, 5462, 5461])
    expect(apportion(16384, [1, 1, 1], [0, 0, 0])).to.deep.equal([5462, 5461, 5461])
  })

  it('reads weights as relative: tenths and millions share alike', () => {
    const shares = apportion(16384, [5, 17, 10])
    expect(shares).to.deep.equal([2560, 8704, 5120])
    expect(apportion(16384, [0.5, 1.7, 1])).to.deep.equal(shares)
    expect(apportion(16384, [5e306, 17e306, 10e306])).to.deep.equal(shares)
  })
})

describe('fillUp', () => {
  it('raises the lowest first, then all together', () => {
    expect(fillUp(10, [0, 5, 20])).to.deep.equal([8, 2, 0])
    expect(fillUp(3, [0, 5, 20])).to.deep.equal([3, 0, 0])
    expect(fillUp(40, [0, 5, 20])).to.deep.equal([22, 17, 1])
  })

  it('spreads what cannot be shared evenly over the first', () => {
    expect(fillUp(5462, [5461, 5461])).to.deep.equal([2731, 2731])
    expect(fillUp(5, [7, 7, 7])).to.deep.equal([2, 2, 1])
  })
})
