/** What may be asked of a simulation, in the words of flags: known without loading it. */
import type {FaultKind, ScenarioName, SizeScenario} from '../rehearsal/index.js'
import {usage} from './flags.js'

const SCENARIOS: {readonly [Name in ScenarioName]: true} = {
  create: true,
  'add-node': true,
  'del-node': true,
  reshard: true,
  rebalance: true,
  fix: true,
  failover: true,
  'set-timeout': true,
  import: true,
}

/** Without a tool: what is asked is how long a cluster of some size takes. */
const SIZE_SCENARIOS: {readonly [Name in SizeScenario]: true} = {
  'primary-crash': true,
  partition: true,
  'scale-out': true,
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
export const SIZE_SCENARIO_WORDS = Object.keys(SIZE_SCENARIOS) as SizeScenario[]
export const FAULT_WORDS = Object.keys(FAULTS) as FaultKind[]

export function isSizeScenario(word: string): word is SizeScenario {
  return word in SIZE_SCENARIOS
}

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

interface OwnFlags {
  readonly switches: readonly string[]
  /** Followed by a value, unless it stands behind a `=`. */
  readonly values: readonly string[]
}

/** Flags that every command of ours knows. */
const SHARED = ['--json', '--quiet', '-q', '--color', '--no-color']

/**
 * What of a line is said to `rehearse`, and what to the command that it rehearses: its own flags, wherever they stand, and the first word.
 * What both know goes to both.
 */
export function ownWords(argv: readonly string[], {switches, values}: OwnFlags): {own: string[]; rest: string[]} {
  const own: string[] = []
  const rest: string[] = []
  let named = false
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index]!
    if (switches.includes(word) || values.some((name) => word.startsWith(`${name}=`))) own.push(word)
    else if (values.includes(word)) own.push(word, ...argv.slice(++index, index + 1))
    else if (!named && !word.startsWith('-')) {
      named = true
      own.push(word)
    } else if (SHARED.includes(word)) {
      own.push(word)
      rest.push(word)
    } else if (!named) own.push(word)
    else rest.push(word)
  }
  return {own, rest}
}
