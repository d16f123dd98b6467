/** Slot ranges in the words of GETSLOTMIGRATIONS. */
import {expect} from 'chai'
import {formatRanges, overlap, parseRanges} from '../../../../src/engine/slot-migration/slot-ranges.js'

describe('slot ranges of a migration', () => {
  it('are printed with both ends, in the order in which they were named', () => {
    expect(
      formatRanges([
        [9, 12],
        [5, 5],
      ]),
    ).to.equal('9-12 5-5')
    expect(parseRanges('9-12 5-5')).to.deep.equal([
      [9, 12],
      [5, 5],
    ])
    expect(parseRanges('')).to.equal(undefined)
    expect(parseRanges('12-9')).to.equal(undefined)
  })

  it('overlap when they share a slot', () => {
    expect(overlap([1, 5], [5, 9])).to.equal(true)
    expect(overlap([1, 4], [5, 9])).to.equal(false)
    expect(overlap([1, 9], [3, 4])).to.equal(true)
  })
})
