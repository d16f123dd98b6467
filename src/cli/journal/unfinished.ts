/** The door to `take-up.ts`: most of the time nothing is unfinished, and nothing of it need be loaded. */
import {existsSync} from 'node:fs'
import {DEFAULT_SETTINGS} from '../../manager/plan/plan.js'
import {changeOptionsOf, type ChangeFlags, type PlanResult} from '../run-plan.js'
import type {Session} from '../session.js'
import {JournalFolder} from './journal-folder.js'
import type {TakeUpRequest} from './take-up.js'

/** As it is typed; `timeout` in ms. */
export interface EarlierRequest extends Pick<TakeUpRequest, 'operation' | 'addresses' | 'source'> {
  readonly flags: ChangeFlags
}

/** @returns as `takeUp` does */
export async function takeUpUnfinished(
  session: Session,
  {flags, ...request}: EarlierRequest,
): Promise<PlanResult | undefined> {
  const {journal, world} = session
  const mayBe = new JournalFolder(world.env).hasUnended || (journal.file !== undefined && existsSync(journal.file))
  if (!mayBe) return undefined
  const {takeUp} = await import('./take-up.js')
  const limitMs = flags.timeout ?? DEFAULT_SETTINGS.timeoutMs
  return takeUp(session, {...request, options: changeOptionsOf(flags), limitMs})
}
