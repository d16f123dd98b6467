import {expect} from 'chai'
import fc from 'fast-check'
import {SLOT_COUNT} from '../../src/model/slot.js'
import {SlotSet} from '../../src/model/slot-set.js'
import {apportion} from '../../src/manager/plan/apportion.js'
import {planDelNode} from '../../src/manager/plan/del-node.js'
import type {Plan} from '../../src/manager/plan/plan.js'
import {planFromJson, planToJson} from '../../src/manager/plan/plan-json.js'
import {predictPhases} from '../../src/manager/plan/predict.js'
import {planRebalance, sharesOf} from '../../src/manager/plan/rebalance.js'
import {planReshard} from '../../src/manager/plan/reshard.js'
import {findPrimary, type Topology} from '../../src/manager/view/topology.js'
import {topologies} from '../support/arbitraries.js'
import {accepted, movesOf, stepsIn, stepsOfKind} from '../support/plans.js'

/** Thousands of clusters take a second or two; a busy machine may need longer. */
const TIMEOUT_MS = 60_000

function sizesOf(topology: Topology): number[] {
  return topology.primaries.map(({slots}) => slots.size)
}

/** Each slot belongs to exactly one primary. */
function expectWhole(topology: Topology): void {
  expect(sizesOf(topology).reduce((sum, size) => sum + size, 0)).to.equal(SLOT_COUNT)
  expect(topology.owners.includes(null)).to.equal(false)
}

function movedSlots(plan: Plan): number {
  return movesOf(plan).reduce((sum, {slots}) => sum + SlotSet.parse(slots)!.size, 0)
}

/** What each source gives is the lowest part of what it has: what the redis-cli mode asks for. */
function expectLowestGiven(topology: Topology, plan: Plan): void {
  const moves = movesOf(plan)
  for (const {id, slots} of topology.primaries) {
    const given = moves
      .filter(({source}) => source === id)
      .reduce((all, move) => all.union(SlotSet.parse(move.slots)!), SlotSet.EMPTY)
    expect(given.equals(slots.lowest(given.size))).to.equal(true)
  }
}

/** Two or more primaries, one of them by its index, and a number. */
const cases = fc.record({
  topology: topologies({minPrimaries: 2}),
  chosen: fc.nat(),
  number: fc.integer({min: 1, max: SLOT_COUNT}),
})

const weighed = fc.record({
  topology: topologies(),
  weights: fc.array(fc.oneof(fc.nat(3), fc.double({min: 0, max: 100, noNaN: true})), {minLength: 8, maxLength: 8}),
  useEmptyPrimaries: fc.boolean(),
  threshold: fc.constantFrom(0, 2, 10),
})

describe('apportion, for any weights', () => {
  it('gives out exactly the total, and nobody is a whole one away from the quota', () => {
    const weights = fc.array(fc.oneof(fc.nat(20), fc.double({min: 0, max: 1e9, noNaN: true})), {
      minLength: 1,
      maxLength: 12,
    })
    fc.assert(
      fc.property(weights, fc.nat(SLOT_COUNT), (given, total) => {
        const sum = given.reduce((left, right) => left + right, 0)
        fc.pre(sum > 1e-6)
        const parts = apportion(total, given)
        expect(parts.reduce((left, right) => left + right, 0)).to.equal(total)
        for (const [index, part] of parts.entries()) {
          const quota = (total * given[index]!) / sum
          expect(part).to.be.within(Math.floor(quota - 1e-6), Math.ceil(quota + 1e-6))
          if (given[index] === 0) expect(part).to.equal(0)
        }
      }),
      {numRuns: 2000},
    )
  })
})

