/** Finishes an operation that was left half-way, or brings the cluster back to a clean state: from what is true now. */
import {formatAddress, parseAddress} from '../../model/address.js'
import type {NodeId} from '../../model/node-id.js'
import {check} from '../../manager/check/check.js'
import type {Finding} from '../../manager/check/finding.js'
import {isManagerError} from '../../manager/error.js'
import type {Journal} from '../../manager/execute/journal/lines.js'
import {restPlan} from '../../manager/execute/journal/rest-plan.js'
import {sight, takeStock, type Sighting} from '../../manager/execute/journal/take-stock.js'
import {abortPlan, undoHasBegun} from '../../manager/plan/resume/abort.js'
import {targetLost} from '../../manager/plan/resume/refusals.js'
import {remainingPlan, type Rest} from '../../manager/plan/resume/remaining.js'
import {successor, type Truth} from '../../manager/plan/resume/truth.js'
import {awaitedNode, unrest} from '../../manager/plan/resume/unrest.js'
import {isMove} from '../../manager/plan/lanes.js'
import {refuse, type Plan} from '../../manager/plan/plan.js'
import type {NodePool} from '../../manager/ports.js'
import {toTopology, type Topology} from '../../manager/view/topology.js'
import {lookForMove} from '../look-for-move.js'
import {commandLine, runPlan, type ChangeOptions, type PlanResult} from '../run-plan.js'
import type {Session} from '../session.js'
import {waitForCalm} from '../wait-for-calm.js'
import type {OpenedJournal} from './find.js'
import {JournalFile} from './journal-file.js'
import {JournalFolder} from './journal-folder.js'
import {continuing, shortOperation} from './keep.js'
import {thisProcess} from './process-mark.js'

export interface ContinueRequest {
  readonly purpose: 'resume' | 'abort'
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

/** A node that comes back refuses to serve for up to 5 s; disagreement that lasts longer is for us to settle. */
const AGREE_MS = 10_000

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

/** What is left, and of what it was worked out. */
export interface Stock {
  readonly sighting: Sighting
  readonly truth: Truth
}

/** Waits until the cluster is quiet, and looks. @throws ManagerError when its nodes cannot be looked at */
export async function stockOf(session: Session, journal: Journal, limitMs: number): Promise<Stock> {
  const {pool, renderer} = session
  const {plan} = journal
  const entries = plan.entries.flatMap((text) => parseAddress(text) ?? [])
  const [first, ...others] = entries
  renderer.busy(`looking at ${formatAddress(first ?? parseAddress(plan.nodes[0]!.address)!)} …`)
  const lookOnce = (): Promise<Sighting> => sight(pool, plan)
  let sighting = await waitForCalm(session, {
    look: lookOnce,
    // Nodes that are yet to be made a cluster of agree about nothing.
    unrest: ({cluster}) =>
      first === undefined ? undefined : awaitedNode(cluster, missingEnds(journal, toTopology(cluster))),
    limitMs,
  })
  if (first !== undefined && unrest(sighting.cluster) !== undefined) {
    // A slot that was left open may be the very reason: a node that imports it believes no gossip about it.
    const settled = {look: lookOnce, unrest: ({cluster}: Sighting) => unrest(cluster), limitMs: AGREE_MS}
    sighting = await waitForCalm(session, settled)
  }
  if (first !== undefined && plan.phases.some(({steps}) => steps.some(isMove))) {
    // The servers go on with an atomic migration when nobody asks for it any more.
    await lookForMove(session, [first, ...others], limitMs)
    sighting = await sight(pool, plan)
  }
  const truth = await takeStock(pool, journal, sighting)
  renderer.idle()
  return {sighting, truth}
}

async function continueOnce(session: Session, opened: OpenedJournal, request: ContinueRequest): Promise<PlanResult> {
  const {journal, head, file} = opened
  const {command, options, source, limitMs} = request
  const stock = await stockOf(session, journal, limitMs)
  const isUndone = request.purpose === 'resume' && undoHasBegun(journal.plan, stock.truth)
  const purpose = isUndone ? 'abort' : request.purpose
  if (isUndone) session.renderer.warn(`${head.operation} was being undone: this is finished; then it can be run anew`)
  const decided = decide(journal.plan, stock, purpose)
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

type Decision = {readonly rest: Rest} | {readonly refusals: readonly Finding[]}

function decide(plan: Plan, {truth, sighting}: Stock, purpose: ContinueRequest['purpose']): Decision {
  if (purpose === 'abort') {
    const abortion = abortPlan(plan, truth)
    if (abortion.ok) return {rest: abortion.rest}
    return {refusals: abortion.refusals.map((each) => ({...each, remedy: 'tscluster resume'}))}
  }
  const rest = remainingPlan(plan, truth)
  const moves = rest.phases.some(({steps}) => steps.some(isMove))
  const refusals = [...(moves ? blockers(sighting) : []), ...lostEnds(plan, truth)]
  return refusals.length > 0 ? {refusals} : {rest}
}

/** No key can be moved while slots are uncovered. Open slots, and what nodes believe of them, are part of the work. */
function blockers({cluster}: Sighting): Finding[] {
  return check(cluster).filter(({code}) => code === 'slots-uncovered')
}

/** A target that is gone for good: where the slots are to go instead is not ours to decide. */
function lostEnds(plan: Plan, truth: Truth): Finding[] {
  return [...missingEnds({plan, shards: truth.shards}, truth.topology)].flatMap((id) => lostEnd(plan, id))
}

/** Nodes that are to receive slots, and that neither answer nor have an heir. */
function missingEnds({plan, shards}: Pick<Journal, 'plan' | 'shards'>, topology: Topology): ReadonlySet<NodeId> {
  const targets = plan.phases.flatMap(({steps}) => steps.filter(isMove).map(({target}) => target))
  return new Set(targets.filter((id) => successor({topology, shards}, id) === undefined))
}

function lostEnd({nodes}: Plan, id: NodeId): Finding[] {
  const address = parseAddress(nodes.find((node) => node.id === id)?.address ?? '')
  if (address === undefined) return []
  return [targetLost({id, address})]
}

/** What became true without us is written down as done. */
export function close({world}: Pick<Session, 'world'>, opened: OpenedJournal, purpose: 'resume' | 'abort'): void {
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
