import type {ScenarioName} from '../../src/rehearsal/scenarios.js'
import {mustHold} from './fixed-seeds.js'

/** What each of them found when it was first played. */
const FOUND: readonly (readonly [ScenarioName, number, string])[] = [
  ['add-node', 169, 'a node whose joining was undone was drawn in again by introductions that were under way'],
  ['fix', 698, 'keys moved to a node that had not heard of an epoch claimed a moment before, and took the same one'],
  ['del-node', 1479, 'engine nodes that told each other to forget a node put the end of it off for ever'],
  ['del-node', 1549, 'fix gave up while a primary that had come back did not accept keys yet'],
  [
    'reshard',
    1718,
    'a node that died while a key left it had it again when it was back: fix names it, and --replace settles it',
  ],
]

describe('seeds that once found something', () => {
  for (const [scenario, seed, what] of FOUND) {
    it(`${scenario} ${seed}: ${what}`, () => mustHold(scenario, seed))
  }
})
