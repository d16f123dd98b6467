import {FAULT_KINDS} from '../../src/rehearsal/faults.js'
import type {ScenarioName} from '../../src/rehearsal/scenarios.js'
import {mustHold} from './fixed-seeds.js'

/** When they were first played there was no second tool among the faults: these are what was drawn from. */
const FAULTS_THEN = FAULT_KINDS.filter((kind) => kind !== 'second-tool')

/** What each of them found when it was first played. */
const FOUND: readonly (readonly [ScenarioName, number, string, typeof FAULT_KINDS?])[] = [
  ['add-node', 169, 'a node whose joining was undone was drawn in again by introductions that were under way'],
  ['fix', 698, 'keys moved to a node that had not heard of an epoch claimed a moment before, and took the same one'],
  ['del-node', 1479, 'engine nodes that told each other to forget a node put the end of it off for ever'],
  ['del-node', 1549, 'fix gave up while a primary that had come back did not accept keys yet'],
  [
    'reshard',
    37,
    'a target that was replaced while it was away got slots, and with them an epoch that won over its heir',
  ],
  ['reshard', 41093, 'a target that stood still was replaced, then took a slot before it heard of it'],
  [
    'rebalance',
    42683,
    'a slot was taken in the epoch of an election, which Redis permits until the two hear of each other',
  ],
  ['del-node', 3432, 'the same, behind a partition'],
  ['del-node', 40301, 'a node that was reset after a restart as a replica had no epoch any more, as Redis has it'],
  [
    'del-node',
    42191,
    'the heir of a primary that was being drained lost what it had accepted in slots that went on moving',
  ],
  ['fix', 17, 'resume let a node claim a slot that had become a replica since, and nobody ever agreed'],
  ['fix', 6, 'fix did not wait for nodes that were about to come back, and three of them were needed'],
  ['fix', 12, 'the same'],
  [
    'del-node',
    44,
    'a second tool moved slots to a node between a killed del-node and its resume, and they left with it',
    FAULT_KINDS,
  ],
  [
    'reshard',
    1718,
    'a node that died while a key left it had it again when it was back: fix names it, and --replace settles it',
  ],
]

describe('seeds that once found something', () => {
  for (const [scenario, seed, what, faults = FAULTS_THEN] of FOUND) {
    it(`${scenario} ${seed}: ${what}`, () => mustHold(scenario, seed, faults))
  }
})
