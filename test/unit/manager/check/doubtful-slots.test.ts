/** Which slots have to be counted on every node. */
import {expect} from 'chai'
import {SlotSet} from '../../../../src/model/slot-set.js'
import {doubtfulSlots} from '../../../../src/manager/check/doubtful-slots.js'
import {
  changedLine,
  changedPeer,
  clusterViewOf,
  importing,
  migrating,
  primaryId,
  replicaId,
  silent,
  uncovered,
  type ViewChange,
} from '../../../support/topologies.js'

const SHAPE = {primaries: 3, replicasEach: 1}
const A = primaryId(0)
const B = primaryId(1)
const C = primaryId(2)

function doubtful(...changes: readonly ViewChange[]): string {
  return doubtfulSlots(clusterViewOf(SHAPE, ...changes)).toString()
}

describe('doubtful slots', () => {
  it('are none in a healthy cluster', () => {
    expect(doubtful()).to.equal('')
  })

  it('are those that stand half-way, on replicas too', () => {
    expect(doubtful(migrating(5, A, B), importing(9, B, A), migrating(11, replicaId(0), B))).to.equal('5 9 11')
  })

  it('are those that nobody claims', () => {
    expect(doubtful(uncovered('100-102 16383'))).to.equal('100-102 16383')
  })

  it('are all slots of a primary that does not answer', () => {
    expect(doubtful(silent(C))).to.equal('10923-16383')
  })

  it('are those that two primaries claim', () => {
    const greedy = changedLine(B, (line) => ({...line, slots: line.slots.union(SlotSet.of([7]))}))
    expect(doubtful(greedy)).to.equal('7')
  })

  it('are those that one node credits to another owner than the one that claims them', () => {
    const stale = [
      changedPeer(C, A, (line) => ({...line, slots: line.slots.minus(SlotSet.of([7]))})),
      changedPeer(C, B, (line) => ({...line, slots: line.slots.union(SlotSet.of([7]))})),
    ]
    expect(doubtful(...stale)).to.equal('7')
  })

  it('are not those of which one node has merely not heard yet', () => {
    expect(doubtful(changedPeer(C, A, (line) => ({...line, slots: SlotSet.EMPTY})))).to.equal('')
  })
})
