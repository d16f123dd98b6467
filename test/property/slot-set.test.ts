import {expect} from 'chai'
import fc from 'fast-check'
import {SLOT_COUNT} from '../../src/model/slot.js'
import {SlotSet} from '../../src/model/slot-set.js'

const slots = fc.uniqueArray(fc.nat(SLOT_COUNT - 1), {maxLength: 200})

describe('any set of slots', () => {
  it('is read back as it was printed', () => {
    fc.assert(
      fc.property(slots, (list) => {
        const set = SlotSet.of(list)
        expect(SlotSet.parse(set.toString())!.equals(set)).to.equal(true)
        expect([...set]).to.deep.equal([...list].sort((a, b) => a - b))
        expect(set.size).to.equal(list.length)
      }),
    )
  })

  it('obeys the laws of sets', () => {
    fc.assert(
      fc.property(slots, slots, (left, right) => {
        const [a, b] = [SlotSet.of(left), SlotSet.of(right)]
        const isIn = new Set(right)
        expect([...a.intersection(b)]).to.have.members(left.filter((slot) => isIn.has(slot)))
        expect([...a.minus(b)]).to.have.members(left.filter((slot) => !isIn.has(slot)))
        expect(a.union(b).size).to.equal(a.size + b.size - a.intersection(b).size)
        expect(a.minus(b).union(a.intersection(b)).equals(a)).to.equal(true)
      }),
    )
  })

  it('gives its lowest slots', () => {
    fc.assert(
      fc.property(slots, fc.nat(250), (list, count) => {
        const sorted = [...list].sort((a, b) => a - b)
        expect([...SlotSet.of(list).lowest(count)]).to.deep.equal(sorted.slice(0, count))
      }),
    )
  })
})
