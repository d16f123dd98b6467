/** What one run of a command shares: the world, the nodes, whom to ask, whom to tell. */
import type {Execution} from '../manager/execute/executor.js'
import type {Outcome} from '../manager/execute/outcome.js'
import type {Plan} from '../manager/plan/plan.js'
import {movesKeys} from '../manager/plan/step.js'
import type {ObserveSettled} from '../manager/observe-settled.js'
import type {NodePool, SnapshotReader} from '../manager/ports.js'
import type {ClusterView} from '../manager/view/cluster-view.js'
import type {Interruption} from './interruption.js'
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
  /** Takes the plan instead of the nodes: then nothing is changed. */
  readonly rehearse?: (session: Session, plan: Plan) => Promise<void>
}

/** What carrying out a plan takes of a session. */
export type Field = Pick<Session, 'world' | 'interruption'> & {
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
}

/** As `manager/observe-settled.ts` does it, which is loaded when somebody looks. */
export async function observeSettled(...looking: Parameters<ObserveSettled>): Promise<ClusterView> {
  const {observeSettled: observeUntilSettled} = await import('../manager/observe-settled.js')
  return observeUntilSettled(...looking)
}

/**
 * Looks once more, then carries the plan out. While it runs, Ctrl-C is heard as a wish to stop well, and the pace of what moves
 * keys can be changed.
 * @throws ManagerError `stale-plan`, or what keeps the nodes from being looked at: nothing was changed then
 */
export async function carryOut(session: Field, plan: Plan, options: CarryOptions): Promise<Outcome> {
  const [{execute}, {reconnoitre}, {Pace}] = await Promise.all([
    import('../manager/execute/executor.js'),
    import('../manager/execute/reconnoitre.js'),
    import('../manager/execute/pace/pace.js'),
  ])
  const {pool, world, renderer, interruption} = session
  const {entry, source, teller} = options
  const terrain = await reconnoitre(pool, plan)
  await renderer.begin(plan)
  const pace = new Pace(plan.settings.pace, world.clock)
  const steering = await steeringOf(plan, () => ({plan, pace, entry, addresses: terrain.addresses}), world, teller)
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
    kill: interruption.kill,
    pace,
    ...(source !== undefined && {source}),
  }
  try {
    return await interruption.during(() => execute(plan, execution))
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
