/** Import: all keys of one database of a standalone server into the cluster. */
import {parseAddress} from '../../../model/address.js'
import {ManagerError} from '../../error.js'
import {connectDatabase} from '../../observe.js'
import type {StepOf} from '../../plan/step.js'
import {numberReply} from '../../reply.js'
import {reportLeft, reportMissing} from '../import/aftermath.js'
import type {Origin} from '../import/carrier.js'
import {Delivery} from '../import/delivery.js'
import {Destinations} from '../import/destinations.js'
import {gather, scanKeys} from '../import/scan.js'
import {checkpoint, type StepContext} from '../step-context.js'

/**
 * Keys that were copied by an interrupted run, and have the same value still, are no conflict: to run it again is to go on.
 * What clients change at the source meanwhile is followed only for keys that were not copied yet.
 * @throws ManagerError `key-exists` when the cluster has a key with another value
 */
export async function copyKeys(step: StepOf<'copy-keys'>, context: StepContext): Promise<void> {
  checkpoint(context)
  const origin = originOf(step, context)
  const scout = await connectDatabase(origin.pool, origin.address, origin.database, 'scout')
  context.emit({kind: 'keys-counted', step: context.id, keys: numberReply(await scout.call(['DBSIZE']), scout)})
  const destinations = await Destinations.find(context)
  const delivery = new Delivery(origin, destinations, context)
  for await (const keys of gather(scanKeys(scout), destinations.count)) await delivery.bring(keys)
  await (step.keep ? reportMissing(scout, destinations, context) : reportLeft(scout, step.database, context))
}

function originOf(step: StepOf<'copy-keys'>, {source}: StepContext): Origin {
  const address = parseAddress(step.from)
  if (address === undefined || source === undefined) {
    throw new ManagerError('usage', `the plan does not say how to log in to its source ${step.from}`, {
      hint: 'use `tscluster import`, which is told how',
    })
  }
  return {pool: source, address, database: step.database, keep: step.keep}
}
