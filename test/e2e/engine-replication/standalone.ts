/** Servers outside a cluster, in the roles that REPLICAOF gives them. */
import type {Flavour} from '../../support/installed-servers.js'
import {command, type RespTarget} from '../../support/resp.js'
import {startNodes, type ServerNode} from '../../support/server-nodes.js'
import {until} from '../../support/until.js'

const IN_SYNC_MS = 30_000

/** One server without cluster mode that writes no file unless it is told to. */
export async function standalone(
  flavour: Flavour,
  config: Readonly<Record<string, string | number>> = {},
): Promise<ServerNode> {
  const nodes = await startNodes(flavour, 1, {cluster: false, config: {'repl-diskless-sync-delay': 0, ...config}})
  return nodes.node(0)
}

/** INFO replication, field by field. */
export async function replicationOf(target: RespTarget): Promise<Readonly<Record<string, string>>> {
  const text = String(await command(target, 'INFO', 'replication'))
  const lines = text.split('\r\n').filter((line) => line.includes(':'))
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]))
}

/** One figure of INFO stats: sync_full, sync_partial_ok, sync_partial_err. */
export async function statOf(target: RespTarget, name: string): Promise<number> {
  return Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(String(await command(target, 'INFO', 'stats')))?.[1])
}

export async function follow(replica: RespTarget, primary: {readonly port: number}): Promise<void> {
  await command(replica, 'REPLICAOF', '127.0.0.1', primary.port)
}

export async function untilLinkUp(replica: RespTarget): Promise<void> {
  await until(async () => (await replicationOf(replica))['master_link_status'] === 'up', {
    timeoutMs: IN_SYNC_MS,
    what: `the link of ${replica.port} to its primary to be up`,
  })
}

/** Waits until every one of them stands at the offset of the first, in the same history; nobody may be writing. @returns the offset */
export async function untilSameOffset(primary: RespTarget, ...replicas: readonly RespTarget[]): Promise<number> {
  let seen = ''
  const same = async (): Promise<number | false> => {
    const [first, ...others] = await Promise.all([primary, ...replicas].map(replicationOf))
    seen = [first!, ...others]
      .map(
        (each) =>
          `${each['role']} ${each['master_link_status'] ?? ''} ${each['master_replid']}:${each['master_repl_offset']}`,
      )
      .join(', ')
    const isSame = others.every(
      (each) =>
        each['master_link_status'] === 'up' &&
        each['master_replid'] === first!['master_replid'] &&
        each['master_repl_offset'] === first!['master_repl_offset'],
    )
    return isSame && Number(first!['master_repl_offset'])
  }
  try {
    return await until(same, {timeoutMs: IN_SYNC_MS, what: 'equal offsets'})
  } catch (error) {
    throw new Error(`the offsets differ: ${seen}`, {cause: error})
  }
}
