/** Nothing is changed on a cluster without a claim on it. */
import type {ManagerError} from '../../manager/error.js'
import type {Outcome} from '../../manager/execute/outcome.js'
import type {Plan} from '../../manager/plan/plan.js'
import type {NodePool} from '../../manager/ports.js'
import {formatAddress, type Address} from '../../model/address.js'
import type {Renderer} from '../render/renderer.js'
import type {World} from '../world.js'
import type {ClaimingOperation} from './claimant.js'

/** What it takes to claim a cluster. */
export interface Claiming {
  readonly world: Pick<World, 'clock'>
  readonly pool: NodePool
  readonly renderer: Pick<Renderer, 'note' | 'warn'>
}

/** What an operation needs of the claim that it holds. */
export interface Claimed {
  /** The cluster's nodes; what is sent once the claim is lost throws. */
  readonly pool: NodePool
  readonly fence: (pool: NodePool) => NodePool
  readonly lost: AbortSignal
  /** The same outcome; once the claim is lost, with the reason why nothing more could be done. */
  explain(outcome: Outcome): Promise<Outcome>
}

/**
 * Said before a question, not after it: a plan that another operation stands in the way of is not worth an answer.
 * @param ground the plan, or, before there is one, where the cluster can be entered
 * @throws ManagerError `claimed`
 */
export async function refuseWhereClaimed(
  {pool}: Pick<Claiming, 'pool'>,
  ground: Plan | readonly Address[],
): Promise<void> {
  const claims = await import('../../manager/execute/claim/take-claim.js')
  const place = 'phases' in ground ? ground : {entries: ground.map(formatAddress), newcomers: [], nodes: []}
  await claims.refuseWhereClaimed(pool, place, {wallMs: Date.now})
}

/**
 * Takes the claim, works, and gives it back.
 * @throws ManagerError `claimed` when another operation works on the cluster; nothing was changed then
 */
export async function whileClaimed<Result>(
  {world, pool, renderer}: Claiming,
  plan: Plan,
  operation: ClaimingOperation,
  work: (claimed: Claimed) => Promise<Result>,
): Promise<Result> {
  const [{claimantOf}, {takeClaim}, {fencedPool}] = await Promise.all([
    import('./claimant.js'),
    import('../../manager/execute/claim/take-claim.js'),
    import('../../manager/execute/claim/fenced-pool.js'),
  ])
  const claim = await takeClaim(pool, plan, claimantOf(operation, world, renderer))
  const fence = (nodes: NodePool): NodePool => fencedPool(nodes, claim)
  try {
    return await work({
      pool: fence(pool),
      fence,
      lost: claim.lost,
      explain: async (outcome) => ousted(outcome, await claim.reason()),
    })
  } finally {
    await claim.release()
  }
}

/** What failed when the claim was lost failed for that reason; what had been done by then is done. */
function ousted(outcome: Outcome, reason: ManagerError | undefined): Outcome {
  if (reason === undefined || outcome.status === 'applied') return outcome
  return {...outcome, status: 'failed', error: reason}
}
