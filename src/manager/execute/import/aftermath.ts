/** What remains to be said when all keys that were seen have been brought. */
import {counted} from '../../check/naming.js'
import type {NodeClient} from '../../ports.js'
import {numberReply} from '../../reply.js'
import {checkpoint, type StepContext} from '../step-context.js'
import type {Destinations} from './destinations.js'
import {gather, scanKeys} from './scan.js'

/** After a move the source is empty, unless somebody writes to it. */
export async function reportLeft(scout: NodeClient, database: number, context: StepContext): Promise<void> {
  const left = numberReply(await scout.call(['DBSIZE']), scout)
  if (left === 0) return
  const message = `${counted(left, 'key was', 'keys were')} written to database ${database} of the source meanwhile: run the import again for them`
  context.emit({kind: 'noted', step: context.id, message})
}

/** After a copy every key of the source is in the cluster; only its presence is looked at, not its value. */
export async function reportMissing(
  scout: NodeClient,
  destinations: Destinations,
  context: StepContext,
): Promise<void> {
  await destinations.refresh()
  let missing = 0
  for await (const keys of gather(scanKeys(scout), destinations.count)) {
    checkpoint(context)
    const {parcels, stranded} = destinations.sort(keys)
    const absent = await Promise.all(
      parcels.map(async ({to, keys: those}) => absentKeys(await context.pool.connect(to.address), those)),
    )
    // One that is gone from the source as well has expired.
    const expired = await absentKeys(scout, [...stranded, ...absent.flat()])
    missing += stranded.length + absent.flat().length - expired.length
  }
  if (missing === 0) return
  const message = `${counted(missing, 'key of the source is', 'keys of the source are')} not in the cluster: written meanwhile; run the import again`
  context.emit({kind: 'noted', step: context.id, message})
}

async function absentKeys(node: NodeClient, keys: readonly Uint8Array[]): Promise<Uint8Array[]> {
  const replies = await node.pipeline(keys.map((key) => ['EXISTS', key]))
  return keys.filter((_, index) => replies[index] === 0)
}
