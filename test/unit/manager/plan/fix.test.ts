/** Every row of redis-cli's decision table for fix, and what tscluster does there. */
import {expect} from 'chai'
import type {NodeId} from '../../../../src/model/node-id.js'
import {SlotSet} from '../../../../src/model/slot-set.js'
import type {FixAction} from '../../../../src/manager/plan/fix-action.js'
import {planFix, type Fix, type FixRequest} from '../../../../src/manager/plan/fix.js'
import {DEFAULT_SETTINGS, type Plan} from '../../../../src/manager/plan/plan.js'
import type {Step} from '../../../../src/manager/plan/step.js'
import type {ClusterView} from '../../../../src/manager/view/cluster-view.js'
import {
  addressOf,
  changedLine,
  changedNode,
  changedPeer,
  changedServer,
  clusterViewOf,
  freshId,
  holding,
  importing,
  migrating,
  nodeLine,
  primaryId,
  replicaId,
  silent,
  uncovered,
  type Shape,
  type ViewChange,
} from '../../../support/topologies.js'

const A = primaryId(0)
const B = primaryId(1)
const C = primaryId(2)
const BARE: Shape = {primaries: 3}
const PAIRS: Shape = {primaries: 3, replicasEach: 1}

const CAUTIOUS: FixRequest = {
  acceptDataLoss: false,
  withUnreachablePrimaries: false,
  searchMultipleOwners: false,
  settings: DEFAULT_SETTINGS,
}
const DARING: FixRequest = {...CAUTIOUS, acceptDataLoss: true, withUnreachablePrimaries: true}

function fix(shape: Shape, changes: readonly ViewChange[], request: Partial<FixRequest> = {}): Fix {
  return planFix(clusterViewOf(shape, ...changes), {...CAUTIOUS, ...request})
}

function actionsOf({diagnosis}: Fix): FixAction[] {
  return diagnosis.flatMap(({action}) => (action === null ? [] : [action]))
}

/** The only action, which must be alone. */
function action(shape: Shape, ...changes: readonly ViewChange[]): FixAction {
  const actions = actionsOf(fix(shape, changes))
  expect(actions.map((each) => each.case)).to.have.length(1)
  return actions[0]!
}

function planOf({planned}: Fix): Plan {
  if (!planned.ok) throw new Error(planned.refusals.map(({message}) => message).join('; '))
  return planned.plan
}

/** What a plan does, phase by phase: "finish moves: move-slots". */
function phasesOf(planned: Fix): string[] {
  return planOf(planned).phases.map(
    ({title, steps}) => `${title}: ${[...new Set(steps.map(({kind}) => kind))].join(', ')}`,
  )
}

function refusalsOf({planned}: Fix): string[] {
  return planned.ok ? [] : planned.refusals.map(({code}) => code)
}

function claiming(id: NodeId, slots: string, configEpoch?: number): ViewChange {
  return changedLine(id, (line) => ({
    ...line,
    slots: line.slots.union(SlotSet.parse(slots)!),
    configEpoch: configEpoch ?? line.configEpoch,
  }))
}

function refusingClients(view: ClusterView): ClusterView {
  return {...view, nodes: view.nodes.map((node) => ({...node, clusterOk: false}))}
}

/** The node has died, and a replica of its own has lost it. */
function deadPrimary(index: number): ViewChange[] {
  return [silent(primaryId(index)), changedServer(replicaId(index), {primaryLinkUp: false}), refusingClients]
}

