/** What the nodes of a cluster themselves say, for expectations: who owns what, what is open, who follows whom. */
import type {NodeLine} from '../../src/model/cluster-nodes.js'
import {clusterNodes} from './quick-cluster.js'
import {command, RespConnection, type RespTarget} from './resp.js'
import type {ServerNode} from './server-nodes.js'

/** All that a node says in CLUSTER NODES. */
export async function accountOf(node: RespTarget): Promise<NodeLine[]> {
  const connection = await RespConnection.open(node)
  try {
    return await clusterNodes(connection)
  } finally {
    connection.close()
  }
}

/** What a node says of itself. */
export async function selfOf(node: RespTarget): Promise<NodeLine> {
  return (await accountOf(node)).find(({flags}) => flags.has('myself'))!
}

/** The slots that each node itself claims: `['0-5460', …]`. */
export async function slotsOf(nodes: Iterable<RespTarget>): Promise<string[]> {
  return Promise.all([...nodes].map(async (node) => (await selfOf(node)).slots.toString()))
}

/** How many slots each node itself claims. */
export async function slotCounts(nodes: Iterable<RespTarget>): Promise<number[]> {
  return Promise.all([...nodes].map(async (node) => (await selfOf(node)).slots.size))
}

/** Every marker of an unfinished move: `'5 migrating on 127.0.0.1:7000'`. */
export async function openSlots(nodes: Iterable<ServerNode>): Promise<string[]> {
  const marks = await Promise.all(
    [...nodes].map(async (node) => {
      const {migrating, importing} = await selfOf(node)
      return [
        ...[...migrating.keys()].map((slot) => `${slot} migrating on ${node.address}`),
        ...[...importing.keys()].map((slot) => `${slot} importing on ${node.address}`),
      ]
    }),
  )
  return marks.flat()
}

/**
 * The stories that the nodes tell of slots, roles and failed nodes, without repetitions: one when they agree. Left out is what
 * comes and goes: `pfail` on a busy machine, and handshakes, which a MEET between nodes that know each other begins anew.
 */
export async function stories(nodes: Iterable<RespTarget>): Promise<string[]> {
  const accounts = await Promise.all([...nodes].map(accountOf))
  return [...new Set(accounts.map(storyOf))]
}

function storyOf(lines: readonly NodeLine[]): string {
  return lines
    .filter(({flags}) => !flags.has('handshake'))
    .map(({id, primaryId, slots, flags}) =>
      [id, primaryId ?? 'primary', slots, flags.has('fail') ? 'fail' : ''].join(' '),
    )
    .sort()
    .join('\n')
}

/** One field of CLUSTER INFO, as text. */
export async function clusterInfo(node: RespTarget, field: string): Promise<string | undefined> {
  const info = String(await command(node, 'CLUSTER', 'INFO'))
  return new RegExp(`^${field}:(.*?)\r?$`, 'm').exec(info)?.[1]
}
