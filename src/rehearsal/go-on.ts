/** `tscluster resume` and `abort`: with the real rules, from the journal and from what is true now. */
import {isManagerError, toManagerError} from '../manager/error.js'
import type {Journal} from '../manager/execute/journal/lines.js'
import {restPlan} from '../manager/execute/journal/rest-plan.js'
import {stockOf} from '../manager/execute/journal/stock.js'
import {observeSettled} from '../manager/observe-settled.js'
import {undoHasBegun} from '../manager/plan/resume/abort.js'
import {continuationOf, type ContinuePurpose} from '../manager/plan/resume/continuation.js'
import {carryOut, refusedWith, SILENT, type Ending, type Errand} from './carry-out.js'
import type {Notebook} from './notebook.js'

/** Between the look and the deed gossip may settle something. */
const ROUNDS = 5

export interface Unfinished extends Errand {
  readonly notebook: Notebook
}

/** @param journal of the errand's notebook; it must be unfinished. Never throws for what nodes do. */
export async function goOn(errand: Unfinished, journal: Journal, purpose: ContinuePurpose): Promise<Ending> {
  for (let round = 1; ; round++) {
    try {
      return await goOnOnce(errand, journal, purpose)
    } catch (error) {
      if (!isManagerError(error, 'stale-plan') || round === ROUNDS) return refusedWith(toManagerError(error))
    }
  }
}

async function goOnOnce(errand: Unfinished, journal: Journal, asked: ContinuePurpose): Promise<Ending> {
  const {tool, notebook} = errand
  const {pool, clock} = tool
  const {plan} = journal
  const limitMs = plan.settings.timeoutMs
  const lookout = {
    pool,
    clock,
    teller: SILENT,
    limitMs,
    look: (entries: Errand['entries']) => observeSettled(pool, entries, clock),
  }
  const {truth, sighting} = await stockOf(lookout, journal)
  const purpose = undoHasBegun(plan, truth) ? 'abort' : asked
  const decided = continuationOf(plan, purpose, truth, sighting.cluster)
  if ('refusals' in decided) return {status: 'refused', reason: decided.refusals.map(({code}) => code).join(' ')}
  const {rest} = decided
  if (rest.phases.length === 0) {
    if (rest.withheld.length > 0) return {status: 'refused', reason: `withheld: ${rest.withheld.join('; ')}`}
    notebook.close(tool, purpose)
    return {status: 'nothing-to-do', reason: ''}
  }
  return carryOut(errand, {ok: true, plan: await restPlan(pool, plan, rest, truth, sighting)}, purpose)
}
