/** The look before slots are planned to move: a migration that the servers are still at would change the picture. */
import type {Address} from '../model/address.js'
import {SlotSet} from '../model/slot-set.js'
import type {Obstacle} from '../manager/execute/patience.js'
import type {NodeView} from '../manager/view/node-view.js'
import {look, type Look} from './run-plan.js'
import type {Session} from './session.js'

const PAUSE_MS = 50

/**
 * An atomic migration goes on when the tscluster that asked for it is gone. It is waited for, so that the plan is made of what
 * it leaves; one that comes no nearer to its end within `timeoutMs` is left to the plan, which waits for it, or fails, by name.
 */
export async function lookForMove(
  session: Session,
  entries: readonly Address[],
  timeoutMs: number | undefined,
): Promise<Look> {
  const seen = await look(session, entries)
  const waited = await waitForMigrations(session, seen, timeoutMs ?? Infinity)
  return waited ? look(session, entries) : seen
}

/** @returns whether there was anything to wait for */
async function waitForMigrations(session: Session, {view}: Look, timeoutMs: number): Promise<boolean> {
  const {renderer, world} = session
  let pace = ''
  let changedAtMs = world.clock.nowMs()
  for (let waited = false; ; waited = true) {
    const running = (await Promise.all(view.nodes.map((node) => runningOn(session, node)))).flat()
    const [first] = running
    if (first === undefined) {
      renderer.idle()
      return waited
    }
    const nowMs = world.clock.nowMs()
    const paceNow = running.map((each) => each.pace).join('\n')
    if (paceNow !== pace) changedAtMs = nowMs
    if (nowMs - changedAtMs > timeoutMs) return true
    pace = paceNow
    if (!waited) renderer.note(`${first.node} ${first.reason}: waiting for it`)
    await world.clock.sleep(PAUSE_MS)
  }
}

/** Nothing of a node that does not tell: then the plan finds out when it is carried out. */
async function runningOn({pool}: Session, {address, server, line}: NodeView): Promise<Obstacle[]> {
  const {capabilities} = server
  if (line.flags.has('replica')) return []
  try {
    if (capabilities.has('slot-migration-export')) {
      const {unfinishedExports} = await import('../manager/execute/atomic/export-driver.js')
      return await unfinishedExports(await pool.connect(address), SlotSet.ALL)
    }
    if (capabilities.has('slot-migration-import')) {
      const {unfinishedImports} = await import('../manager/execute/atomic/import-driver.js')
      return await unfinishedImports(await pool.connect(address), SlotSet.ALL)
    }
  } catch {
    return []
  }
  return []
}
