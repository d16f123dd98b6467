/** An atomic migration goes on when the tscluster that asked for it is gone: it would change the picture that a plan is made of. */
import {SlotSet} from '../../../model/slot-set.js'
import type {ManagerClock, NodePool} from '../../ports.js'
import type {ClusterView} from '../../view/cluster-view.js'
import type {NodeView} from '../../view/node-view.js'
import type {Teller} from '../../wait-for-calm.js'
import type {Obstacle} from '../patience.js'
import {unfinishedExports} from './export-driver.js'
import {unfinishedImports} from './import-driver.js'

const PAUSE_MS = 50

export interface AwaitedMigrations {
  readonly pool: NodePool
  readonly clock: ManagerClock
  readonly teller: Teller
  /** One that comes no nearer to its end for so long is left to the plan, which waits for it, or fails, by name. */
  readonly timeoutMs: number
}

/** @returns whether there was anything to wait for */
export async function awaitMigrations(
  {nodes}: ClusterView,
  {pool, clock, teller, timeoutMs}: AwaitedMigrations,
): Promise<boolean> {
  let pace = ''
  let changedAtMs = clock.nowMs()
  for (let waited = false; ; waited = true) {
    const running = (await Promise.all(nodes.map((node) => runningOn(pool, node)))).flat()
    const [first] = running
    if (first === undefined) {
      teller.idle()
      return waited
    }
    const nowMs = clock.nowMs()
    const paceNow = running.map((each) => each.pace).join('\n')
    if (paceNow !== pace) changedAtMs = nowMs
    if (nowMs - changedAtMs > timeoutMs) return true
    pace = paceNow
    if (!waited) teller.note(`${first.node} ${first.reason}: waiting for it`)
    await clock.sleep(PAUSE_MS)
  }
}

/** Nothing of a node that does not tell: then the plan finds out when it is carried out. */
async function runningOn(pool: NodePool, {address, server, line}: NodeView): Promise<Obstacle[]> {
  const {capabilities} = server
  if (line.flags.has('replica')) return []
  try {
    if (capabilities.has('slot-migration-export')) {
      return await unfinishedExports(await pool.connect(address), SlotSet.ALL)
    }
    if (capabilities.has('slot-migration-import')) {
      return await unfinishedImports(await pool.connect(address), SlotSet.ALL)
    }
  } catch {
    return []
  }
  return []
}
