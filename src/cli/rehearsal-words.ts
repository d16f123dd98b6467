/** What may be asked of a simulation, in the words of flags: known without loading it. */
import type {FaultKind, ScenarioName} from '../rehearsal/index.js'
import {usage} from './flags.js'

const SCENARIOS: {readonly [Name in ScenarioName]: true} = {
  create: true,
  'add-node': true,
  'del-node': true,
  reshard: true,
  rebalance: true,
  fix: true,
  failover: true,
}

const FAULTS: {readonly [Kind in FaultKind]: string} = {
  crash: 'a node loses power, and comes back with what its disk held',
  pause: 'a node stands still',
  partition: 'some nodes do not reach the others',
  'slow-link': 'a node is far away',
  'cut-connections': 'all connections of a node break, in the middle of replies',
  'slow-disk': 'a node waits for its disk',
  'failing-disk': 'nothing can be written any more',
  'clock-drift': 'a clock runs fast or slow',
  'kill-tool': 'tscluster is killed between two commands',
  'interrupt-tool': 'Ctrl-C, once or twice',
  'second-tool': 'another tscluster moves slots at the same time',
  failover: 'somebody makes a replica primary',
  'out-of-memory': 'a node refuses to take more',
}

export const SCENARIO_WORDS = Object.keys(SCENARIOS) as ScenarioName[]
export const FAULT_WORDS = Object.keys(FAULTS) as FaultKind[]

/**
 * @returns undefined for all that are usual
 * @throws ManagerError `usage` for a word that is no fault
 */
export function parseFaults(words: readonly string[] | undefined): readonly FaultKind[] | undefined {
  if (words === undefined || words.includes('all')) return undefined
  if (words.includes('none')) return []
  return words.map((word) => {
    const kind = FAULT_WORDS.find((each) => each === word)
    if (kind === undefined) throw usage(`"${word}" is not a fault`, `faults are: ${FAULT_WORDS.join(', ')}; all; none`)
    return kind
  })
}
