/** Finishes an operation that was left half-way, or brings the cluster back to a clean state: from what is true now. */
import {parseAddress, type Address} from '../../model/address.js'
import {isManagerError} from '../../manager/error.js'
import type {Journal} from '../../manager/execute/journal/lines.js'
import {restPlan} from '../../manager/execute/journal/rest-plan.js'
import {stockOf as takeStockOf, type Stock} from '../../manager/execute/journal/stock.js'
import {undoHasBegun} from '../../manager/plan/resume/abort.js'
import {continuationOf, type ContinuePurpose} from '../../manager/plan/resume/continuation.js'
import {refuse} from '../../manager/plan/plan.js'
import type {NodePool} from '../../manager/ports.js'
import {commandLine, look, runPlan, type ChangeOptions, type PlanResult} from '../run-plan.js'
import type {Session} from '../session.js'
import type {OpenedJournal} from './find.js'
import {JournalFile} from './journal-file.js'
import {JournalFolder} from './journal-folder.js'
import {continuing, shortOperation} from './keep.js'
import {thisProcess} from './process-mark.js'

export interface ContinueRequest {
  readonly purpose: ContinuePurpose
  /** The schema's name. */
  readonly command: string
  readonly options: ChangeOptions
  /** How long nodes that are in motion are waited for, ms. */
  readonly limitMs: number
  /** The standalone server that an import reads from. */
  readonly source?: NodePool | undefined
}

/** Between the look and the deed gossip may settle something. */
const ROUNDS = 5

/** @throws ManagerError when the nodes cannot be looked at, or nothing can be written: nothing was changed then */
export async function continueOperation(
  session: Session,
  opened: OpenedJournal,
  request: ContinueRequest,
): Promise<PlanResult> {
  for (let round = 1; ; round++) {
    try {
      return await continueOnce(session, opened, request)
    } catch (error) {
      if (!isManagerError(error, 'stale-plan') || round === ROUNDS) throw error
    }
  }
}

/** Waits until the cluster is quiet, and looks. @throws ManagerError when its nodes cannot be looked at */
export async function stockOf(session: Session, journal: Journal, limitMs: number): Promise<Stock> {
  const {pool, renderer, world} = session
  const {plan} = journal
  renderer.busy(`looking at ${plan.entries[0] ?? plan.nodes[0]!.address} …`)
  const lookout = {
    ...{pool, teller: renderer, clock: world.clock, limitMs},
    look: async (entries: readonly Address[]) => (await look(session, entries)).view,
  }
  const stock = await takeStockOf(lookout, journal)
  renderer.idle()
  return stock
}

async function continueOnce(session: Session, opened: OpenedJournal, request: ContinueRequest): Promise<PlanResult> {
  const {journal, head, file} = opened
  const {command, options, source, limitMs} = request
  const stock = await stockOf(session, journal, limitMs)
  const isUndone = request.purpose === 'resume' && undoHasBegun(journal.plan, stock.truth)
  const purpose = isUndone ? 'abort' : request.purpose
  if (isUndone) session.renderer.warn(`${head.operation} was being undone: this is finished; then it can be run anew`)
  const decided = continuationOf(journal.plan, purpose, stock.truth, stock.sighting.cluster)
  if ('refusals' in decided) return runPlan(session, command, {planned: refuse(...decided.refusals)}, options)
  const {rest} = decided
  for (const reason of rest.withheld) session.renderer.warn(reason)
  const isNothing = rest.phases.length === 0
  if (isNothing && rest.withheld.length === 0) close(session, opened, purpose)
  const {pool} = session
  const begun = purpose === 'abort' ? {...journal.plan, operation: `abort of ${head.operation}`} : journal.plan
  const plan = isNothing ? {...begun, phases: []} : await restPlan(pool, begun, rest, stock.truth, stock.sighting)
  return runPlan(
    session,
    command,
    {
      planned: {ok: true, plan},
      nothingToDo: `${head.operation} ${shortOperation(head.id)}: ${NOTHING[purpose]}`,
      ...(source !== undefined && {source}),
      continues: {id: head.id, file, purpose},
      leavesNothing: purpose === 'abort' && journal.plan.entries.length === 0,
      next: commandLine('check', parseAddress(plan.entries[0] ?? head.entry) ?? stock.sighting.cluster.entry),
    },
    options,
  )
}

const NOTHING = {
  resume: 'all of it is done',
  abort: 'nothing is open, nothing is to be taken back',
}

/** What became true without us is written down as done. */
export function close({world}: Pick<Session, 'world'>, opened: OpenedJournal, purpose: ContinuePurpose): void {
  const atMs = Date.now()
  const folder = new JournalFolder(world.env)
  const file = JournalFile.goOn(opened.file, {line: 'run', atMs, purpose, ...thisProcess()}, folder, () => undefined)
  file.end({line: 'end', atMs, state: purpose === 'abort' ? 'aborted' : 'applied', final: true})
}

/** For messages: which commands there are for it. */
export function waysOn({head, file}: OpenedJournal, {world}: Pick<Session, 'world'>): string {
  const of = (verb: 'resume' | 'abort'): string => `\`${continuing(verb, {id: head.id, file}, world.env)}\``
  return `${of('resume')} finishes it, ${of('abort')} leaves the rest`
}
