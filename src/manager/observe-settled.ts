/** A look at the cluster that gives gossip its time: what every command begins with, and ends with. */
import type {Address} from '../model/address.js'
import {observe} from './observe.js'
import type {ManagerClock, NodePool} from './ports.js'
import {assignmentsAgree} from './view/assignment.js'
import type {ClusterView} from './view/cluster-view.js'
import {describeDisagreement, disagreements} from './view/disagreement.js'
import {linesFlagged} from './view/lines.js'

/** Gossip needs a second or two to carry a change everywhere; disagreement that lasts longer is real. */
const SETTLE_MS = 5_000
const SETTLE_PAUSE_MS = 100

export interface SettleHooks {
  readonly onDeadEntry?: (message: string) => void
  readonly onWait?: (reason: string) => void
}

/**
 * Observes, and while the accounts differ looks again for up to SETTLE_MS: a change that was just made elsewhere is no
 * reason to refuse this one.
 * @throws ManagerError as `observe` does
 */
export async function observeSettled(
  pool: NodePool,
  entries: readonly Address[],
  clock: ManagerClock,
  hooks: SettleHooks = {},
): Promise<ClusterView> {
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

export type ObserveSettled = typeof observeSettled

/** A MEET between nodes that know each other, which we send to hasten gossip, shows as a handshake until it is answered. */
function isSettled({nodes}: ClusterView): boolean {
  return linesFlagged(nodes, 'handshake').size === 0 && assignmentsAgree(nodes)
}
