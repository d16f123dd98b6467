/** What an operator names as a side of a comparison: a backup where such a file or folder is, else an address. */
import {observeSource} from '../../manager/observe-source.js'
import {formatAddress} from '../../model/address.js'
import type {NodePool} from '../../manager/ports.js'
import type {Side} from '../../manager/verify/side.js'
import type {ConnectionOptions} from '../connection.js'
import {parseEndpoints} from '../endpoints.js'
import {usage} from '../flags.js'
import {observeSettled, type Session} from '../session.js'

/**
 * @param openPool with what a `redis://` address says about logging in
 * @throws ManagerError when it is none of them, or does not answer
 */
export async function openSide(
  session: Session,
  word: string,
  openPool: (fromUrl: Partial<ConnectionOptions>) => Promise<NodePool>,
): Promise<Side> {
  const {openBackup} = await import('./backup-side.js')
  const backup = await openBackup(word)
  if (backup !== undefined) return backup
  const parsed = parseEndpoints([word])
  const address = typeof parsed === 'string' ? undefined : parsed.addresses[0]
  if (typeof parsed === 'string' || address === undefined) {
    throw usage(`"${word}" is neither an address nor a backup`, 'write host:port, or the folder of a backup')
  }
  const {user, password, tls} = parsed
  const pool = await openPool({
    ...(user !== undefined && {user}),
    ...(password !== undefined && {password}),
    ...(tls && {tls}),
  })
  session.renderer.busy(`looking at ${formatAddress(address)} …`)
  const [server, {clusterSide, serverSide}] = await Promise.all([
    observeSource(pool, address),
    import('../../manager/verify/live-sides.js'),
  ])
  if (server.mode !== 'cluster') return serverSide(pool, server, [...server.server.keysByDatabase.keys()])
  return clusterSide(pool, await observeSettled(pool, [address], session.world.clock))
}
