/** What is waited for before an operation is taken up again, and what would be waited for in vain. */
import {expect} from 'chai'
import {unrest} from '../../../../../src/manager/plan/resume/unrest.js'
import {SlotSet} from '../../../../../src/model/slot-set.js'
import {
  changedLine,
  changedNode,
  changedPeer,
  clusterViewOf,
  importing,
  primaryId,
  replicaId,
  silent,
  type ViewChange,
} from '../../../../support/topologies.js'

const SHAPE = {primaries: 3, replicasEach: 1}
const [SOURCE, TARGET, WITNESS] = [primaryId(0), primaryId(1), primaryId(2)]

/** The replica of the first primary has its slots, and the first primary follows it; everybody says so. */
const failedOver: ViewChange = (view) => {
  const [old, heir] = [SOURCE, replicaId(0)]
  const slots = view.nodes.find(({id}) => id === old)!.line.slots
  const everybody = view.nodes.map(({id}) => id)
  const demote: ViewChange[] = everybody.map((by) =>
    (by === old ? changedLine.bind(null, old) : changedPeer.bind(null, by, old))((line) => ({
      ...line,
      flags: new Set([...line.flags].map((flag) => (flag === 'primary' ? 'replica' : flag))),
      primaryId: heir,
      slots: SlotSet.EMPTY,
    })),
  )
  const promote: ViewChange[] = everybody.map((by) =>
    (by === heir ? changedLine.bind(null, heir) : changedPeer.bind(null, by, heir))((line) => ({
      ...line,
      flags: new Set([...line.flags].map((flag) => (flag === 'replica' ? 'primary' : flag))),
      primaryId: null,
      slots,
    })),
  )
  return [...demote, ...promote].reduce((changed, change) => change(changed), view)
}

/** This node has not heard that the slot has another owner: it credits the old one. */
function misses(by: string, slot: number): ViewChange {
  const one = SlotSet.of([slot])
  return (view) =>
    [
      changedPeer(by, replicaId(0), (line) => ({...line, slots: line.slots.minus(one)})),
      changedPeer(by, SOURCE, (line) => ({...line, slots: line.slots.union(one)})),
    ].reduce((changed, change) => change(changed), view)
}

describe('unrest', () => {
  it('is none where all nodes agree, open slots or not', () => {
    expect(unrest(clusterViewOf(SHAPE, importing(5, TARGET, SOURCE)))).to.equal(undefined)
  })

  it('is a node that has not heard of a failover yet', () => {
    expect(unrest(clusterViewOf(SHAPE, failedOver, misses(WITNESS, 5)))).to.match(/does not agree/)
  })

  it('is none where the importer of a slot will never hear of its new owner, nor serve before it does', () => {
    const deaf = clusterViewOf(SHAPE, failedOver, importing(5, TARGET, SOURCE), misses(TARGET, 5))
    expect(unrest(deaf)).to.equal(undefined)
    const refusing = changedNode(TARGET, (node) => ({...node, clusterOk: false}))
    expect(unrest(refusing(deaf))).to.equal(undefined)
  })

  it('is still some where that importer has other news to hear', () => {
    const view = clusterViewOf(SHAPE, failedOver, importing(5, TARGET, SOURCE), misses(TARGET, 5), misses(TARGET, 6))
    expect(unrest(view)).to.match(/does not agree/)
  })

  it('is a dead primary whose replica can still take its place', () => {
    expect(unrest(clusterViewOf(SHAPE, silent(WITNESS)))).to.match(/no replica has taken its place yet/)
  })
})
