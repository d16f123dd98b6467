import {expect} from 'chai'
import {SlotSet} from '../../../src/model/slot-set.js'

describe('a set of slots', () => {
  it('prints runs as ranges, in the words of CLUSTER NODES', () => {
    expect(SlotSet.of([5, 0, 1, 2, 16383]).toString()).to.equal('0-2 5 16383')
    expect(SlotSet.EMPTY.toString()).to.equal('')
    expect(SlotSet.ALL.toString()).to.equal('0-16383')
  })

  it('reads ranges with spaces or commas between them', () => {
    expect(SlotSet.parse('0-2,5 16383')!.size).to.equal(5)
    expect(SlotSet.parse('')!.size).to.equal(0)
  })

  it('reads nothing else', () => {
    for (const text of ['a', '1-', '-1', '5-4', '16384', '1-20000', '1.5', '1--2', '[1-2]']) {
      expect(SlotSet.parse(text), text).to.equal(undefined)
    }
  })
})
