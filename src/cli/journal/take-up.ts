/** A changing command looks first whether an earlier one was left half-way on the same cluster. */
import type {Address} from '../../model/address.js'
import {abortPlan} from '../../manager/plan/resume/abort.js'
import {unfinishedOperation} from '../../manager/plan/resume/refusals.js'
import {remainingPlan, type Rest} from '../../manager/plan/resume/remaining.js'
import type {NodePool} from '../../manager/ports.js'
import {EXIT} from '../exit-code.js'
import type {ChangeOptions, PlanResult} from '../run-plan.js'
import type {Session} from '../session.js'
import {close, continueOperation, stockOf, waysOn} from './continue.js'
import {openJournal, unfinishedOn, withStanding, type OpenedJournal} from './find.js'
import {readEntry} from './journal-folder.js'
import {shortOperation} from './keep.js'
import {isSameRequest} from './shown-command.js'

export interface TakeUpRequest {
  /** The command that was typed now. */
  readonly operation: string
  readonly addresses: readonly Address[]
  readonly options: ChangeOptions
  readonly limitMs: number
  readonly source?: NodePool | undefined
}

/** What repairs must not be kept waiting by what is to be repaired. */
const REPAIRS: ReadonlySet<string> = new Set(['fix', 'failover', 'set-timeout'])

/**
 * @returns the result when the earlier operation was the same request and is finished now, or stands in the way of this one;
 *   `undefined` when the command may begin
 */
export async function takeUp(session: Session, request: TakeUpRequest): Promise<PlanResult | undefined> {
  for (const opened of await earlierOnes(session, request)) {
    const result = await treat(session, opened, request)
    if (result !== undefined) return result
  }
  return undefined
}

async function earlierOnes({pool, world, journal}: Session, {addresses}: TakeUpRequest): Promise<OpenedJournal[]> {
  const found = await unfinishedOn(pool, addresses, world.env)
  const named = journal.file === undefined ? undefined : readEntry(journal.file)
  if (named === undefined || !withStanding(named).standing.isUnfinished) return found
  return [openJournal(named), ...found]
}

async function treat(session: Session, opened: OpenedJournal, request: TakeUpRequest): Promise<PlanResult | undefined> {
  const {renderer, journal: policy} = session
  const {head, journal} = opened
  const {operation, options, limitMs, source} = request
  const since = new Date(head.startedMs).toISOString().slice(0, 19).replace('T', ' ')
  const sentence = `${head.operation} ${shortOperation(head.id)} of ${since} UTC is unfinished on this cluster`
  const isSame = isSameRequest(head.command, policy.command)
  if (options.dryRun || options.out !== undefined || REPAIRS.has(operation)) {
    renderer.note(`${sentence}: ${waysOn(opened, session)}`)
    return undefined
  }
  const {truth} = await stockOf(session, journal, limitMs)
  if (isNothing(remainingPlan(journal.plan, truth))) {
    // By now its work is true, through whomever: then it is in nobody's way.
    close(session, opened, 'resume')
    return undefined
  }
  if (isSame && journal.plan.operation === operation) {
    renderer.note(`${sentence}, and this is the same command: it goes on with it`)
    return continueOperation(session, opened, {purpose: 'resume', command: operation, options, limitMs, source})
  }
  const abortion = abortPlan(journal.plan, truth)
  if (abortion.ok && isNothing(abortion.rest)) {
    renderer.note(`${sentence}, with nothing half done: ${waysOn(opened, session)}`)
    return undefined
  }
  const why = unfinishedOperation(sentence, waysOn(opened, session))
  renderer.refuse([why])
  return {schema: `tscluster.${operation}/1`, status: 'refused', exitCode: EXIT.refused, refusals: [why]}
}

function isNothing({phases, withheld}: Rest): boolean {
  return phases.length === 0 && withheld.length === 0
}
