import {expect} from 'chai'
import fc from 'fast-check'
import {SlotSet} from '../../src/model/slot-set.js'
import {planDelNode} from '../../src/manager/plan/del-node.js'
import {isMove, type MoveStep} from '../../src/manager/plan/lanes.js'
import type {Plan} from '../../src/manager/plan/plan.js'
import {predictPhases} from '../../src/manager/plan/predict.js'
import {planRebalance} from '../../src/manager/plan/rebalance.js'
import {planReshard} from '../../src/manager/plan/reshard.js'
import {abortPlan} from '../../src/manager/plan/resume/abort.js'
import {remainingPlan} from '../../src/manager/plan/resume/remaining.js'
import type {Step} from '../../src/manager/plan/step.js'
import {assemble, type OpenSlot, type Topology} from '../../src/manager/view/topology.js'
import {topologies} from '../support/arbitraries.js'
import {accepted, stepsIn} from '../support/plans.js'
import {truthOf, viewOfTopology} from '../support/truths.js'

const TIMEOUT_MS = 60_000

/** Where a plan is cut: after so many steps, and after so many slots of the next. */
const cuts = fc.record({
  topology: topologies({minPrimaries: 2, maxPrimaries: 5}),
  command: fc.constantFrom('reshard', 'rebalance', 'del-node'),
  chosen: fc.nat(),
  steps: fc.nat(),
  slots: fc.nat(),
  marks: fc.constantFrom('both', 'source', 'target', 'none'),
})

function planOf(topology: Topology, command: string, chosen: number): Plan {
  const {id, slots} = topology.primaries[chosen % topology.primaries.length]!
  const free = 16_384 - slots.size
  if (command === 'reshard' && free > 0) {
    return accepted(planReshard(topology, {slots: 1 + (chosen % free), to: id, from: 'all', atomic: false}))
  }
  if (command === 'del-node') {
    const planned = planDelNode(topology, id, {drain: true, atomic: false})
    if (planned.ok) return planned.plan
  }
  return accepted(planRebalance(topology, {weights: new Map(), useEmptyPrimaries: true, atomic: false}))
}

/** The first slots of the move have arrived; the next one is open. */
function halfMoved(topology: Topology, move: MoveStep, count: number, marks: string): Topology {
  const slots = [...SlotSet.parse(move.slots)!]
  const arrived = slots.slice(0, count % slots.length)
  const open = slots[arrived.length]!
  const after =
    arrived.length === 0
      ? topology
      : predictPhases(topology, [{title: '', steps: [{...move, slots: SlotSet.of(arrived).toString()}]}])
  const source: OpenSlot = {slot: open, node: move.source, state: 'migrating', peer: move.target}
  const target: OpenSlot = {slot: open, node: move.target, state: 'importing', peer: move.source}
  const openSlots = [
    ...(marks === 'both' || marks === 'source' ? [source] : []),
    ...(marks === 'both' || marks === 'target' ? [target] : []),
  ]
  return assemble({...after, openSlots: [...after.openSlots, ...openSlots]})
}

/** After some of the steps, in the middle of the next if it moves slots. */
function cutShort(topology: Topology, plan: Plan, {steps, slots, marks}: {steps: number; slots: number; marks: string}): Topology {
  const all: Step[] = stepsIn(plan.phases)
  const done = steps % (all.length + 1)
  const after = predictPhases(topology, [{title: '', steps: all.slice(0, done)}])
  const next = all[done]
  return next !== undefined && isMove(next) ? halfMoved(after, next, slots, marks) : after
}

/** Who owns what, and who is there. */
function story({nodes, openSlots}: Topology): string {
  const lines = nodes.map(({id, primaryId, slots}) => `${id} ${primaryId ?? '-'} ${slots}`)
  return [...lines.sort(), ...openSlots.map(({slot, node}) => `${slot} open on ${node}`)].join('\n')
}

describe('a plan that is cut short anywhere', () => {
  it('ends, with its rest, as it would have ended in one go; then nothing is left of it', () => {
    fc.assert(
      fc.property(cuts, ({topology, command, chosen, ...cut}) => {
        const plan = planOf(topology, command, chosen)
        const truth = truthOf(viewOfTopology(cutShort(topology, plan, cut)))
        const rest = remainingPlan(plan, truth)
        const resumed = predictPhases(truth.topology, rest.phases)
        expect(story(resumed)).to.equal(story(predictPhases(topology, plan.phases)))
        // On paper a node that was forgotten is gone: whether it was reset is not to be seen there.
        const after = stepsIn(remainingPlan(plan, truthOf(viewOfTopology(resumed))).phases)
        expect(after.filter(({kind}) => kind !== 'reset')).to.deep.equal([])
      }),
      {numRuns: 150},
    )
  }).timeout(TIMEOUT_MS)

  it('leaves nothing open when it is aborted, and moves no slot that was not open', () => {
    fc.assert(
      fc.property(cuts, ({topology, command, chosen, ...cut}) => {
        const plan = planOf(topology, command, chosen)
        const truth = truthOf(viewOfTopology(cutShort(topology, plan, cut)))
        const abortion = abortPlan(plan, truth)
        expect(abortion.ok).to.equal(true)
        const after = predictPhases(truth.topology, abortion.ok ? abortion.rest.phases : [])
        expect(after.openSlots).to.deep.equal([])
        const changed = after.owners.flatMap((owner, slot) => (owner === truth.topology.owners[slot] ? [] : [slot]))
        const open = new Set(truth.topology.openSlots.map(({slot}) => slot))
        expect(changed.filter((slot) => !open.has(slot))).to.deep.equal([])
      }),
      {numRuns: 150},
    )
  }).timeout(TIMEOUT_MS)
})
