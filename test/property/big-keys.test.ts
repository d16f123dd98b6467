import {expect} from 'chai'
import fc from 'fast-check'
import {raisedTimeoutMs, timeoutBeforeRaise} from '../../src/manager/plan/raised-timeout.js'
import {bigSlotsLast} from '../../src/manager/plan/big-keys.js'
import {expectedStallMs, longestStallMs} from '../../src/manager/plan/stall.js'
import {SLOT_COUNT} from '../../src/model/slot.js'
import {SlotSet} from '../../src/model/slot-set.js'

const slots = fc.uniqueArray(fc.nat(SLOT_COUNT - 1), {maxLength: 200})

describe('any lane with big keys', () => {
  it('moves all its slots, those with big keys last, and each kind in the order it had', () => {
    fc.assert(
      fc.property(slots, slots, (all, big) => {
        const isBig = SlotSet.of(big)
        const ordered = bigSlotsLast(all, isBig)
        expect(ordered).to.have.members(all)
        expect(ordered.filter((slot) => !isBig.has(slot))).to.deep.equal(all.filter((slot) => !isBig.has(slot)))
        const firstBig = ordered.findIndex((slot) => isBig.has(slot))
        if (firstBig >= 0) expect(ordered.slice(firstBig).every((slot) => isBig.has(slot))).to.equal(true)
      }),
    )
  })
})

describe('any key', () => {
  const sizes = fc.record({
    type: fc.constantFrom('string', 'list', 'hash', 'set', 'zset', 'stream', 'a-module'),
    bytes: fc.integer({min: 1, max: 2 ** 40}),
    elements: fc.nat(2 ** 30),
  })

  it('is expected to stall its nodes for longer the bigger it is, and for no longer than its bytes can explain', () => {
    fc.assert(
      fc.property(sizes, fc.nat(2 ** 30), (size, more) => {
        // Members that are packed cost like bytes: none of the others is smaller than this.
        const elements = Math.min(size.elements, Math.floor(size.bytes / 35))
        const stallMs = expectedStallMs({...size, elements})
        expect(stallMs).to.be.at.most(longestStallMs(size.bytes) + 1e-6)
        expect(expectedStallMs({...size, elements, bytes: size.bytes + more})).to.be.at.least(stallMs)
      }),
    )
  })
})

describe('any node timeout', () => {
  const own = fc.integer({min: 1, max: 999}).map((tenths) => tenths * 100)

  it('that is raised is long enough, and tells what it was', () => {
    fc.assert(
      fc.property(own, fc.integer({min: 1, max: 3_600_000}), (ownMs, needed) => {
        const raisedMs = raisedTimeoutMs(ownMs, needed)
        expect(raisedMs).to.be.at.least(Math.max(needed, ownMs))
        expect(timeoutBeforeRaise(raisedMs)).to.equal(ownMs)
      }),
    )
  })

  it('in whole seconds is nobody’s raised one', () => {
    fc.assert(
      fc.property(fc.integer({min: 1, max: 3_600}), (seconds) => {
        expect(timeoutBeforeRaise(seconds * 1_000)).to.equal(undefined)
      }),
    )
  })
})
