import {expect} from 'chai'
import {sleeplessClock} from '../../../../src/cli/operations/claimant.js'

describe('the clock of a claim', () => {
  it('goes on while the machine is suspended, and never goes back', () => {
    let steadyMs = 1_000
    let dayMs = 50_000
    const clock = sleeplessClock({nowMs: () => steadyMs, sleep: () => Promise.resolve()}, () => dayMs)
    const startMs = clock.nowMs()
    const moved = (steady: number, day: number): number => {
      steadyMs += steady
      dayMs += day
      return clock.nowMs() - startMs
    }
    expect(moved(10, 10)).to.equal(10)
    expect(moved(0, 30_000), 'suspended: the process has not run').to.equal(30_010)
    expect(moved(5, -3_600_000), 'the time of day was set back').to.equal(30_015)
  })
})
