import {expect} from 'chai'
import {PaceControl, type Ticket, type Wait} from '../../../../../src/manager/execute/pace/pace-control.js'
import {NO_LIMITS} from '../../../../../src/manager/plan/pace-limits.js'

const WISH = {keys: 500, bytesPerKey: 100, isStopping: false}

function keysOf(answer: Ticket | Wait): number {
  expect(answer).to.have.property('keys')
  return (answer as Ticket).keys
}

function waitOf(answer: Ticket | Wait): number {
  expect(answer).to.have.property('waitMs')
  return (answer as Wait).waitMs
}

describe('the pace of an operation', () => {
  it('without limits holds nobody back', () => {
    const control = new PaceControl()
    const lane = control.openLane(0)
    expect(keysOf(control.admit(lane, 0, WISH))).to.equal(500)
    control.sent(lane, 3, {ticket: {keys: 500, bytes: 0}, bytes: 50_000, elapsedMs: 3})
    expect(keysOf(control.admit(lane, 3, WISH))).to.equal(500)
  })

  it('with a rate in keys gives a twentieth of a second’s worth, and the next when that is paid for', () => {
    const control = new PaceControl({...NO_LIMITS, keysPerSecond: 1_000})
    const lane = control.openLane(0)
    expect(keysOf(control.admit(lane, 0, WISH))).to.equal(50)
    expect(keysOf(control.admit(lane, 0, WISH))).to.equal(50)
    expect(waitOf(control.admit(lane, 10, WISH))).to.equal(40)
    expect(keysOf(control.admit(lane, 50, {...WISH, keys: 20}))).to.equal(20)
    expect(waitOf(control.admit(lane, 50, WISH))).to.equal(20)
  })

  it('with a rate in bytes weighs the keys, and settles what was reckoned wrong', () => {
    const control = new PaceControl({...NO_LIMITS, bytesPerSecond: 100_000})
    const lane = control.openLane(0)
    const ticket = control.admit(lane, 0, WISH) as Ticket
    expect(ticket).to.deep.equal({keys: 50, bytes: 5_000})
    control.sent(lane, 5, {ticket, bytes: 20_000, elapsedMs: 5})
    expect(waitOf(control.admit(lane, 5, WISH))).to.equal(145)
  })

  it('lets a key go that alone is more than the rate', () => {
    const control = new PaceControl({...NO_LIMITS, bytesPerSecond: 1_000})
    const lane = control.openLane(0)
    expect(keysOf(control.admit(lane, 0, {...WISH, bytesPerKey: 5_000}))).to.equal(1)
    expect(waitOf(control.admit(lane, 1, WISH))).to.equal(4_949)
  })

  it('serves the lanes in turn', () => {
    const control = new PaceControl({...NO_LIMITS, keysPerSecond: 100})
    const lanes = [control.openLane(0), control.openLane(0), control.openLane(0)]
    const served: number[] = []
    for (let nowMs = 0; nowMs < 1_200; nowMs += 10) {
      // The last lane always asks first: it gains nothing by that.
      for (const index of [2, 1, 0]) if ('keys' in control.admit(lanes[index]!, nowMs, WISH)) served.push(index)
    }
    const counts = [0, 1, 2].map((index) => served.filter((each) => each === index).length)
    expect(served.length).to.be.within(24, 26)
    expect(Math.max(...counts) - Math.min(...counts)).to.be.at.most(1)
  })

  it('forgets a lane that ended while it waited', () => {
    const control = new PaceControl({...NO_LIMITS, keysPerSecond: 100})
    const [first, second] = [control.openLane(0), control.openLane(0)]
    for (const nowMs of [0, 0, 10]) control.admit(first, nowMs, WISH)
    control.admit(second, 10, WISH)
    control.closeLane(first)
    expect(keysOf(control.admit(second, 100, WISH))).to.equal(5)
  })

  it('half as fast rests as long as it works; no faster than the limits allow', () => {
    const control = new PaceControl()
    const lane = control.openLane(0)
    control.slower(0)
    const ticket = control.admit(lane, 0, WISH) as Ticket
    control.sent(lane, 8, {ticket, bytes: 0, elapsedMs: 8})
    expect(waitOf(control.admit(lane, 8, WISH))).to.equal(8)
    for (let press = 0; press < 5; press++) control.faster(8)
    expect(control.state.speed).to.equal(1)
  })

  it('half as fast halves a rate, too', () => {
    const control = new PaceControl({...NO_LIMITS, keysPerSecond: 1_000})
    const lane = control.openLane(0)
    control.slower(0)
    expect(keysOf(control.admit(lane, 0, WISH))).to.equal(25)
    expect(waitOf(control.admit(lane, 0, WISH))).to.equal(50)
    control.unlimit(0)
    expect(keysOf(control.admit(lane, 0, WISH))).to.equal(500)
  })

  it('paused lets a window be finished for two seconds, then keeps it open; a stop finishes it', () => {
    const control = new PaceControl()
    const lane = control.openLane(0)
    control.pause(0)
    expect(keysOf(control.admit(lane, 1_999, WISH))).to.equal(500)
    expect(control.admit(lane, 2_000, WISH)).to.include({isPaused: true})
    expect(keysOf(control.admit(lane, 2_000, {...WISH, isStopping: true}))).to.equal(500)
    control.resume()
    expect(keysOf(control.admit(lane, 2_001, WISH))).to.equal(500)
  })

  it('with a latency limit takes its word for the size of batches, and for rests', () => {
    const control = new PaceControl({...NO_LIMITS, maxLatencyMs: 5})
    const lane = control.openLane(0)
    expect(keysOf(control.admit(lane, 0, WISH))).to.equal(16)
    for (let nowMs = 0; nowMs <= 2_000; nowMs += 100) control.observe(lane, nowMs, 20)
    expect(keysOf(control.admit(lane, 2_000, WISH))).to.equal(1)
    control.sent(lane, 2_000, {ticket: {keys: 1, bytes: 0}, bytes: 0, elapsedMs: 1})
    expect(waitOf(control.admit(lane, 2_000, WISH))).to.be.greaterThan(1)
  })
})
