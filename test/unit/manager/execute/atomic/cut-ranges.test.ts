import {expect} from 'chai'
import {cutRanges} from '../../../../../src/manager/execute/atomic/cut-ranges.js'
import {SlotSet} from '../../../../../src/model/slot-set.js'

/** The ranges of these slots, each of which has so many keys. */
function cut(slots: string, keysOf: (slot: number) => number, finer = 0): string[] {
  const set = SlotSet.parse(slots)!
  return cutRanges(set, new Map([...set].map((slot) => [slot, keysOf(slot)])), finer).map(String)
}

describe('ranges of one migration', () => {
  it('are one while the keys are few', () => {
    expect(cut('0-4095', () => 0)).to.deep.equal(['0-4095'])
    expect(cut('0-4095 7000', () => 6)).to.deep.equal(['0-4095 7000'])
  })

  it('are eight for a million keys, all of about as many', () => {
    const ranges = cut('0-3999', () => 250)
    expect(ranges).to.have.length(8)
    expect(ranges[0]).to.equal('0-499')
    expect(ranges[7]).to.equal('3500-3999')
  })

  it('are smaller for fewer keys, while that makes the pauses shorter', () => {
    expect(cut('0-99', () => 1_000)).to.have.length(4)
    expect(cut('0-99', () => 3_000)).to.have.length(8)
    expect(cut('0-99', () => 40_000)).to.have.length(32)
  })

  it('weigh keys, not slots', () => {
    expect(cut('0-99', (slot) => (slot < 10 ? 5_000 : 0))).to.deep.equal(['0-4', '5-99'])
  })

  it('leave a slot whole, however many keys it has', () => {
    expect(cut('5', () => 10_000_000)).to.deep.equal(['5'])
    expect(cut('5-7', (slot) => (slot === 6 ? 10_000_000 : 1))).to.deep.equal(['5-6', '7'])
  })

  it('are never so many that forks cost more than the pauses they save', () => {
    expect(cut('0-16383', () => 5_000)).to.have.length(64)
  })

  it('are halved with each retry', () => {
    expect(cut('0-99', () => 1, 1)).to.deep.equal(['0-49', '50-99'])
    expect(cut('0-99', () => 1, 2)).to.have.length(4)
    expect(cut('9', () => 1, 2)).to.deep.equal(['9'])
  })

  it('hold every slot exactly once', () => {
    const slots = '3 7-300 400-2000 16383'
    const ranges = cut(slots, (slot) => (slot % 7) * 1000)
    expect(ranges.map((text) => SlotSet.parse(text)!.size).reduce((sum, size) => sum + size)).to.equal(1897)
    expect(ranges.reduce((all, text) => all.union(SlotSet.parse(text)!), SlotSet.EMPTY).toString()).to.equal(slots)
  })
})
