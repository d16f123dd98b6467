/** When the accounts of several nodes agree about the slots. */
import {expect} from 'chai'
import {assignmentsAgree} from '../../../../src/manager/view/assignment.js'
import type {NodeView} from '../../../../src/manager/view/node-view.js'
import {SlotSet} from '../../../../src/model/slot-set.js'
import {
  changedPeer,
  changedServer,
  clusterViewOf,
  migrating,
  primaryId,
  replicaId,
  uncovered,
  type ViewChange,
} from '../../../support/topologies.js'

const [A, B] = [primaryId(0), primaryId(1)]

function nodesOf(...changes: readonly ViewChange[]): readonly NodeView[] {
  return clusterViewOf({primaries: 3, replicasEach: 1}, ...changes).nodes
}

describe('agreement about the slots', () => {
  it('is there when every account gives every slot to the same owner', () => {
    expect(assignmentsAgree(nodesOf())).to.equal(true)
  })

  it('is not disturbed by open slots, epochs, key counts and nodes without slots', () => {
    const otherwise = nodesOf(
      migrating(5, A, B),
      changedServer(A, {loading: true}),
      changedPeer(B, A, (line) => ({...line, configEpoch: 9, linkConnected: false})),
      changedPeer(B, replicaId(0), (line) => ({...line, primaryId: null})),
    )
    expect(assignmentsAgree(otherwise)).to.equal(true)
  })

  it('is broken by one slot that one account gives to another owner, or to nobody', () => {
    const slots = SlotSet.parse('100')!
    const less = changedPeer(B, A, (line) => ({...line, slots: line.slots.minus(slots)}))
    const more = changedPeer(B, primaryId(2), (line) => ({...line, slots: line.slots.union(slots)}))
    expect(assignmentsAgree(nodesOf(less))).to.equal(false)
    expect(assignmentsAgree(nodesOf(less, more))).to.equal(false)
  })

  it('is broken by an account that knows one owner more, or one less', () => {
    const empty = changedPeer(B, A, (line) => ({...line, slots: SlotSet.EMPTY}))
    const stranger = changedPeer(B, replicaId(0), (line) => ({...line, slots: SlotSet.parse('1')!}))
    expect(assignmentsAgree(nodesOf(empty))).to.equal(false)
    expect(assignmentsAgree(nodesOf(stranger))).to.equal(false)
  })

  it('is not there when no account knows of any slot, unless there is only one account', () => {
    const nodes = nodesOf(uncovered('0-16383'))
    expect(assignmentsAgree(nodes)).to.equal(false)
    expect(assignmentsAgree(nodes.slice(0, 1))).to.equal(true)
  })
})
