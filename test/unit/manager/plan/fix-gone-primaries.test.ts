/** What a fix finds of primaries that are dead or cut off, and does in one run. */
import {expect} from 'chai'
import type {NodeId} from '../../../../src/model/node-id.js'
import {SlotSet} from '../../../../src/model/slot-set.js'
import {planFix, type Fix} from '../../../../src/manager/plan/fix.js'
import {DEFAULT_SETTINGS, type Plan} from '../../../../src/manager/plan/plan.js'
import type {ClusterView} from '../../../../src/manager/view/cluster-view.js'
import {
  changedLine,
  changedPeer,
  changedServer,
  clusterViewOf,
  holding,
  migrating,
  primaryId,
  replicaId,
  silent,
  type Shape,
  type ViewChange,
} from '../../../support/topologies.js'

const A = primaryId(0)
const B = primaryId(1)
const BARE: Shape = {primaries: 3}
const PAIRS: Shape = {primaries: 3, replicasEach: 1}

function fix(shape: Shape, changes: readonly ViewChange[]): Fix {
  return planFix(clusterViewOf(shape, ...changes), {
    acceptDataLoss: false,
    withUnreachablePrimaries: false,
    searchMultipleOwners: true,
    settings: DEFAULT_SETTINGS,
  })
}

function planOf({planned}: Fix): Plan {
  if (!planned.ok) throw new Error(planned.refusals.map(({message}) => message).join('; '))
  return planned.plan
}

function refusingClients(view: ClusterView): ClusterView {
  return {...view, nodes: view.nodes.map((node) => ({...node, clusterOk: false}))}
}

/** The node has died, and a replica of its own has lost it. */
function deadPrimary(index: number): ViewChange[] {
  return [silent(primaryId(index)), changedServer(replicaId(index), {primaryLinkUp: false}), refusingClients]
}

describe('fix, where primaries are gone', () => {
  describe('an old primary that was cut off', () => {
    const deaf = (by: NodeId, id: NodeId): ViewChange =>
      changedPeer(by, id, (line) => ({...line, flags: new Set([...line.flags, 'fail'] as const)}))
    const successor = changedLine(B, (line) => ({
      ...line,
      slots: line.slots.union(SlotSet.parse('0-5460')!),
      configEpoch: 9,
    }))

    it('is left alone, and not waited for: it follows by itself as soon as it hears of its successor', () => {
      const {planned} = fix(BARE, [successor, deaf(B, A), holding(5, A, 2)])
      const refusals = planned.ok ? [] : planned.refusals.map(({code}) => code)
      expect([...new Set(refusals)].sort()).to.deep.equal(['node-failed', 'nodes-apart'])
    })
  })

  describe('a dead primary', () => {
    it('has a replica with keys of a slot that was moving to it: they are brought home in the same run', () => {
      const heir = replicaId(1)
      const broken = [...deadPrimary(1), migrating(5, A, B), holding(5, A, 3), holding(5, heir, 2)]
      expect(planOf(fix(PAIRS, broken)).phases.flatMap(({steps}) => steps)).to.deep.include({
        kind: 'move-slots',
        slots: '5',
        source: A,
        target: heir,
      })
    })

    it('was the target of a move that nobody remembers: the keys on its replica are brought home in the same run', () => {
      const heir = replicaId(1)
      const broken = [...deadPrimary(1), holding(5, A, 3), holding(5, heir, 2)]
      const steps = planOf(fix(PAIRS, broken)).phases.flatMap((phase) => phase.steps)
      expect(steps).to.deep.include({kind: 'collect-keys', slot: 5, source: heir, target: A})
    })

    it('has several replicas: those that are not promoted are waited for, too', () => {
      const orphans = [0, 1].map((index) => changedServer(replicaId(1, index), {primaryLinkUp: false}))
      const planned = planOf(fix({primaries: 3, replicasEach: 2}, [silent(B), refusingClients, ...orphans]))
      const last = planned.phases.at(-1)!.steps[0]!
      expect(last.kind === 'wait-agreement' && last.nodes).to.include.members([replicaId(1, 0), replicaId(1, 1)])
    })
  })
})