describe('reshard, for any cluster', () => {
  it('moves exactly what was asked for, in proportion, and every slot has one owner afterwards', () => {
    fc.assert(
      fc.property(cases, ({topology, chosen, number}) => {
        const target = topology.primaries[chosen % topology.primaries.length]!
        const available = SLOT_COUNT - target.slots.size
        fc.pre(available > 0)
        const count = 1 + (number % available)
        const plan = accepted(planReshard(topology, {slots: count, to: target.id, from: 'all'}))
        expect(movedSlots(plan)).to.equal(count)
        for (const {source, slots} of movesOf(plan)) {
          const quota = (count * findPrimary(topology, source)!.slots.size) / available
          expect(SlotSet.parse(slots)!.size).to.be.within(Math.floor(quota), Math.ceil(quota))
        }
        const after = predictPhases(topology, plan.phases)
        expectWhole(after)
        expect(findPrimary(after, target.id)!.slots.size).to.equal(target.slots.size + count)
      }),
      {numRuns: 1600},
    )
  }).timeout(TIMEOUT_MS)
})

describe('reshard and rebalance that are to take the lowest slots, as redis-cli does', () => {
  it('take the lowest of every giver', () => {
    fc.assert(
      fc.property(cases, ({topology, chosen, number}) => {
        const target = topology.primaries[chosen % topology.primaries.length]!
        fc.pre(target.slots.size < SLOT_COUNT)
        const slots = 1 + (number % (SLOT_COUNT - target.slots.size))
        const request = {slots, to: target.id, from: 'all', choice: 'lowest'} as const
        expectLowestGiven(topology, accepted(planReshard(topology, request)))
        const even = {weights: new Map<string, number>(), useEmptyPrimaries: true, choice: 'lowest'} as const
        expectLowestGiven(topology, accepted(planRebalance(topology, even)))
      }),
      {numRuns: 400},
    )
  }).timeout(TIMEOUT_MS)
})

describe('rebalance, for any cluster and weights', () => {
  it('gives every primary its share and moves no slot more than that takes', () => {
    fc.assert(
      fc.property(weighed, ({topology, weights, useEmptyPrimaries, threshold}) => {
        const given = new Map(topology.primaries.map(({id}, index) => [id, weights[index]!]))
        const request = {weights: given, useEmptyPrimaries, threshold}
        const shares = sharesOf(topology, request)
        fc.pre(shares.some(({weight}) => weight > 0))
        const plan = accepted(planRebalance(topology, request))
        if (plan.phases.length === 0) return
        const surplus = shares.map(({primary, expected}) => primary.slots.size - expected)
        expect(movedSlots(plan)).to.equal(surplus.reduce((sum, each) => sum + Math.abs(each), 0) / 2)
        expect(movesOf(plan).length).to.be.lessThan(surplus.filter((each) => each !== 0).length)
        const after = predictPhases(topology, plan.phases)
        expectWhole(after)
        for (const {primary, expected} of shares) expect(findPrimary(after, primary.id)!.slots.size).to.equal(expected)
      }),
      {numRuns: 2000},
    )
  }).timeout(TIMEOUT_MS)

  it('finds nothing to do after it was done', () => {
    fc.assert(
      fc.property(topologies(), (topology) => {
        const request = {weights: new Map<string, number>(), useEmptyPrimaries: true, threshold: 0}
        const after = predictPhases(topology, accepted(planRebalance(topology, request)).phases)
        expect(accepted(planRebalance(after, request)).phases).to.deep.equal([])
        expect(Math.max(...sizesOf(after)) - Math.min(...sizesOf(after))).to.be.at.most(1)
      }),
      {numRuns: 300},
    )
  }).timeout(TIMEOUT_MS)
})

