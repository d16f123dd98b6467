/** What one run of a command shares: the world, the nodes, whom to ask, whom to tell. */
import type {Address} from '../model/address.js'
import {describeDisagreement} from '../manager/view/disagreement.js'
import type {Execution} from '../manager/execute/executor.js'
import type {Outcome} from '../manager/execute/outcome.js'
import {disagreements} from '../manager/view/disagreement.js'
import type {Plan} from '../manager/plan/plan.js'
import {movesKeys} from '../manager/plan/step.js'
import {toManagerError} from '../manager/error.js'
import type {ManagerClock, NodePool, SnapshotReader} from '../manager/ports.js'
import type {ClusterView} from '../manager/view/cluster-view.js'
import {assignmentsAgree} from '../manager/view/assignment.js'
import {linesFlagged} from '../manager/view/lines.js'
import type {Interruption} from './interruption.js'
import type {Begun, Continued, JournalPolicy, JournalReference, KeptJournal} from './journal/keep.js'
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
}

/** What carrying out a plan takes of a session. */
export type Field = Pick<Session, 'world' | 'interruption' | 'journal'> & {
  readonly pool: NodePool
  readonly renderer: Pick<Renderer, 'begin' | 'event'>
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
}

/** An outcome, and where it is written down. */
export interface Carried {
  readonly outcome: Outcome
  readonly journal: JournalReference | undefined
  /** What continues it; '' when it has no journal. */
  readonly advice: string
}

/** Gossip needs a second or two to carry a change everywhere; disagreement that lasts longer is real. */
const SETTLE_MS = 5_000
const SETTLE_PAUSE_MS = 100

/**
 * Observes, and while the accounts differ looks again for up to SETTLE_MS: a change that was just made elsewhere is no
 * reason to refuse this one.
 */
export async function observeSettled(
  pool: NodePool,
  entries: readonly Address[],
  clock: ManagerClock,
  hooks: {readonly onDeadEntry?: (message: string) => void; readonly onWait?: (reason: string) => void} = {},
): Promise<ClusterView> {
  const {observe} = await import('../manager/observe.js')
  const startedMs = clock.nowMs()
  let told = false
  for (;;) {
    const view = await observe(pool, entries, (error) => {
      if (!told) hooks.onDeadEntry?.(`${error.node ?? ''} ${error.message}: trying the next address`)
    })
    told = true
    if (isSettled(view) || clock.nowMs() - startedMs > SETTLE_MS) return view
    const [first] = disagreements(view.nodes)
    if (first !== undefined) hooks.onWait?.(describeDisagreement(first))
    await clock.sleep(SETTLE_PAUSE_MS)
  }
}

/** A MEET between nodes that know each other, which we send to hasten gossip, shows as a handshake until it is answered. */
function isSettled({nodes}: ClusterView): boolean {
  return linesFlagged(nodes, 'handshake').size === 0 && assignmentsAgree(nodes)
}

/**
 * Looks once more, writes the plan into a journal, then carries it out. While it runs, Ctrl-C is heard as a wish to stop well, and
 * the pace of what moves keys can be changed.
 * @throws ManagerError `stale-plan`, `io` when no journal can be written, or what keeps the nodes from being looked at: nothing was
 *   changed then
 */
export async function carryOut(session: Field, plan: Plan, options: CarryOptions): Promise<Carried> {
  const [{execute}, {reconnoitre}, {Pace}] = await Promise.all([
    import('../manager/execute/executor.js'),
    import('../manager/execute/reconnoitre.js'),
    import('../manager/execute/pace/pace.js'),
  ])
  const {pool, world, renderer, interruption} = session
  const {entry, source, teller, continues} = options
  const {shards, ...terrain} = await reconnoitre(pool, plan)
  await renderer.begin(plan)
  return interruption.during(async () => {
    const {id, journal} = await openJournal(session, {plan, entry, shards}, continues)
    const pace = new Pace(plan.settings.pace, world.clock)
    const steering = await steeringOf(
      plan,
      () => ({id, plan, pace, entry, addresses: terrain.addresses}),
      world,
      teller,
    )
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
      kill: interruption.kill,
      pace,
      ...(source !== undefined && {source}),
    }
    try {
      const outcome = withJournalFailure(await execute(plan, execution), journal)
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
  begun: Begun,
  continues: Continued | undefined,
): Promise<{readonly id: string; readonly journal: KeptJournal | undefined}> {
  const {KeptJournal, newOperationId} = await import('./journal/keep.js')
  const failed = (why: string): void => interruption.stopBecause(`the journal cannot be written (${why})`)
  if (continues !== undefined) {
    return {id: continues.id, journal: KeptJournal.goOn(world, continues, begun.plan, failed)}
  }
  const id = newOperationId()
  try {
    return {id, journal: KeptJournal.begin(world, id, policy, begun, failed)}
  } catch (error) {
    if (policy.isRequired) throw error
    const {message} = toManagerError(error)
    renderer.event({
      kind: 'noted',
      step: '',
      message: `${message.replace(/; nothing was changed$/, '')}: going on without`,
    })
    return {id, journal: undefined}
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
