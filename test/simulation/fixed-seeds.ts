/** The same seeds at every run: what they rehearse must go well, and what goes well today must not go wrong tomorrow. */
import {expect} from 'chai'
import {play} from '../../src/rehearsal/play.js'
import type {ScenarioName} from '../../src/rehearsal/scenarios.js'

/** 72 for each of seven commands: a few more than 500. */
const SEEDS = 72
const SEEDS_AT_ONCE = 12

export function fixedSeeds(scenario: ScenarioName): void {
  describe(`${scenario}, whatever goes wrong`, () => {
    for (let first = 1; first <= SEEDS; first += SEEDS_AT_ONCE) {
      const last = first + SEEDS_AT_ONCE - 1
      it(`loses nothing and ends clean: seeds ${first} to ${last}`, async () => {
        for (let seed = first; seed <= last; seed++) await mustHold(scenario, seed)
      })
    }
  })
}

/** @throws AssertionError with the command that repeats the seed */
export async function mustHold(scenario: ScenarioName, seed: number): Promise<void> {
  const {violations} = await play({seed, scenario})
  const again = `tscluster engine simulate --scenario ${scenario} --seed ${seed}`
  expect(violations, again).to.deep.equal([])
}