describe('del-node with its slots drained, for any cluster', () => {
  it('leaves every slot with one owner, as level as can be, and no replica without a primary', () => {
    fc.assert(
      fc.property(cases, ({topology, chosen}) => {
        const victim = topology.primaries[chosen % topology.primaries.length]!
        const heirs = topology.primaries.filter(({id, slots}) => id !== victim.id && slots.size > 0)
        fc.pre(heirs.length > 0)
        const plan = accepted(planDelNode(topology, victim.id, {drain: true}))
        const after = predictPhases(topology, plan.phases)
        expectWhole(after)
        expect(after.nodes.some(({id}) => id === victim.id)).to.equal(false)
        expect(after.nodes.length).to.equal(topology.nodes.length - 1)
        for (const {id, primaryId} of after.nodes) {
          if (primaryId === null) continue
          const orphaned = victim.replicas.includes(id)
          expect(findPrimary(after, primaryId)?.slots.size).to.be.at.least(orphaned ? 1 : 0)
        }
        // Nobody who received any ends more than one above anybody else.
        const lowest = Math.min(...heirs.map(({id}) => findPrimary(after, id)!.slots.size))
        for (const {target} of movesOf(plan)) expect(findPrimary(after, target)!.slots.size).to.be.at.most(lowest + 1)
      }),
      {numRuns: 1200},
    )
  }).timeout(TIMEOUT_MS)

  function findsReplicasWithoutSlots(topology: Topology): boolean {
    return topology.primaries.some(({slots, replicas}) => slots.size === 0 && replicas.length > 0)
  }

  it('gives each orphan to one of those with the fewest replicas', () => {
    fc.assert(
      fc.property(cases, ({topology, chosen}) => {
        const victim = topology.primaries[chosen % topology.primaries.length]!
        fc.pre(victim.slots.size < SLOT_COUNT && !findsReplicasWithoutSlots(topology))
        const plan = accepted(planDelNode(topology, victim.id, {drain: true}))
        const counts = new Map(
          topology.primaries
            .filter(({id, slots}) => id !== victim.id && slots.size > 0)
            .map((each) => [each.id, each.replicas.length]),
        )
        for (const {primary} of stepsOfKind(plan, 'replicate')) {
          expect(counts.get(primary)).to.equal(Math.min(...counts.values()))
          counts.set(primary, counts.get(primary)! + 1)
        }
      }),
      {numRuns: 300},
    )
  }).timeout(TIMEOUT_MS)
})

/** Plans with several steps in a phase. */
const plans = fc
  .tuple(cases, fc.constantFrom('reshard', 'rebalance', 'del-node'))
  .map(([{topology, chosen, number}, kind]) => {
    const {id} = topology.primaries[chosen % topology.primaries.length]!
    const planned =
      kind === 'reshard'
        ? planReshard(topology, {slots: number, to: id, from: 'all'})
        : kind === 'rebalance'
          ? planRebalance(topology, {weights: new Map([[id, number / 100]]), useEmptyPrimaries: true})
          : planDelNode(topology, id, {drain: true})
    return {topology, planned}
  })

describe('any plan', () => {
  it('leads to the same cluster in whatever order the steps of a phase are done, even twice', () => {
    fc.assert(
      fc.property(plans, fc.nat(), ({topology, planned}, turn) => {
        fc.pre(planned.ok)
        const {phases} = accepted(planned)
        const after = predictPhases(topology, phases)
        const turned = phases.map(({title, steps}) => {
          const at = steps.length === 0 ? 0 : turn % steps.length
          return {title, steps: [...steps.slice(at), ...steps.slice(0, at)].reverse()}
        })
        expect(predictPhases(topology, turned).fingerprint).to.equal(after.fingerprint)
        const twice = phases.map(({title, steps}) => ({title, steps: [...steps, ...steps]}))
        expect(predictPhases(topology, twice).fingerprint).to.equal(after.fingerprint)
      }),
      {numRuns: 250},
    )
  }).timeout(TIMEOUT_MS)

  it('comes back from JSON as it went', () => {
    fc.assert(
      fc.property(plans, ({planned}) => {
        fc.pre(planned.ok)
        const plan = accepted(planned)
        expect(planFromJson(planToJson(plan))).to.deep.equal({ok: true, plan})
      }),
      {numRuns: 150},
    )
  }).timeout(TIMEOUT_MS)

  it('lists the address of every node that it names', () => {
    fc.assert(
      fc.property(plans, ({planned}) => {
        fc.pre(planned.ok)
        const plan = accepted(planned)
        const listed = plan.nodes.map(({id}) => id)
        for (const {source, target} of movesOf(plan)) expect(listed).to.include.members([source, target])
        expect(stepsIn(plan.phases)).to.not.be.empty
      }),
      {numRuns: 100},
    )
  })
})
