/** Keys that exist at the source and at the target: the same value twice is harmless, two values are the operator's to judge. */
import {formatAddress} from '../../../model/address.js'
import {ManagerError} from '../../error.js'
import type {Route} from './route.js'
import {differingKeys} from './same-value.js'

const NAMED_AT_MOST = 10

/**
 * Returns when the values are the same.
 * @throws ManagerError `key-exists` naming the keys whose values differ
 */
export async function compareOnBothNodes(route: Route, keys: readonly Uint8Array[]): Promise<void> {
  const different = await differingKeys(route, keys)
  if (different.length === 0) return
  const names = different.slice(0, NAMED_AT_MOST).map((key) => JSON.stringify(Buffer.from(key).toString()))
  const more = different.length > NAMED_AT_MOST ? ', …' : ''
  const target = formatAddress(route.targetAddress)
  throw new ManagerError(
    'key-exists',
    `${different.length} key(s) have another value on ${target}: ${names.join(', ')}${more}`,
    {
      node: formatAddress(route.source.address),
      reply: `ERR Target instance replied with error: BUSYKEY Target key name already exists.`,
      hint: 'delete the copy that is wrong, or let the source win with --replace',
    },
  )
}
