/** The rate that an operator sets is kept, whatever the lanes and their batches are like. */
import {expect} from 'chai'
import fc from 'fast-check'
import {PaceControl} from '../../src/manager/execute/pace/pace-control.js'
import {CREDIT_MS} from '../../src/manager/execute/pace/rate-limit.js'
import {NO_LIMITS} from '../../src/manager/plan/pace-limits.js'

interface Begun {
  readonly atMs: number
  readonly keys: number
}

/** Lanes that ask whenever they may, each batch taking its own time; every lane in an order of its own. */
function run(
  keysPerSecond: number,
  batches: readonly {readonly keys: number; readonly tookMs: number}[],
  lanes: number,
): Begun[] {
  const control = new PaceControl({...NO_LIMITS, keysPerSecond})
  const state = Array.from({length: lanes}, () => ({lane: control.openLane(0), freeAtMs: 0}))
  const begun: Begun[] = []
  let next = 0
  for (let nowMs = 0; nowMs < 3_000; nowMs += 7) {
    for (const each of state) {
      if (each.freeAtMs > nowMs) continue
      const {keys, tookMs} = batches[next % batches.length]!
      const answer = control.admit(each.lane, nowMs, {keys, bytesPerKey: 0, isStopping: false})
      if (!('keys' in answer)) continue
      next++
      begun.push({atMs: nowMs, keys: answer.keys})
      each.freeAtMs = nowMs + tookMs
      control.sent(each.lane, nowMs + tookMs, {ticket: answer, bytes: 0, elapsedMs: tookMs})
    }
  }
  return begun
}

const BATCH = fc.record({keys: fc.integer({min: 1, max: 500}), tookMs: fc.integer({min: 0, max: 40})})

describe('a rate', () => {
  it('is exceeded over no time by more than a batch and what a late one may make up for', () => {
    fc.assert(
      fc.property(
        fc.integer({min: 50, max: 20_000}),
        fc.array(BATCH, {minLength: 1, maxLength: 20}),
        fc.integer({min: 1, max: 6}),
        (keysPerSecond, batches, lanes) => {
          const begun = run(keysPerSecond, batches, lanes)
          const largest = Math.max(...begun.map(({keys}) => keys))
          for (let first = 0; first < begun.length; first += 5) {
            let sum = 0
            for (const {atMs, keys} of begun.slice(first)) {
              sum += keys
              const allowed = ((atMs - begun[first]!.atMs + CREDIT_MS) * keysPerSecond) / 1000 + largest
              if (sum > allowed + 1e-6) expect.fail(`${sum} keys where ${allowed} were allowed`)
            }
          }
        },
      ),
      {numRuns: 60},
    )
  })

  it('is used: lanes that always have work get nearly all of it', () => {
    fc.assert(
      fc.property(fc.integer({min: 100, max: 5_000}), fc.integer({min: 1, max: 6}), (keysPerSecond, lanes) => {
        const begun = run(keysPerSecond, [{keys: 500, tookMs: 1}], lanes)
        const sum = begun.reduce((all, {keys}) => all + keys, 0)
        expect(sum).to.be.greaterThan(keysPerSecond * 3 * 0.85)
      }),
      {numRuns: 40},
    )
  })
})
