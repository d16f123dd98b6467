import {expect} from 'chai'
import {SlotSet} from '../../../../../src/model/slot-set.js'
import {remainingStep} from '../../../../../src/manager/plan/resume/rules.js'
import type {Truth} from '../../../../../src/manager/plan/resume/truth.js'
import type {Step} from '../../../../../src/manager/plan/step.js'
import {EVERY_STEP} from '../../../../support/steps.js'
import {
  changedLine,
  changedPeer,
  changedServer,
  clusterViewOf,
  holding,
  importing,
  migrating,
  primaryId,
  replicaId,
  silent,
  uncovered,
  type ViewChange,
} from '../../../../support/topologies.js'
import {truthOf} from '../../../../support/truths.js'

const [A, B, C] = [0, 1, 2].map(primaryId) as [string, string, string]
const A1 = replicaId(0)
const STRANGER = 'f'.repeat(40)

/** Three primaries with a replica each: A has 0-5460, B 5461-10922, C the rest. */
function truth(...changes: readonly ViewChange[]): Truth {
  return truthOf(clusterViewOf({primaries: 3, replicasEach: 1}, ...changes))
}

function rest(step: Step, now: Truth): readonly Step[] {
  return remainingStep(step, now)
}

/** After a failover: the old primary's replica has its slots, and it follows. */
const promoted: ViewChange = (view) => {
  const slots = SlotSet.parse('0-5460')!
  return {
    ...view,
    nodes: view.nodes.map((node) => {
      const line = (each: typeof node.line): typeof node.line => {
        if (each.id === A) {
          return {
            ...each,
            slots: SlotSet.EMPTY,
            primaryId: A1,
            flags: new Set([...[...each.flags].filter((flag) => flag !== 'primary'), 'replica']),
          }
        }
        if (each.id === A1) {
          return {
            ...each,
            slots,
            primaryId: null,
            configEpoch: 9,
            flags: new Set([...[...each.flags].filter((flag) => flag !== 'replica'), 'primary']),
          }
        }
        return each
      }
      return {...node, line: line(node.line), peers: node.peers.map(line)}
    }),
  }
}

const knowsNobody =
  (id: string): ViewChange =>
  (view) => ({
    ...view,
    nodes: view.nodes.map((node) => (node.id === id ? {...node, peers: []} : node)),
  })

describe('what is left of a move', () => {
  const move: Step = {kind: 'move-slots', slots: '0-9', source: A, target: B, bigKeySlots: '3 7'}

  it('is all of it as long as the source has the slots', () => {
    expect(rest(move, truth())).to.deep.equal([move])
  })

  it('is what the target does not own yet, open or not', () => {
    const moved: ViewChange[] = [
      changedLine(A, (line) => ({...line, slots: line.slots.minus(SlotSet.parse('0-4')!)})),
      changedLine(B, (line) => ({...line, slots: line.slots.union(SlotSet.parse('0-4')!)})),
      migrating(5, A, B),
      importing(5, B, A),
    ]
    expect(rest(move, truth(...moved))).to.deep.equal([{...move, slots: '5-9', bigKeySlots: '7'}])
  })

  it('is nothing when the target has all, or somebody else has', () => {
    expect(rest({...move, slots: '6000-6009'}, truth())).to.deep.equal([])
    expect(rest({...move, slots: '12000'}, truth())).to.deep.equal([])
  })

  it('goes between the heirs after a failover, whether the old primary answers or not', () => {
    const expected = [{...move, source: A1}]
    expect(rest(move, truth(promoted))).to.deep.equal(expected)
    const shards = [{primary: A, replicas: [A1]}]
    const view = silent(A)(
      promoted(clusterViewOf({primaries: 3, replicasEach: 1}, (each) => ({...each, nodes: each.nodes.toReversed()}))),
    )
    expect(rest(move, truthOf(view, {shards}))).to.deep.equal(expected)
  })

  it('is nothing while an end has no heir: that is for the caller to refuse', () => {
    const view = silent(B)(clusterViewOf({primaries: 3}))
    expect(rest(move, truthOf(view))).to.deep.equal([])
  })

  it('goes the same way as it was begun', () => {
    const whole: Step = {kind: 'migrate-slots', slots: '0-9 6000', source: A, target: B, fallback: true}
    expect(rest(whole, truth())).to.deep.equal([{...whole, slots: '0-9'}])
  })
})

describe('what is left of making a cluster', () => {
  it('is the epoch of a node that has none', () => {
    const step: Step = {kind: 'set-config-epoch', node: A, epoch: 1}
    expect(rest(step, truth())).to.deep.equal([])
    expect(rest(step, truth(changedLine(A, (line) => ({...line, configEpoch: 0}))))).to.deep.equal([step])
  })

  it('is the slots that the node does not claim', () => {
    const step: Step = {kind: 'add-slots', node: A, slots: '0-5470'}
    expect(rest(step, truth())).to.deep.equal([{...step, slots: '5461-5470'}])
    expect(rest({...step, slots: '0-99'}, truth())).to.deep.equal([])
  })

  it('is to introduce those who do not know each other, or are still shaking hands', () => {
    const step: Step = {kind: 'meet', node: A, peers: [B, C]}
    expect(rest(step, truth())).to.deep.equal([])
    expect(rest(step, truth(knowsNobody(C)))).to.deep.equal([{...step, peers: [C]}])
    const shaking = changedPeer(A, B, (line) => ({...line, flags: new Set([...line.flags, 'handshake'])}))
    expect(rest(step, truth(shaking))).to.deep.equal([{...step, peers: [B]}])
  })

  it('is to attach a replica that follows nobody, or somebody else; after a failover to the new primary', () => {
    expect(rest({kind: 'replicate', replica: A1, primary: A}, truth())).to.deep.equal([])
    const other: Step = {kind: 'replicate', replica: A1, primary: B}
    expect(rest(other, truth())).to.deep.equal([other])
    expect(rest({kind: 'replicate', replica: replicaId(1), primary: A}, truth(promoted))).to.deep.equal([
      {kind: 'replicate', replica: replicaId(1), primary: A1},
    ])
    expect(rest({kind: 'replicate', replica: A1, primary: A}, truth(promoted))).to.deep.equal([])
  })

  it('is to copy functions to a node that knows nobody yet', () => {
    const step: Step = {kind: 'copy-functions', from: B, to: A}
    expect(rest(step, truth())).to.deep.equal([])
    expect(rest(step, truth(knowsNobody(A)))).to.deep.equal([step])
  })
})

