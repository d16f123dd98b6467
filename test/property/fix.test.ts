/** Whatever a cluster went through, fix ends with one owner per slot and every key at home, however often it is cut off. */
import {expect} from 'chai'
import fc from 'fast-check'
import {check} from '../../src/manager/check/check.js'
import {planFix} from '../../src/manager/plan/fix.js'
import {DEFAULT_SETTINGS, type Plan} from '../../src/manager/plan/plan.js'
import {SlotWorld} from '../support/slot-world.js'

const PRIMARIES = 4
const SLOTS = [0, 1, 5000]

const node = fc.nat({max: PRIMARIES - 1})

/** What one slot may have gone through: anything that nodes accept, in any combination. */
const troubles = fc.record({
  claimants: fc.uniqueArray(node, {maxLength: 3}),
  believed: fc.array(fc.option(node), {minLength: PRIMARIES, maxLength: PRIMARIES}),
  migrating: fc.uniqueArray(fc.tuple(node, node), {maxLength: 2, selector: ([source]) => source}),
  importing: fc.uniqueArray(fc.tuple(node, node), {maxLength: 3, selector: ([target]) => target}),
  keys: fc.array(fc.nat({max: 2}), {minLength: PRIMARIES, maxLength: PRIMARIES}),
})

type Troubles = typeof troubles extends fc.Arbitrary<infer T> ? T : never

describe('fix, on any broken cluster', function () {
  this.timeout(60_000)

  it('leaves one owner per slot and all keys with it, whenever it is cut off and run again', () => {
    const cuts = fc.array(fc.nat({max: 25}), {maxLength: 3})
    const slots = fc.tuple(troubles, troubles, troubles)
    fc.assert(
      fc.property(slots, cuts, fc.boolean(), (slotTroubles, interruptions, gossips) => {
        const world = brokenWorld(slotTroubles)
        const keys = world.allKeys()
        for (const commands of interruptions) {
          runFix(world, commands)
          if (gossips) world.gossip()
          expect(world.allKeys(), 'keys after an interruption').to.deep.equal(keys)
        }
        runFix(world)
        runFix(world)
        expect(world.allKeys()).to.deep.equal(keys)
        expect(world.strandedKeys()).to.deep.equal([])
        expect(
          check(world.toView(), {searchMultipleOwners: true}).filter(({severity}) => severity === 'error'),
        ).to.deep.equal([])
        expect(planOf(world).phases, 'nothing left to do').to.deep.equal([])
      }),
      {numRuns: 60},
    )
  })

  it('never plans a lossy action for a cluster whose primaries all answer', () => {
    fc.assert(
      fc.property(fc.tuple(troubles, troubles, troubles), (slotTroubles) => {
        const {diagnosis} = diagnose(brokenWorld(slotTroubles))
        expect(diagnosis.filter(({action}) => action?.effect === 'lossy')).to.deep.equal([])
        expect(diagnosis.filter(({action}) => action === null)).to.deep.equal([])
      }),
      {numRuns: 30},
    )
  })
})

function brokenWorld(slotTroubles: readonly Troubles[]): SlotWorld {
  const world = new SlotWorld(PRIMARIES, SLOTS)
  slotTroubles.forEach((trouble, index) => apply(world, SLOTS[index]!, trouble))
  return world
}

function apply(world: SlotWorld, slot: number, {claimants, believed, migrating, importing, keys}: Troubles): void {
  const {nodes} = world
  believed.forEach((owner, index) => {
    // Who does not claim the slot does not believe that it owns it.
    if (owner !== null && owner !== index) nodes[index]!.believes.set(slot, nodes[owner]!.id)
  })
  for (const claimant of claimants) {
    nodes[claimant]!.claims.add(slot)
    nodes[claimant]!.believes.set(slot, nodes[claimant]!.id)
  }
  for (const [source, target] of migrating) if (source !== target) nodes[source]!.migrating.set(slot, nodes[target]!.id)
  for (const [target, source] of importing) {
    // A server refuses to import what it serves.
    if (source !== target && !claimants.includes(target)) nodes[target]!.importing.set(slot, nodes[source]!.id)
  }
  keys.forEach((count, holder) => {
    for (let key = 0; key < count; key++) world.put(slot, holder, `{${slot}}${holder}.${key}`)
  })
}

function diagnose(world: SlotWorld): ReturnType<typeof planFix> {
  return planFix(world.toView(), {
    acceptDataLoss: false,
    withUnreachablePrimaries: false,
    searchMultipleOwners: true,
    settings: DEFAULT_SETTINGS,
  })
}

function planOf(world: SlotWorld): Plan {
  const {planned} = diagnose(world)
  if (!planned.ok) throw new Error(`refused: ${planned.refusals.map(({message}) => message).join('; ')}`)
  return planned.plan
}

function runFix(world: SlotWorld, commands?: number): void {
  world.run(planOf(world), commands)
}
