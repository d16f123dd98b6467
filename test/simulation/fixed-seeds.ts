/** The same seeds at every run: what they rehearse must go well, and what goes well today must not go wrong tomorrow. */
import {expect} from 'chai'
import type {FaultKind} from '../../src/rehearsal/faults.js'
import {play} from '../../src/rehearsal/play.js'
import type {ScenarioName} from '../../src/rehearsal/scenarios.js'

/** 56 for each of nine commands: a few more than 500. */
const SEEDS = 56
const SEEDS_AT_ONCE = 14

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

/**
 * @param faults of which to draw; default: the usual ones
 * @throws AssertionError with the command that repeats the seed
 */
export async function mustHold(scenario: ScenarioName, seed: number, faults?: readonly FaultKind[]): Promise<void> {
  const {violations} = await play({seed, scenario, ...(faults !== undefined && {faults})})
  const kinds = faults === undefined ? '' : ` --faults ${faults.join(',')}`
  const again = `tscluster engine simulate --scenario ${scenario} --seed ${seed}${kinds}`
  expect(violations, again).to.deep.equal([])
}
