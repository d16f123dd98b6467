/** Connections through which the keys of one node are read, and what the node can tell of them. */
import type {Address} from '../../model/address.js'
import {connectDatabase} from '../observe.js'
import type {Argument, NodeClient, NodePool} from '../ports.js'

/** One node, one database. */
export interface KeyReader {
  /** For names and values. */
  readonly client: NodeClient
  /** For questions that are answered in a line. */
  readonly lines: NodeClient
  readonly database: number
  /** A command may name keys of one slot only. */
  readonly hasSlots: boolean
  /** PEXPIRETIME: Redis 7.0. Where it is missing, what PTTL leaves is added to the server's clock. */
  readonly tellsExpireTime: boolean
  /** HPEXPIRETIME: Redis 7.4, Valkey 9.0. */
  readonly tellsFieldTimes: boolean
}

/** Connections of its own: nothing waits behind these questions. */
const CHANNEL = 'verify'

/** @throws ManagerError as `NodePool.connect` does */
export async function openKeyReader(
  pool: NodePool,
  address: Address,
  database: number,
  {hasSlots}: Pick<KeyReader, 'hasSlots'>,
): Promise<KeyReader> {
  const [client, lines] = await Promise.all([
    connectDatabase(pool, address, database, CHANNEL),
    pool.connectLines(address, `${CHANNEL} ${database}`),
  ])
  if (database > 0) await lines.call(['SELECT', database])
  const [tellsExpireTime, tellsFieldTimes] = await Promise.all([
    knows(lines, ['PEXPIRETIME', 'tscluster:verify']),
    knows(client, ['HPEXPIRETIME']),
  ])
  return {client, lines, database, hasSlots, tellsExpireTime, tellsFieldTimes}
}

/** A server that knows the command complains of something else (its arguments, the slot), or of nothing. */
async function knows(client: NodeClient, command: readonly Argument[]): Promise<boolean> {
  const [reply] = await client.pipeline([command])
  return !(reply instanceof Error) || !/unknown command/i.test(reply.message)
}
