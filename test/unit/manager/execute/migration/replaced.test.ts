/** A node that was replaced and does not know it neither gives slots nor gets any. */
import {expect} from 'chai'
import {assertNotReplaced} from '../../../../../src/manager/execute/migration/replaced.js'
import type {NodeView} from '../../../../../src/manager/view/node-view.js'
import {SlotSet} from '../../../../../src/model/slot-set.js'
import {changedPeer, clusterViewOf, primaryId, replicaId, type ViewChange} from '../../../../support/topologies.js'

const [A, B, C] = [primaryId(0), primaryId(1), primaryId(2)]

function accounts(...changes: readonly ViewChange[]): [NodeView, NodeView] {
  const {nodes} = clusterViewOf({primaries: 3, replicasEach: 1}, ...changes)
  return [nodes.find(({id}) => id === A)!, nodes.find(({id}) => id === B)!]
}

function ownSlots(id: string): SlotSet {
  return clusterViewOf({primaries: 3, replicasEach: 1}).nodes.find((node) => node.id === id)!.line.slots
}

/** In the account of `witness`, the heir has the slots of `replaced` with this epoch. */
function succession(witness: string, replaced: string, heir: string, configEpoch: number): ViewChange[] {
  return [
    changedPeer(witness, replaced, (line) => ({...line, slots: SlotSet.EMPTY})),
    changedPeer(witness, heir, (line) => ({...line, slots: ownSlots(replaced), configEpoch})),
  ]
}

describe('the two ends of a move', () => {
  it('may be as they are when each credits the other with its slots', () => {
    expect(() => assertNotReplaced(...accounts())).not.to.throw()
  })

  it('must not be a target that the source knows to be replaced', () => {
    const replaced = accounts(...succession(A, B, replicaId(1), 9))
    expect(() => assertNotReplaced(...replaced))
      .to.throw('was replaced by')
      .with.property('code', 'stale-plan')
  })

  it('must not be a source that the target knows to be replaced', () => {
    const replaced = accounts(...succession(B, A, replicaId(0), 9))
    expect(() => assertNotReplaced(...replaced)).to.throw('was replaced by')
  })

  it('may be a node that got slots of which the other has not heard: its epoch is the greater one', () => {
    const lagging = accounts(...succession(A, B, C, 0))
    expect(() => assertNotReplaced(...lagging)).not.to.throw()
  })
})
