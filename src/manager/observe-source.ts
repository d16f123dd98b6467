/** A look at the server that an import reads from. */
import type {Address} from '../model/address.js'
import {FieldLines} from '../model/field-lines.js'
import type {NodePool} from './ports.js'
import {textReply} from './reply.js'
import {serverFacts} from './view/server-facts.js'
import type {SourceServer} from './view/source-server.js'

/**
 * @param pool with the source's own login and TLS settings
 * @throws ManagerError when the server cannot be reached, or does not tell (INFO)
 */
export async function observeSource(pool: NodePool, address: Address): Promise<SourceServer> {
  const client = await pool.connect(address)
  const info = new FieldLines(textReply(await client.call(['INFO']), client))
  return {address, mode: modeOf(info), isReplica: info.get('role') === 'slave', server: serverFacts(info)}
}

function modeOf(info: FieldLines): SourceServer['mode'] {
  // Valkey says server_mode as well; redis_mode is there for old clients, on both.
  if (info.get('redis_mode') === 'sentinel' || info.get('server_mode') === 'sentinel') return 'sentinel'
  return info.get('cluster_enabled') === '1' ? 'cluster' : 'standalone'
}
