/** What one run of a command shares: the world, the nodes, whom to ask, whom to tell. */
import type {Address} from '../model/address.js'
import {describeDisagreement} from '../manager/view/disagreement.js'
import type {Execution} from '../manager/execute/executor.js'
import type {Outcome} from '../manager/execute/outcome.js'
import {disagreements} from '../manager/view/disagreement.js'
import type {Plan} from '../manager/plan/plan.js'
import {movesKeys} from '../manager/plan/step.js'
import type {ManagerClock, NodePool, SnapshotReader} from '../manager/ports.js'
import type {ClusterView} from '../manager/view/cluster-view.js'
import {assignmentsAgree} from '../manager/view/assignment.js'
import {linesFlagged} from '../manager/view/lines.js'
import type {Interruption} from './interruption.js'
import {newOperationId} from './operations/claimant.js'
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
  /** What a changing command does when another operation works on the cluster; absent: this one changes nothing. */
  readonly meeting?: Meeting
}

/** `plan`: it only wants to see what would be done. `force`: it takes over. */
export type Meeting = 'refuse' | 'plan' | 'force'

/** What carrying out a plan takes of a session. */
export type Field = Pick<Session, 'world' | 'interruption' | 'meeting'> & {
  readonly pool: NodePool
  readonly renderer: Pick<Renderer, 'begin' | 'event' | 'note' | 'warn'>
}

export interface CarryOptions {
  /** Of the operation, where it has one already; default: a new one. */
  readonly id?: string
  /** `host:port` for suggested commands. */
  readonly entry: string
  /** The standalone server that an import reads from. */
  readonly source?: NodePool | undefined
  /** Tells the person at the terminal which keys steer; absent: none do. */
  readonly teller?: Pick<Renderer, 'hint' | 'note'>
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
 * Claims the cluster, looks once more, then carries the plan out. While it runs, Ctrl-C is heard as a wish to stop well, and the
 * pace of what moves keys can be changed.
 * @throws ManagerError `claimed`, `stale-plan`, or what keeps the nodes from being looked at: nothing was changed then
 */
export async function carryOut(session: Field, plan: Plan, options: CarryOptions): Promise<Outcome> {
  const operation = {id: options.id ?? newOperationId(), operation: plan.operation, force: session.meeting === 'force'}
  return whileClaimed(session, plan, operation, (claim) => carryOutClaimed(session, plan, options, claim, operation.id))
}

async function carryOutClaimed(
  session: Field,
  plan: Plan,
  options: CarryOptions,
  claim: Claimed,
  id: string,
): Promise<Outcome> {
  const [{execute}, {reconnoitre}, {Pace}] = await Promise.all([
    import('../manager/execute/executor.js'),
    import('../manager/execute/reconnoitre.js'),
    import('../manager/execute/pace/pace.js'),
  ])
  const {world, renderer, interruption} = session
  const {entry, teller} = options
  const {pool} = claim
  const source = options.source && claim.fence(options.source)
  const terrain = await reconnoitre(pool, plan)
  await renderer.begin(plan)
  const pace = new Pace(plan.settings.pace, world.clock)
  const steering = await steeringOf(plan, () => ({id, plan, pace, entry, addresses: terrain.addresses}), world, teller)
  const execution: Execution = {
    pool,
    clock: world.clock,
    emit: (event) => {
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
    return await interruption.during(async () => claim.explain(await execute(plan, execution)))
  } finally {
    steering?.end()
  }
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
