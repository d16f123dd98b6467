import {expect} from 'chai'
import fc from 'fast-check'
import {allocate, slotRanges, type Candidate, type Placement} from '../../src/manager/plan/allocation.js'
import {improvePlacement, violationsOf, type Pair, type Violations} from '../../src/manager/plan/anti-affinity.js'
import {planCreate} from '../../src/manager/plan/create.js'
import {newcomersTopology, predictPhases} from '../../src/manager/plan/predict.js'
import {freshClusters} from '../support/arbitraries.js'
import {accepted} from '../support/plans.js'

/** Thousands of clusters take a second or two; a busy machine may need longer. */
const TIMEOUT_MS = 60_000

/** Negative when `a` is better. */
function compare(a: Violations, b: Violations): number {
  return a.withPrimary - b.withPrimary || a.together - b.together
}

/** Tries all ways to share out the same replicas; only for a few of them. */
function bestByTrial(hosts: readonly string[], pairs: readonly Pair[]): Violations {
  let best = violationsOf(hosts, pairs)
  const arrange = (done: readonly Pair[], primaries: readonly number[]): void => {
    if (done.length === pairs.length) {
      const violations = violationsOf(hosts, done)
      if (compare(violations, best) < 0) best = violations
      return
    }
    for (const primary of new Set(primaries)) {
      const at = primaries.indexOf(primary)
      arrange([...done, {replica: pairs[done.length]!.replica, primary}], primaries.toSpliced(at, 1))
    }
  }
  arrange(
    [],
    pairs.map(({primary}) => primary),
  )
  return best
}

function replicaCounts({pairings}: Placement<Candidate>): Map<string, number> {
  const counts = new Map<string, number>()
  for (const {primary} of pairings) counts.set(primary.id, (counts.get(primary.id) ?? 0) + 1)
  return counts
}

describe('a placement of replicas, for any hosts', () => {
  it('is the best there is, and untouched when redis-cli has found as good a one', () => {
    const hosts = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), {minLength: 3, maxLength: 8})
    fc.assert(
      fc.property(hosts, fc.integer({min: 1, max: 3}), fc.nat(), (given, primaries, spread) => {
        const count = Math.min(primaries, given.length - 1)
        const pairs = given
          .slice(count)
          .map((_, index) => ({replica: count + index, primary: (index * (1 + (spread % 3))) % count}))
        const improved = improvePlacement(given, pairs)
        const best = bestByTrial(given, pairs)
        expect(violationsOf(given, improved)).to.deep.equal(best)
        expect(improved.map(({replica}) => replica)).to.deep.equal(pairs.map(({replica}) => replica))
        if (compare(violationsOf(given, pairs), best) === 0) expect(improved).to.deep.equal(pairs)
      }),
      {numRuns: 1500},
    )
  }).timeout(TIMEOUT_MS)
})

describe('create, for any number of nodes on any hosts', () => {
  it('gives every node one role, every slot one owner, and every primary its replicas', () => {
    fc.assert(
      fc.property(freshClusters(3, 24), fc.integer({min: 0, max: 3}), (nodes, replicas) => {
        const planned = planCreate(nodes, {replicas})
        fc.pre(planned.ok)
        const after = predictPhases(newcomersTopology(nodes), accepted(planned).phases)
        expect(after.owners.includes(null)).to.equal(false)
        expect(after.nodes.length).to.equal(nodes.length)
        const serving = after.primaries.filter(({slots}) => slots.size > 0)
        expect(serving.length).to.equal(Math.floor(nodes.length / (replicas + 1)))
        for (const primary of serving) expect(primary.replicas.length).to.be.within(replicas, replicas + 1)
        const epochs = after.nodes.map(({configEpoch}) => configEpoch)
        expect(new Set(epochs).size).to.equal(nodes.length)
      }),
      {numRuns: 1000},
    )
  }).timeout(TIMEOUT_MS)

  it('never places replicas worse than redis-cli would have, nor fewer of them', () => {
    fc.assert(
      fc.property(freshClusters(3, 40), fc.integer({min: 1, max: 3}), (nodes, replicas) => {
        fc.pre(nodes.length > replicas)
        const candidates = nodes.map(({view}): Candidate => ({id: view.id, address: view.address}))
        const {initial, final} = allocate(candidates, replicas)
        expect(compare(final.violations, initial.violations)).to.be.at.most(0)
        expect(replicaCounts(final)).to.deep.equal(replicaCounts(initial))
        const placed = final.pairings.map(({replica}) => replica.id)
        expect(new Set(placed).size).to.equal(placed.length)
      }),
      {numRuns: 4000},
    )
  }).timeout(TIMEOUT_MS)

  it('never leaves a slot out, whatever the number of primaries', () => {
    fc.assert(
      fc.property(fc.integer({min: 1, max: 16_384}), (count) => {
        const ranges = slotRanges(count)
        expect(ranges[0]![0]).to.equal(0)
        expect(ranges.at(-1)![1]).to.equal(16_383)
        for (const [index, [first, last]] of ranges.entries()) {
          if (last < first || (index > 0 && first !== ranges[index - 1]![1] + 1)) throw new Error(`gap before ${first}`)
        }
      }),
      {numRuns: 100},
    )
  })
})
