/** Waits until the cluster of an unfinished operation is quiet, and sees how much of the operation is true already. */
import {parseAddress, type Address} from '../../../model/address.js'
import {isMove} from '../../plan/lanes.js'
import {missingEnds} from '../../plan/resume/continuation.js'
import type {Truth} from '../../plan/resume/truth.js'
import {awaitedNode, unrest} from '../../plan/resume/unrest.js'
import type {ManagerClock, NodePool} from '../../ports.js'
import type {ClusterView} from '../../view/cluster-view.js'
import {toTopology} from '../../view/topology.js'
import {waitForCalm, type Teller} from '../../wait-for-calm.js'
import {awaitMigrations} from '../atomic/await-migrations.js'
import type {Journal} from './lines.js'
import {sight, takeStock, type Sighting} from './take-stock.js'

/** A node that comes back refuses to serve for up to 5 s; disagreement that lasts longer is for us to settle. */
const AGREE_MS = 10_000

export interface Lookout {
  readonly pool: NodePool
  readonly clock: ManagerClock
  readonly teller: Teller
  /** The look that every command begins with. @throws ManagerError `claimed` where another operation works */
  readonly look: (entries: readonly Address[]) => Promise<ClusterView>
  /** How long nodes that are in motion are waited for, ms. */
  readonly limitMs: number
}

/** What is left, and of what it was worked out. */
export interface Stock {
  readonly sighting: Sighting
  readonly truth: Truth
}

/** @throws ManagerError when its nodes cannot be looked at */
export async function stockOf(lookout: Lookout, journal: Journal): Promise<Stock> {
  const {pool, clock, teller, look, limitMs} = lookout
  const {plan, shards} = journal
  const entries = plan.entries.flatMap((text) => parseAddress(text) ?? [])
  const lookOnce = (): Promise<Sighting> => sight(pool, plan)
  let sighting = await waitForCalm(clock, teller, {
    look: lookOnce,
    // Nodes that are yet to be made a cluster of agree about nothing.
    unrest: ({cluster}) =>
      entries.length === 0 ? undefined : awaitedNode(cluster, missingEnds(plan, shards, toTopology(cluster))),
    limitMs,
  })
  if (entries.length > 0 && unrest(sighting.cluster) !== undefined) {
    // A slot that was left open may be the very reason: a node that imports it believes no gossip about it.
    const settled = {look: lookOnce, unrest: ({cluster}: Sighting) => unrest(cluster), limitMs: AGREE_MS}
    sighting = await waitForCalm(clock, teller, settled)
  }
  if (entries.length > 0 && plan.phases.some(({steps}) => steps.some(isMove))) {
    // The servers go on with an atomic migration when nobody asks for it any more.
    await awaitMigrations(await look(entries), {pool, clock, teller, timeoutMs: limitMs})
    sighting = await sight(pool, plan)
  }
  return {sighting, truth: await takeStock(pool, journal, sighting)}
}
