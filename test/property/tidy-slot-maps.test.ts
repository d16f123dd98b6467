import {expect} from 'chai'
import fc from 'fast-check'
import type {Plan, Planned} from '../../src/manager/plan/plan.js'
import {planDelNode} from '../../src/manager/plan/del-node.js'
import {lanesBetween, type Balance} from '../../src/manager/plan/lanes-between.js'
import type {Lane} from '../../src/manager/plan/lanes.js'
import {predictPhases} from '../../src/manager/plan/predict.js'
import {planRebalance, sharesOf} from '../../src/manager/plan/rebalance.js'
import {planReshard} from '../../src/manager/plan/reshard.js'
import {findPrimary, type Topology} from '../../src/manager/view/topology.js'
import {SLOT_COUNT} from '../../src/model/slot.js'
import {SlotSet} from '../../src/model/slot-set.js'
import {topologies} from '../support/arbitraries.js'
import {accepted, movesOf} from '../support/plans.js'
import {primaryId, topologyOf} from '../support/topologies.js'

const TIMEOUT_MS = 60_000

function rangesOf(topology: Topology): number {
  return topology.primaries.reduce((sum, {slots}) => sum + slots.ranges().length, 0)
}

function rangesAfter(topology: Topology, planned: Planned): number {
  return rangesOf(predictPhases(topology, accepted(planned).phases))
}

function movedSlots(plan: Plan): number {
  return movesOf(plan).reduce((sum, {slots}) => sum + SlotSet.parse(slots)!.size, 0)
}

const EVEN = {weights: new Map<string, number>(), useEmptyPrimaries: true, threshold: 0}

/** A few slots of a few primaries, and how many each of them is to have. */
const smallClusters = fc
  .record({
    owners: fc.array(fc.nat(3), {minLength: 5, maxLength: 10}),
    wanted: fc.array(fc.nat(3), {minLength: 10, maxLength: 10}),
  })
  .map(({owners, wanted}) => {
    const count = (list: readonly number[], owner: number): number => list.filter((each) => each === owner).length
    const shares = wanted.slice(0, owners.length)
    const texts = [0, 1, 2, 3].map((owner) =>
      SlotSet.of(owners.flatMap((each, slot) => (each === owner ? [slot] : []))),
    )
    return {
      owners,
      topology: topologyOf({primaries: 4, slots: texts.map(String)}),
      surpluses: [0, 1, 2, 3].map((owner) => count(owners, owner) - count(shares, owner)),
    }
  })

function rangesOfOwners(owners: readonly number[]): number {
  return owners.filter((owner, slot) => owner !== owners[slot - 1]).length
}

/** By trying everything: the fewest ranges when each gives or takes exactly what it has to. */
function fewestRanges(owners: readonly number[], surpluses: readonly number[]): number {
  const after = [...owners]
  const left = [...surpluses]
  let fewest = Infinity
  const decide = (slot: number): void => {
    if (slot === owners.length) {
      if (left.every((each) => each === 0)) fewest = Math.min(fewest, rangesOfOwners(after))
      return
    }
    const owner = owners[slot]!
    decide(slot + 1)
    if (left[owner]! <= 0) return
    for (const taker of left.keys()) {
      if (left[taker]! >= 0) continue
      left[owner]!--
      left[taker]!++
      after[slot] = taker
      decide(slot + 1)
      after[slot] = owner
      left[owner]!++
      left[taker]!--
    }
  }
  decide(0)
  return fewest
}

function applied(owners: readonly number[], lanes: readonly Lane[]): number[] {
  const after = [...owners]
  const indexOf = new Map([0, 1, 2, 3].map((index) => [primaryId(index), index]))
  for (const {slots, target} of lanes) for (const slot of slots) after[slot] = indexOf.get(target)!
  return after
}

describe('who gives which slots to whom, for any small cluster', () => {
  it('leaves at most three ranges more than the best way there is, and one where one node gives or takes all', () => {
    fc.assert(
      fc.property(smallClusters, ({owners, topology, surpluses}) => {
        const balances = surpluses.map((surplus, index): Balance => ({id: primaryId(index), surplus}))
        const left = rangesOfOwners(applied(owners, lanesBetween(topology, balances)))
        const parties = (sign: number): number => surpluses.filter((surplus) => surplus * sign > 0).length
        const excess = Math.min(parties(1), parties(-1)) === 1 ? 1 : 3
        expect(left).to.be.at.most(fewestRanges(owners, surpluses) + excess)
      }),
      {numRuns: 150},
    )
  }).timeout(TIMEOUT_MS)
})

describe('the slot map after a plan, for any cluster', () => {
  it('has never more ranges than if every giver gave its lowest slots', () => {
    const requests = fc.record({topology: topologies({minPrimaries: 2}), chosen: fc.nat(), number: fc.nat(SLOT_COUNT)})
    fc.assert(
      fc.property(requests, ({topology, chosen, number}) => {
        const {id, slots} = topology.primaries[chosen % topology.primaries.length]!
        const lowest = rangesAfter(topology, planRebalance(topology, {...EVEN, choice: 'lowest'}))
        expect(rangesAfter(topology, planRebalance(topology, EVEN))).to.be.at.most(lowest)
        fc.pre(slots.size < SLOT_COUNT)
        const request = {slots: 1 + (number % (SLOT_COUNT - slots.size)), to: id, from: 'all'} as const
        const asRedisCli = rangesAfter(topology, planReshard(topology, {...request, choice: 'lowest'}))
        expect(rangesAfter(topology, planReshard(topology, request))).to.be.at.most(asRedisCli)
        // Each lane of a drain cuts at most one run in two.
        const drain = planDelNode(topology, id, {drain: true})
        const lanes = movesOf(accepted(drain)).length
        expect(rangesAfter(topology, drain)).to.be.at.most(rangesOf(topology) + Math.max(0, lanes - 1))
      }),
      {numRuns: 150},
    )
  }).timeout(TIMEOUT_MS)
})

describe('rebalance that defragments, for any cluster', () => {
  const requests = fc.record({
    topology: topologies({minPrimaries: 2}),
    budget: fc.oneof(fc.nat(3000), fc.constant(Infinity)),
    threshold: fc.constantFrom(0, 2, 10),
  })

  it('keeps to its budget, keeps every share, and leaves no more ranges than without it', () => {
    fc.assert(
      fc.property(requests, ({topology, budget, threshold}) => {
        const request = {...EVEN, threshold}
        const plain = accepted(planRebalance(topology, request))
        const tidy = accepted(planRebalance(topology, {...request, defragment: budget}))
        expect(movedSlots(tidy)).to.be.at.most(movedSlots(plain) + budget)
        const after = predictPhases(topology, tidy.phases)
        expect(after.owners.includes(null)).to.equal(false)
        expect(rangesOf(after)).to.be.at.most(rangesOf(predictPhases(topology, plain.phases)))
        for (const {primary, expected} of sharesOf(topology, request)) {
          const has = findPrimary(after, primary.id)!.slots.size
          expect(Math.abs(100 - (100 * expected) / has)).to.be.at.most(threshold)
        }
      }),
      {numRuns: 150},
    )
  }).timeout(TIMEOUT_MS)

  it('finds nothing to do after it was done', () => {
    fc.assert(
      fc.property(requests, ({topology, threshold}) => {
        const request = {...EVEN, threshold, defragment: Infinity}
        const after = predictPhases(topology, accepted(planRebalance(topology, request)).phases)
        expect(accepted(planRebalance(after, request)).phases).to.deep.equal([])
      }),
      {numRuns: 80},
    )
  }).timeout(TIMEOUT_MS)
})