describe('what is left of a wait', () => {
  it('for agreement is nothing when they agree; else without those who do not answer', () => {
    const step: Step = {kind: 'wait-agreement', nodes: [A, B, C, STRANGER], push: true}
    expect(rest(step, truth())).to.deep.equal([])
    expect(rest(step, truth(knowsNobody(C)))).to.deep.equal([{...step, nodes: [A, B, C]}])
  })

  it('for a replica is nothing when it follows and its link is up', () => {
    const step: Step = {kind: 'wait-sync', replica: A1}
    expect(rest(step, truth())).to.deep.equal([])
    expect(rest(step, truth(changedServer(A1, {primaryLinkUp: false})))).to.deep.equal([step])
  })

  it('until a node is forgotten is for those who still name it', () => {
    const step: Step = {kind: 'wait-forgotten', node: A, nodes: [B, C]}
    expect(rest(step, truth(knowsNobody(C)))).to.deep.equal([{...step, nodes: [B]}])
    expect(rest({...step, node: STRANGER}, truth())).to.deep.equal([])
  })
})

describe('what is left of a repair', () => {
  it('is to claim what nobody claims, and never what somebody serves by now', () => {
    const step: Step = {kind: 'claim-slots', node: A, slots: '5461-5465'}
    expect(rest(step, truth())).to.deep.equal([])
    expect(rest(step, truth(uncovered('5463')))).to.deep.equal([{...step, slots: '5463'}])
  })

  it('is for the heir to claim, where the one that was to do it has become a replica', () => {
    const step: Step = {kind: 'claim-slots', node: A, slots: '5463'}
    expect(rest(step, truth(uncovered('5463'), promoted))).to.deep.equal([{...step, node: A1}])
  })

  it('is to tell of the owner who does not know it, as long as it is the owner', () => {
    const step: Step = {kind: 'assign-slots', node: C, slots: '5-6', owner: A}
    expect(rest(step, truth())).to.deep.equal([])
    const behind = changedPeer(C, A, (line) => ({...line, slots: line.slots.minus(SlotSet.of([5]))}))
    expect(rest(step, truth(behind))).to.deep.equal([{...step, slots: '5'}])
    expect(rest({...step, slots: '6000'}, truth(behind))).to.deep.equal([])
  })

  it('is to close what is open there', () => {
    const step: Step = {kind: 'close-slots', node: A, slots: '5-6'}
    expect(rest(step, truth(migrating(6, A, B)))).to.deep.equal([{...step, slots: '6'}])
    expect(rest(step, truth())).to.deep.equal([])
  })

  it('is to give up slots that the node still claims', () => {
    expect(rest({kind: 'del-slots', node: A, slots: '5 6000'}, truth())).to.deep.equal([
      {kind: 'del-slots', node: A, slots: '5'},
    ])
  })

  it('is to collect keys that are there, or a mark, for whoever owns the slot', () => {
    const step: Step = {kind: 'collect-keys', slot: 5, source: B, target: A}
    expect(rest(step, truth(holding(5, B, 3)))).to.deep.equal([step])
    expect(rest(step, truth(holding(5, B, 0), importing(5, B, A)))).to.deep.equal([step])
    expect(rest(step, truth(holding(5, B, 0)))).to.deep.equal([])
    expect(rest({...step, slot: 6000}, truth(holding(6000, B, 3)))).to.deep.equal([])
  })
})

describe('what is left of a farewell', () => {
  it('is to forget where the node is known', () => {
    const step: Step = {kind: 'forget', node: A, by: B}
    expect(rest(step, truth())).to.deep.equal([step])
    expect(rest(step, truth(knowsNobody(B)))).to.deep.equal([])
  })

  it('is to reset a node that knows anybody or owns anything, unless another has its address', () => {
    const step: Step = {kind: 'reset', node: A, mode: 'soft'}
    expect(rest(step, truth())).to.deep.equal([step])
    const blank = changedLine(A, (line) => ({...line, slots: SlotSet.EMPTY}))
    expect(rest(step, truth(knowsNobody(A), blank))).to.deep.equal([])
    expect(rest({...step, mode: 'hard'}, truth(knowsNobody(A), blank))).to.deep.equal([{...step, mode: 'hard'}])
    expect(rest(step, {...truth(), replaced: new Set([A])})).to.deep.equal([])
  })

  it('is to promote a replica that still is one', () => {
    const step: Step = {kind: 'failover', replica: A1, mode: 'normal'}
    expect(rest(step, truth())).to.deep.equal([step])
    expect(rest(step, truth(promoted))).to.deep.equal([])
  })
})

describe('what is left of a step that leaves no trace in the cluster', () => {
  for (const kind of ['copy-keys', 'flush-functions', 'set-config'] as const) {
    it(`is all of it until a journal says that it came to its end: ${kind}`, () => {
      const step = EVERY_STEP[kind]
      expect(rest(step, truth())).to.deep.equal([step])
      expect(rest(step, {...truth(), finished: (other) => other === step})).to.deep.equal([])
    })
  }
})