describe('fix', () => {
  it('has nothing to do in a healthy cluster', () => {
    const nothing = fix(PAIRS, [])
    expect(nothing.diagnosis).to.deep.equal([])
    expect(planOf(nothing).phases).to.deep.equal([])
  })

  describe('a reshard of slot 5 from A to B that was interrupted', () => {
    it('when only the target was marked: the slot is closed and stays (redis-cli: case 2)', () => {
      const closed = action(BARE, importing(5, B, A), holding(5, A, 9), holding(5, B, 0))
      expect(closed).to.deep.include({case: 'case-2', effect: 'lossless', keysMoved: 0, owner: A})
      expect(closed.steps).to.deep.equal([{kind: 'close-slots', node: B, slots: '5'}])
    })

    it('when no key had moved yet: the move is completed (redis-cli: case 1)', () => {
      const completed = action(BARE, migrating(5, A, B), importing(5, B, A), holding(5, A, 9), holding(5, B, 0))
      expect(completed).to.deep.include({
        case: 'case-1',
        effect: 'lossless',
        keysAtStake: 0,
        keysMoved: 9,
        source: A,
        owner: B,
      })
      expect(completed.title).to.equal('finish moving slot 5 from 10.0.0.1:7001 to 10.0.0.2:7002')
      expect(completed.steps).to.deep.equal([{kind: 'move-slots', slots: '5', source: A, target: B}])
    })

    it('when some keys had moved: the move is completed (redis-cli: the side with more keys)', () => {
      const completed = action(BARE, migrating(5, A, B), importing(5, B, A), holding(5, A, 40), holding(5, B, 20))
      expect(completed).to.deep.include({case: 'case-1', keysMoved: 40, owner: B})
      expect(completed.steps).to.deep.equal([{kind: 'move-slots', slots: '5', source: A, target: B}])
    })

    it('when all keys had moved: the target gets the slot', () => {
      const completed = action(BARE, migrating(5, A, B), importing(5, B, A), holding(5, A, 0), holding(5, B, 60))
      expect(completed.steps).to.deep.equal([{kind: 'move-slots', slots: '5', source: A, target: B}])
    })

    it('when the target had taken the slot, and the source had not heard: the source is told', () => {
      const told = action(BARE, migrating(5, A, B), claiming(B, '5', 9), holding(5, A, 0), holding(5, B, 60))
      expect(told).to.deep.include({case: 'several-owners', owner: B})
      expect(told.steps).to.deep.equal([{kind: 'assign-slots', node: A, slots: '5', owner: B}])
    })

    it('when the target had taken the slot, and only the mark of the source was left: it is closed (redis-cli: case 4)', () => {
      const handedOver = [
        changedLine(A, (line) => ({...line, slots: line.slots.minus(SlotSet.of([5])), migrating: new Map([[5, B]])})),
        claiming(B, '5', 9),
        ...[B, C].map((by) => changedPeer(by, A, (line) => ({...line, slots: line.slots.minus(SlotSet.of([5]))}))),
        ...[A, C].map((by) => changedPeer(by, B, (line) => ({...line, slots: line.slots.union(SlotSet.of([5]))}))),
      ]
      const closed = action(BARE, ...handedOver, holding(5, A, 0), holding(5, B, 60))
      expect(closed).to.deep.include({case: 'case-4', owner: B})
      expect(closed.steps).to.deep.equal([{kind: 'close-slots', node: A, slots: '5'}])
    })

    it('when the source had failed over and its replica knows nothing of the move: keys return to the owner', () => {
      const back = action(BARE, importing(5, B, A), holding(5, A, 40), holding(5, B, 20))
      expect(back).to.deep.include({case: 'case-2', keysMoved: 20, source: B, owner: A})
      expect(back.steps).to.deep.equal([{kind: 'collect-keys', slot: 5, source: B, target: A}])
    })

    it('when the target has become a replica since: the move goes on to its primary', () => {
      const demoted = changedLine(replicaId(1), (line) => ({...line, flags: new Set(['myself', 'replica'])}))
      const moved = action(PAIRS, demoted, migrating(5, A, replicaId(1)), holding(5, A, 3), holding(5, B, 4))
      expect(moved.steps).to.deep.equal([{kind: 'move-slots', slots: '5', source: A, target: B}])
    })

    it('treats slots in the same situation together', () => {
      const open = [5, 6, 9].flatMap((slot) => [migrating(slot, A, B), importing(slot, B, A)])
      expect(action(BARE, ...open).steps).to.deep.equal([{kind: 'move-slots', slots: '5-6 9', source: A, target: B}])
    })
  })

  describe('an open slot', () => {
    it('that is leaving for a node without marker and keys is closed (redis-cli: case 4)', () => {
      const closed = action(BARE, migrating(5, A, B), holding(5, A, 9), holding(5, B, 0))
      expect(closed).to.deep.include({case: 'case-4', owner: A})
      expect(closed.steps).to.deep.equal([{kind: 'close-slots', node: A, slots: '5'}])
    })

    it('that is leaving for a node which the cluster has forgotten is closed', () => {
      const closed = action(BARE, migrating(5, A, freshId(7)), holding(5, A, 9))
      expect(closed.steps).to.deep.equal([{kind: 'close-slots', node: A, slots: '5'}])
    })

    it('that several import without keys goes to the recorded target (redis-cli: case 3)', () => {
      const moved = action(BARE, migrating(5, A, B), importing(5, B, A), importing(5, C, A), holding(5, A, 9))
      // Nobody counted the keys of C: what its marker allows for is brought home as well.
      expect(moved.owner).to.equal(B)
      const counted = action(
        BARE,
        migrating(5, A, B),
        importing(5, B, A),
        importing(5, C, A),
        holding(5, B, 0),
        holding(5, C, 0),
      )
      expect(counted.case).to.equal('case-3-move')
      expect(counted.steps).to.deep.equal([
        {kind: 'close-slots', node: C, slots: '5'},
        {kind: 'move-slots', slots: '5', source: A, target: B},
      ])
    })

    it('that several import without keys, none as recorded, is closed everywhere (redis-cli: case 3)', () => {
      const D = primaryId(3)
      const empty = [holding(5, B, 0), holding(5, C, 0), holding(5, D, 0)]
      const closed = action({primaries: 4}, migrating(5, A, D), importing(5, B, A), importing(5, C, A), ...empty)
      expect(closed).to.deep.include({case: 'case-3-close', owner: A})
      expect(closed.steps.map((step) => step.kind === 'close-slots' && step.node)).to.deep.equal([A, B, C])
    })

    it('that several import with keys gets them all (redis-cli gives up)', () => {
      const marks = [migrating(5, A, B), importing(5, B, A), importing(5, C, A)]
      const gathered = action(BARE, ...marks, holding(5, A, 1), holding(5, B, 2), holding(5, C, 3))
      expect(gathered).to.deep.include({case: 'many-sided', owner: B, keysMoved: 4})
      expect(gathered.steps).to.deep.equal([
        {kind: 'move-slots', slots: '5', source: A, target: B},
        {kind: 'collect-keys', slot: 5, source: C, target: B},
      ])
    })

    it('does not go to a third node because the recorded target lacks its marker (redis-cli: case 1 does)', () => {
      const marks = [migrating(5, A, B), importing(5, C, A), holding(5, A, 9), holding(5, B, 0), holding(5, C, 0)]
      expect(action(BARE, ...marks)).to.deep.include({case: 'case-3-close', owner: A})
    })

    it('that nobody claims goes to who has most of its keys (redis-cli: no single clear owner)', () => {
      const marks = [uncovered('5'), importing(5, B, A), holding(5, A, 1), holding(5, B, 7)]
      const claimed = action(BARE, ...marks)
      expect(claimed).to.deep.include({case: 'no-owner', owner: B})
      expect(claimed.steps).to.deep.equal([
        {kind: 'claim-slots', node: B, slots: '5'},
        {kind: 'collect-keys', slot: 5, source: A, target: B},
      ])
    })

    it('whose marker is left on a replica only is closed through its primary (Valkey 8 and later)', () => {
      const closed = action({...PAIRS, product: 'valkey'}, migrating(5, replicaId(0), B))
      expect(closed.case).to.equal('stale-marker')
      expect(closed.steps).to.deep.equal([{kind: 'close-slots', node: A, slots: '5'}])
    })
  })

  describe('a slot with several owners', () => {
    it('stays with the highest config epoch, and gets the keys of the others', () => {
      const kept = action(BARE, claiming(B, '5'), holding(5, A, 90), holding(5, B, 1))
      expect(kept).to.deep.include({case: 'several-owners', owner: B, keysMoved: 90})
      expect(kept.steps).to.deep.equal([{kind: 'move-slots', slots: '5', source: A, target: B}])
    })

    it('stays with the smaller id when the epochs collide, as on the bus', () => {
      const kept = actionsOf(fix(BARE, [claiming(B, '5', 1), holding(5, A, 0), holding(5, B, 0)]))
      expect(kept[0]).to.deep.include({case: 'several-owners', owner: A})
    })

    it('by keys only: they are brought to the owner, whatever their number (redis-cli strands them)', () => {
      const home = actionsOf(fix(BARE, [holding(5, A, 2), holding(5, C, 50)], {searchMultipleOwners: true}))
      expect(home.map(({steps}) => steps)).to.deep.equal([[{kind: 'collect-keys', slot: 5, source: C, target: A}]])
      expect(home[0]).to.deep.include({case: 'stray-keys', effect: 'lossless', keysMoved: 50})
    })

    it('says so when keys may be overwritten', () => {
      const settings = {...DEFAULT_SETTINGS, replace: true}
      const home = fix(BARE, [holding(5, A, 2), holding(5, C, 5)], {searchMultipleOwners: true, settings})
      expect(actionsOf(home)[0]!.title).to.equal(
        'bring 5 keys of slot 5 from 10.0.0.3:7003 to 10.0.0.1:7001, which serves it, overwriting keys that it already has',
      )
    })
  })

  describe('uncovered slots', () => {
    it('without keys go to the emptiest, in few runs (redis-cli: one random node a second)', () => {
      const shape: Shape = {primaries: 3, slots: ['0-9999', '10000-16383', '']}
      const given = action(shape, uncovered('100-102 200 16383'))
      expect(given).to.deep.include({case: 'uncovered-no-keys', effect: 'lossless', keysAtStake: 0, owner: C})
      expect(given.steps).to.deep.equal([{kind: 'claim-slots', node: C, slots: '100-102 200 16383'}])
    })

    it('without keys are spread until all have the same', () => {
      const given = action({primaries: 2, slots: ['0-8191', '8192-16383']}, uncovered('0-9 8192-8201'))
      expect(given.steps).to.deep.equal([
        {kind: 'claim-slots', node: A, slots: '0-9'},
        {kind: 'claim-slots', node: B, slots: '8192-8201'},
      ])
    })

    it('go to the one node that has their keys', () => {
      const given = action(BARE, uncovered('5'), holding(5, A, 0), holding(5, C, 3))
      expect(given).to.deep.include({case: 'uncovered-one-node', owner: C, keysMoved: 0})
      expect(given.steps).to.deep.equal([{kind: 'claim-slots', node: C, slots: '5'}])
    })

    it('go to who has most of their keys; the others bring theirs once the cluster serves again', () => {
      const several = fix(BARE, [uncovered('5'), holding(5, A, 2), holding(5, C, 3), refusingClients])
      expect(actionsOf(several)[0]).to.deep.include({case: 'uncovered-several-nodes', owner: C, keysMoved: 2})
      expect(phasesOf(several)).to.deep.equal([
        'settle who owns what: claim-slots',
        'wait until all agree: wait-agreement',
        'bring stranded keys home: collect-keys',
        'wait until all agree: wait-agreement',
      ])
    })

    it('go to the node that the others still believe to own them', () => {
      const dropped = changedLine(C, (line) => ({...line, slots: line.slots.minus(SlotSet.parse('16000')!)}))
      expect(actionsOf(fix(BARE, [dropped, holding(16000, C, 0)]))[0]).to.deep.include({owner: C})
    })
  })

  describe('a dead primary', () => {
    it('is replaced by its best replica, by election while a majority lives', () => {
      const shape: Shape = {primaries: 3, replicasEach: 2}
      const offsets = [
        changedServer(replicaId(2, 0), {replOffset: 900}),
        changedServer(replicaId(2, 1), {replOffset: 950}),
      ]
      const promoted = actionsOf(fix(shape, [silent(C), ...offsets, refusingClients]))
      expect(promoted[0]).to.deep.include({
        case: 'dead-primary-replica',
        effect: 'lossless',
        source: C,
        slots: '10923-16383',
      })
      expect(promoted[0]!.steps).to.deep.equal([{kind: 'failover', replica: replicaId(2, 1), mode: 'force'}])
    })

    it('is replaced by takeover when too few primaries are left to vote', () => {
      const promoted = fix(PAIRS, [...deadPrimary(1), ...deadPrimary(2)])
      expect(actionsOf(promoted).map(({steps}) => steps)).to.deep.equal([
        [{kind: 'failover', replica: replicaId(2), mode: 'takeover'}],
        [{kind: 'failover', replica: replicaId(1), mode: 'takeover'}],
      ])
      expect(phasesOf(promoted)).to.deep.equal([
        'promote replicas of dead primaries: failover',
        'wait until all agree: wait-agreement',
        'wait until all agree: wait-agreement',
      ])
    })

    it('without a replica loses its keys only on both demands (redis-cli: the guard)', () => {
      const broken = [silent(C), refusingClients]
      const cautious = fix(BARE, broken)
      expect(refusalsOf(cautious)).to.deep.equal(['needs-unreachable-primaries'])
      expect(refusalsOf(fix(BARE, broken, {acceptDataLoss: true}))).to.deep.equal(['needs-unreachable-primaries'])
      expect(refusalsOf(fix(BARE, broken, {withUnreachablePrimaries: true}))).to.deep.equal(['needs-accept-data-loss'])
      expect(actionsOf(cautious)[0]!.withheld!.reason).to.equal(
        'all keys of 10.0.0.3:7003 would be lost: start it again or, if it cannot come back, add --with-unreachable-primaries and --accept-data-loss',
      )
    })

    it('without a replica gives its slots to the others, evenly, and the plan says what that loses', () => {
      const daring = fix(BARE, [silent(C), refusingClients], DARING)
      expect(actionsOf(daring)[0]).to.deep.include({
        case: 'dead-primary',
        effect: 'lossy',
        keysAtStake: null,
        withheld: null,
      })
      expect(actionsOf(daring)[0]!.steps).to.deep.equal([
        {kind: 'claim-slots', node: A, slots: '10923-13653'},
        {kind: 'claim-slots', node: B, slots: '13654-16383'},
      ])
      expect(planOf(daring).risk.losses).to.deep.equal([
        'give up the keys of the dead 10.0.0.3:7003: its 5461 slots to the others (an unknown number of keys)',
      ])
    })

    it("that was replaced already stands in nobody's way (redis-cli: the guard)", () => {
      const shape: Shape = {primaries: 4, slots: ['0-8191', '8192-12000', '12001-16383', '']}
      const moved = fix(shape, [silent(primaryId(3)), migrating(5, A, B), importing(5, B, A)])
      expect(phasesOf(moved)[0]).to.equal('finish moves: move-slots')
    })

    it('that the other nodes still talk to keeps its slots, whatever is demanded', () => {
      const outOfReach: ViewChange = (view) => {
        const line = view.nodes[0]!.peers.find(({id}) => id === C)!
        const error = {code: 'timed-out', message: 'no answer in time', node: undefined, hint: undefined}
        return {...view, nodes: view.nodes.filter(({id}) => id !== C), silent: [{line, error}]}
      }
      expect(refusalsOf(fix(BARE, [outOfReach], DARING))).to.deep.equal(['primary-alive'])
    })

    it('leaves the move that it was receiving open until someone answers for it', () => {
      const broken = [migrating(5, A, C), holding(5, A, 3), silent(C)]
      const cautious = actionsOf(fix(BARE, broken)).find((each) => each.case === 'case-4')!
      expect(cautious.withheld!.code).to.equal('needs-unreachable-primaries')
      const daring = actionsOf(fix(BARE, broken, DARING)).find((each) => each.case === 'case-4')!
      expect(daring).to.deep.include({withheld: null, effect: 'lossless'})
    })

    it('hands the moves that it was receiving on to the replica that takes its place', () => {
      const broken = [migrating(5, A, C), holding(5, A, 3), holding(5, replicaId(2), 4), ...deadPrimary(2)]
      const handedOn = fix(PAIRS, broken)
      expect(actionsOf(handedOn).find((each) => each.case === 'case-1')!.steps).to.deep.equal([
        {kind: 'move-slots', slots: '5', source: A, target: replicaId(2)},
      ])
      expect(phasesOf(handedOn).slice(0, 3)).to.deep.equal([
        'promote replicas of dead primaries: failover',
        'wait until all agree: wait-agreement',
        'finish moves: move-slots',
      ])
    })

    it('that was giving a slot away: the node that imports it believes no gossip and is told of the heir', () => {
      const broken = [
        importing(5, B, A),
        holding(5, B, 4),
        ...deadPrimary(0),
        (view: ClusterView) => ({...view, entry: addressOf(1, 6)}),
      ]
      const handedOn = fix({...PAIRS, primaries: 4}, broken)
      expect(actionsOf(handedOn).find((each) => each.case === 'case-2')!.steps).to.deep.equal([
        {kind: 'assign-slots', node: B, slots: '5', owner: replicaId(0)},
        {kind: 'collect-keys', slot: 5, source: B, target: replicaId(0)},
      ])
      expect(phasesOf(handedOn)).to.deep.equal([
        'promote replicas of dead primaries: failover',
        'wait until all agree: wait-agreement',
        'settle who owns what: assign-slots',
        'wait until all agree: wait-agreement',
        'bring stranded keys home: collect-keys',
        'wait until all agree: wait-agreement',
      ])
      const [promotion, firstWait] = planOf(handedOn).phases
      expect(promotion!.steps).to.have.length(1)
      expect(firstWait!.steps[0]).to.have.property('nodes').that.does.not.include(B)
    })

    it('holds up moves while its slots are uncovered and the cluster refuses clients', () => {
      const broken = [migrating(5, A, B), importing(5, B, A), holding(5, A, 3), silent(C), refusingClients]
      const held = actionsOf(fix(BARE, broken)).find((each) => each.case === 'case-1')!
      expect(held.withheld!.code).to.equal('cluster-down-for-now')
      expect(actionsOf(fix(BARE, broken, DARING)).every(({withheld}) => withheld === null)).to.equal(true)
    })
  })

  describe('accounts that differ', () => {
    const credits = (by: NodeId, slot: number, from: NodeId, to: NodeId, epoch: number): ViewChange[] => [
      changedPeer(by, from, (line) => ({...line, slots: line.slots.minus(SlotSet.of([slot]))})),
      changedPeer(by, to, (line) => ({...line, slots: line.slots.union(SlotSet.of([slot])), configEpoch: epoch})),
    ]

    it("are left to gossip where the owner's epoch is the higher one", () => {
      const settled = action(BARE, ...credits(A, 16000, C, B, 2))
      expect(settled.case).to.equal('agreement')
    })

    it('are corrected on a primary that would never believe the owner', () => {
      const told = action(BARE, ...credits(C, 5, A, B, 2))
      expect(told).to.deep.include({case: 'stale-account', owner: A})
      expect(told.steps).to.deep.equal([{kind: 'assign-slots', node: C, slots: '5', owner: A}])
    })

    it('are corrected on a replica by a new claim of the owner: it takes no SETSLOT', () => {
      const told = action(PAIRS, ...credits(replicaId(2), 5, A, B, 2))
      expect(told.steps).to.deep.equal([{kind: 'claim-slots', node: A, slots: '5'}])
    })

    it('wait for nobody who cannot agree: a replica without its primary, a node that is loading', () => {
      const lost = changedServer(replicaId(1), {primaryLinkUp: false})
      const plan = planOf(fix(PAIRS, [lost, importing(5, B, A), holding(5, B, 0)]))
      const waits = plan.phases
        .flatMap(({steps}) => steps)
        .filter((step): step is Extract<Step, {kind: 'wait-agreement'}> => step.kind === 'wait-agreement')
      expect(waits.map(({nodes}) => nodes)).to.deep.equal([[A, B, C, replicaId(0), replicaId(2)]])
    })

    it('about a node that is gone: all are made to forget it', () => {
      const ghost = nodeLine({id: freshId(0), address: addressOf(20, 30), flags: new Set(['primary', 'fail'])})
      const remembering = changedNode(B, (node) => ({...node, peers: [...node.peers, ghost]}))
      const forgotten = action(BARE, remembering)
      expect(forgotten.case).to.equal('ghost')
      expect(forgotten.steps).to.deep.equal([
        {kind: 'forget', node: freshId(0), by: B},
        {kind: 'wait-forgotten', node: freshId(0), nodes: [A, B, C]},
      ])
    })
  })

  it('reports what it cannot repair, and refuses when there is nothing else', () => {
    const loading = fix(PAIRS, [changedServer(A, {loading: true})])
    expect(loading.diagnosis.map(({finding, action: nothing}) => [finding.code, nothing])).to.deep.equal([
      ['node-loading', null],
    ])
    expect(refusalsOf(loading)).to.deep.equal(['node-loading'])
  })

  it('puts each finding beside the action that answers it', () => {
    const broken = fix(BARE, [migrating(5, A, B), importing(5, B, A), uncovered('16383')])
    expect(broken.diagnosis.map(({finding, action: answer}) => `${finding.code} → ${answer!.case}`)).to.deep.equal([
      'slots-uncovered → uncovered-no-keys',
      'slot-migrating → case-1',
    ])
  })
})
