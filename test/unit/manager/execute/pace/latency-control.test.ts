import {expect} from 'chai'
import {LatencyControl} from '../../../../../src/manager/execute/pace/latency-control.js'

interface Node {
  /** What one key costs it, ms. */
  readonly keyMs: number
  /** What a command waits even without us, ms. */
  readonly otherMs?: number
}

/**
 * Batches one after another on a node that answers a PING only when it is free: a PING sees what is left of the batch that it
 * meets.
 * @returns what the PINGs of the last half took, and the keys moved in it
 */
function run({keyMs, otherMs = 0.2}: Node, limitMs: number, lastsMs: number): {pings: number[]; keys: number} {
  const control = new LatencyControl(0)
  const pings: number[] = []
  let keys = 0
  let nextPingMs = 0
  let nowMs = 0
  while (nowMs < lastsMs) {
    const batch = control.keys
    const endMs = nowMs + batch * keyMs + otherMs
    for (; nextPingMs < endMs; nextPingMs += 20) {
      const tookMs = endMs - nextPingMs + otherMs
      if (nextPingMs >= nowMs) control.observe(endMs, tookMs, limitMs)
      if (nextPingMs > lastsMs / 2) pings.push(Math.max(otherMs, tookMs))
    }
    control.observe(endMs, endMs - nowMs, limitMs)
    if (endMs > lastsMs / 2) keys += batch
    nowMs = endMs + control.restMs
  }
  return {pings, keys}
}

describe('the batches of a lane with a latency limit', () => {
  for (const keyMs of [0.005, 0.05, 0.4]) {
    it(`settle below it, and not far below it, where a key costs ${keyMs} ms`, () => {
      const {pings, keys} = run({keyMs}, 5, 20_000)
      const sorted = pings.toSorted((a, b) => a - b)
      expect(sorted[Math.floor(sorted.length * 0.99)]).to.be.at.most(5)
      const fullSpeed = 10_000 / keyMs
      expect(keys).to.be.greaterThan(fullSpeed / 3)
    })
  }

  it('begin small, and double while nothing is known of the nodes', () => {
    const control = new LatencyControl(0)
    expect(control.keys).to.equal(16)
    for (let nowMs = 200; nowMs <= 800; nowMs += 200) control.observe(nowMs, 0.1, 5)
    expect(control.keys).to.equal(256)
  })

  it('are halved by two answers that came too late, once, however many late ones follow from the same batch', () => {
    const control = new LatencyControl(0)
    const after = (...times: readonly number[]): number => {
      for (const nowMs of times) control.observe(nowMs, 9, 5)
      return control.keys
    }
    expect(after(10)).to.equal(16)
    expect(after(30)).to.equal(8)
    expect(after(50, 70, 90)).to.equal(8)
    expect(after(130, 150)).to.equal(4)
  })

  it('do not care about one late answer: that is chance', () => {
    const control = new LatencyControl(0)
    for (let nowMs = 0; nowMs < 10_000; nowMs += 20) control.observe(nowMs, nowMs % 2_000 === 0 ? 50 : 0.3, 5)
    expect(control.keys).to.equal(500)
  })

  it('rest longer and longer when single keys are too much, and less when it is calm again', () => {
    const control = new LatencyControl(0)
    let nowMs = 0
    const after = (latencyMs: number, times: number): void => {
      for (let time = 0; time < times; time++) control.observe((nowMs += 250), latencyMs, 5)
    }
    after(50, 10)
    expect({keys: control.keys, restMs: control.restMs}).to.deep.equal({keys: 1, restMs: 2})
    after(50, 20)
    expect(control.restMs).to.equal(100)
    expect(control.isAtItsFloor).to.equal(true)
    after(0.5, 7)
    expect(control.restMs).to.equal(0)
    after(0.5, 1)
    expect(control.keys).to.equal(2)
  })
})
