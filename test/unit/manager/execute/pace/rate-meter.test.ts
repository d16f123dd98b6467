import {expect} from 'chai'
import {RateMeter} from '../../../../../src/manager/execute/pace/rate-meter.js'

describe('a rate meter', () => {
  it('tells the rate of the last seconds, not of the whole time', () => {
    const meter = new RateMeter(0)
    for (let nowMs = 100; nowMs <= 10_000; nowMs += 100) meter.add(nowMs, 100)
    expect(meter.perSecond(10_000)).to.be.closeTo(1_000, 50)
    for (let nowMs = 10_100; nowMs <= 20_000; nowMs += 100) meter.add(nowMs, 10)
    expect(meter.perSecond(20_000)).to.be.closeTo(100, 5)
    expect(meter.total).to.equal(11_000)
  })

  it('falls towards nothing when nothing comes any more', () => {
    const meter = new RateMeter(0)
    meter.add(1_000, 1_000)
    expect(meter.perSecond(1_000)).to.equal(1_000)
    expect(meter.perSecond(100_000)).to.be.below(11)
  })

  it('begins anew after a pause', () => {
    const meter = new RateMeter(0)
    meter.add(1_000, 1_000)
    meter.restart(60_000)
    meter.add(61_000, 500)
    expect(meter.perSecond(61_000)).to.equal(500)
    expect(meter.total).to.equal(1_500)
  })
})
