/** The look before slots are planned to move: a migration that the servers are still at would change the picture. */
import type {NodeView} from '../manager/view/node-view.js'
import type {Address} from '../model/address.js'
import {look, type Look} from './run-plan.js'
import type {Session} from './session.js'

/**
 * An atomic migration that an earlier tscluster asked for is waited for, so that the plan is made of what it leaves.
 * @param timeoutMs how long one may come no nearer to its end
 */
export async function lookForMove(
  session: Session,
  entries: readonly Address[],
  timeoutMs: number | undefined,
): Promise<Look> {
  const seen = await look(session, entries)
  if (!seen.view.nodes.some(migratesByItself)) return seen
  const {awaitMigrations} = await import('../manager/execute/atomic/await-migrations.js')
  const {pool, world, renderer: teller} = session
  const waited = await awaitMigrations(seen.view, {pool, teller, clock: world.clock, timeoutMs: timeoutMs ?? Infinity})
  return waited ? look(session, entries) : seen
}

function migratesByItself({server: {capabilities}}: NodeView): boolean {
  return capabilities.has('slot-migration-export') || capabilities.has('slot-migration-import')
}
