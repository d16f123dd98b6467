/** The part of `--cluster fix` that gives uncovered slots to somebody, group by group, each with its question. */
import {SlotSet} from '../../model/slot-set.js'
import {uncoveredSlots} from '../../manager/check/coverage.js'
import type {FixAction, FixCase} from '../../manager/plan/fix-action.js'
import {shownView} from './cluster.js'
import {narrator, slotsOf} from './fix-open-slots.js'
import type {Repair} from './repair.js'
import {formatSlots} from './rows.js'

interface Group {
  readonly cases: ReadonlySet<FixCase>
  readonly found: string
  readonly question: string
}

/** In redis-cli's order. The first is ours: redis-cli gives such slots away empty. */
const GROUPS: readonly Group[] = [
  {
    cases: new Set(['dead-primary-replica']),
    found: 'The following uncovered slots have a replica with their keys:',
    question: 'Fix these slots by promoting their replicas?',
  },
  {
    cases: new Set(['uncovered-no-keys', 'dead-primary']),
    found: 'The following uncovered slots have no keys across the cluster:',
    question: 'Fix these slots by covering with a random node?',
  },
  {
    cases: new Set(['uncovered-one-node']),
    found: 'The following uncovered slots have keys in just one node:',
    question: 'Fix these slots by covering with those nodes?',
  },
  {
    cases: new Set(['uncovered-several-nodes']),
    found: 'The following uncovered slots have keys in multiple nodes:',
    question: 'Fix these slots by moving keys into a single node?',
  },
]

/**
 * `--cluster-yes` does not answer these questions.
 * @returns whether all slots are covered now
 */
export async function fixCoverage(repair: Repair): Promise<boolean> {
  const {print, questions} = repair.dialogue
  print.info('>>> Fixing slots coverage...')
  for (const {cases, found, question} of GROUPS) {
    const actions = repair.actions(cases)
    const feasible = actions.filter(({withheld}) => withheld === null)
    for (const {withheld} of actions) if (withheld !== null) print.error(`[ERR] ${withheld.reason}`)
    if (feasible.length === 0) continue
    const slots = feasible.reduce((all, action) => all.union(slotsOf(action.slots)), SlotSet.EMPTY)
    print.line(`${found}\n${formatSlots(slots)}`)
    if (!(await questions.insist(question))) continue
    for (const action of feasible) printClaims(action, repair)
    if (!(await repair.carryOut(feasible, narrator(repair)))) return false
  }
  return uncoveredSlots(shownView(repair.cluster)).size === 0
}

/** The nodes chosen are those with the fewest slots, where redis-cli takes one at random for all of a second. */
function printClaims(action: FixAction, {dialogue, nameOf}: Repair): void {
  const {print} = dialogue
  const how = action.case === 'uncovered-several-nodes' ? 'moving keys to' : 'with'
  for (const step of action.steps) {
    if (step.kind === 'failover') print.info(`>>> Covering slots ${action.slots} with ${nameOf(step.replica)}`)
    if (step.kind !== 'claim-slots') continue
    for (const slot of slotsOf(step.slots)) print.info(`>>> Covering slot ${slot} ${how} ${nameOf(step.node)}`)
  }
}
