/** How durations are counted. */
import {expect} from 'chai'
import {LatencyHistogram} from '../../../../src/engine/server/latency-histogram.js'
import {drawSparkline} from '../../../../src/engine/server/sparkline.js'

describe('a latency histogram', () => {
  it('tells percentiles with two digits, as Redis does', () => {
    const histogram = new LatencyHistogram()
    for (let usec = 1; usec <= 100; usec++) histogram.record(usec)
    expect(histogram.percentileUsec(50)).to.equal(50.175)
    expect(histogram.percentileUsec(99)).to.equal(99.327)
    expect(histogram.percentileUsec(100)).to.equal(100.351)
  })

  it('tells a cumulative distribution in powers of two', () => {
    const histogram = new LatencyHistogram()
    for (const usec of [1, 1, 3, 40, 100_000_000]) histogram.record(usec)
    expect(histogram.steps()).to.deep.equal([
      {upToUsec: 1, calls: 2},
      {upToUsec: 4, calls: 3},
      {upToUsec: 66, calls: 4},
      {upToUsec: 1_082_130, calls: 5},
    ])
  })
})

describe('a sparkline', () => {
  it('draws the highest value up to the top and writes labels downwards', () => {
    const text = drawSparkline([
      {value: 1, label: '2s'},
      {value: 12, label: '1s'},
    ])
    expect(text.split('\n')).to.deep.equal([' #', ' |', ' |', '_|', '  ', '21', 'ss', ''])
  })
})
