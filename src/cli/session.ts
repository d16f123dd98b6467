/** What one run of a command shares: the world, the nodes, whom to ask, whom to tell. */
import type {Execution} from '../manager/execute/executor.js'
import type {Outcome} from '../manager/execute/outcome.js'
import type {Plan} from '../manager/plan/plan.js'
import {movesKeys} from '../manager/plan/step.js'
import {toManagerError} from '../manager/error.js'
import type {ObserveSettled} from '../manager/observe-settled.js'
import type {NodePool, SnapshotReader} from '../manager/ports.js'
import type {ClusterView} from '../manager/view/cluster-view.js'
import type {Interruption} from './interruption.js'
import type {Begun, Continued, JournalPolicy, JournalReference, KeptJournal} from './journal/keep.js'
import {whileClaimed, type Claimed} from './operations/while-claimed.js'
import type {Announced} from './operations/announce.js'
import type {Steering} from './operations/steering.js'
import type {Prompt} from './prompt.js'
import type {Renderer} from './render/renderer.js'
import type {World} from './world.js'

export interface Session {
  readonly world: World
  readonly pool: NodePool & SnapshotReader
  readonly renderer: Renderer
  readonly prompt: Prompt
  readonly interruption: Interruption
  readonly journal: JournalPolicy
  /** What a changing command does when another operation works on the cluster; absent: this one changes nothing. */
  readonly meeting?: Meeting
  /** Takes the plan, and where an import would read from, instead of the nodes: then nothing is changed. */
  readonly rehearse?: (session: Session, plan: Plan, source: NodePool | undefined) => Promise<void>
}

/** `plan`: it only wants to see what would be done. `force`: it takes over. */
export type Meeting = 'refuse' | 'plan' | 'force'

/** What carrying out a plan takes of a session. */
export type Field = Pick<Session, 'world' | 'interruption' | 'journal' | 'meeting'> & {
  readonly pool: NodePool
  readonly renderer: Pick<Renderer, 'begin' | 'event' | 'note' | 'warn'>
}

export interface CarryOptions {
  /** `host:port` for suggested commands. */
  readonly entry: string
  /** The standalone server that an import reads from. */
  readonly source?: NodePool | undefined
  /** Tells the person at the terminal which keys steer; absent: none do. */
  readonly teller?: Pick<Renderer, 'hint' | 'note'>
  /** The operation that this is the rest of; absent: it begins now. */
  readonly continues?: Continued | undefined
  /** Does the work, and what belongs before it and after it, while nobody else may change anything. Absent: just the work. */
  readonly around?: ((work: () => Promise<Carried>) => Promise<Carried>) | undefined
}

/** An outcome, and where it is written down. */
export interface Carried {
  readonly outcome: Outcome
  readonly journal: JournalReference | undefined
  /** What continues it; '' when it has no journal. */
  readonly advice: string
}

/** As `manager/observe-settled.ts` does it, which is loaded when somebody looks. */
export async function observeSettled(...looking: Parameters<ObserveSettled>): Promise<ClusterView> {
  const {observeSettled: observeUntilSettled} = await import('../manager/observe-settled.js')
  return observeUntilSettled(...looking)
}

/**
 * Claims the cluster, looks once more, writes the plan into a journal, then carries it out. While it runs, Ctrl-C is heard as a
 * wish to stop well, and the pace of what moves keys can be changed.
 * @throws ManagerError `claimed`, `stale-plan`, `io` when no journal can be written, or what keeps the nodes from being looked at:
 *   nothing was changed then
 */
export async function carryOut(session: Field, plan: Plan, options: CarryOptions): Promise<Carried> {
  const {newOperationId} = await import('./operations/claimant.js')
  const id = options.continues?.id ?? newOperationId()
  const operation = {id, operation: plan.operation, force: session.meeting === 'force'}
  const {around = (work: () => Promise<Carried>): Promise<Carried> => work()} = options
  return whileClaimed(session, plan, operation, (claim) =>
    around(() => carryOutClaimed(session, plan, options, claim, id)),
  )
}

async function carryOutClaimed(
  session: Field,
  plan: Plan,
  options: CarryOptions,
  claim: Claimed,
  id: string,
): Promise<Carried> {
  const [{execute}, {reconnoitre}, {Pace}] = await Promise.all([
    import('../manager/execute/executor.js'),
    import('../manager/execute/reconnoitre.js'),
    import('../manager/execute/pace/pace.js'),
  ])
  const {world, renderer, interruption} = session
  const {entry, teller, continues} = options
  const {pool} = claim
  const source = options.source && claim.fence(options.source)
  const {shards, ...terrain} = await reconnoitre(pool, plan)
  await renderer.begin(plan)
  return interruption.during(async () => {
    const journal = await openJournal(session, id, {plan, entry, shards}, continues)
    const pace = new Pace(plan.settings.pace, world.clock)
    const {addresses} = terrain
    const steering = await steeringOf(plan, () => ({id, plan, pace, entry, addresses}), world, teller)
    const execution: Execution = {
      pool,
      clock: world.clock,
      emit: (event) => {
        journal?.event(event)
        steering?.event(event)
        renderer.event(event)
      },
      ...terrain,
      entry,
      stop: interruption.stop,
      kill: AbortSignal.any([interruption.kill, claim.lost]),
      lost: claim.lost,
      pace,
      ...(source !== undefined && {source}),
    }
    try {
      const outcome = withJournalFailure(await claim.explain(await execute(plan, execution)), journal)
      journal?.end(outcome)
      return {outcome, journal: journal && {id, file: journal.file}, advice: journal?.advice ?? ''}
    } finally {
      steering?.end()
    }
  })
}

/** @throws ManagerError `io` when it cannot be written, unless the session does without */
async function openJournal(
  {world, interruption, journal: policy, renderer}: Field,
  id: string,
  begun: Begun,
  continues: Continued | undefined,
): Promise<KeptJournal | undefined> {
  const {KeptJournal} = await import('./journal/keep.js')
  const failed = (why: string): void => interruption.stopBecause(`the journal cannot be written (${why})`)
  if (continues !== undefined) return KeptJournal.goOn(world, continues, begun.plan, failed)
  try {
    return KeptJournal.begin(world, id, policy, begun, failed)
  } catch (error) {
    if (policy.isRequired) throw error
    const {message} = toManagerError(error)
    const why = message.replace(/; nothing was changed$/, '')
    renderer.event({kind: 'noted', step: '', message: `${why}: going on without`})
    return undefined
  }
}

/** It was stopped, but not by the operator. */
function withJournalFailure(outcome: Outcome, journal: KeptJournal | undefined): Outcome {
  const failure = journal?.failure
  return failure !== undefined && outcome.status === 'stopped' ? {...outcome, error: failure} : outcome
}

/** Only what moves keys takes long enough to be steered. */
async function steeringOf(
  plan: Plan,
  announced: () => Announced,
  world: World,
  teller: CarryOptions['teller'],
): Promise<Steering | undefined> {
  if (!plan.phases.some(({steps}) => steps.some(movesKeys))) return undefined
  const {openSteering} = await import('./operations/steering.js')
  return openSteering(world, announced(), teller)
}
