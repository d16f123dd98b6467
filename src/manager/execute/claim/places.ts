/** Where a claim is shown: on nodes that any other operation on the same cluster will choose, too, and on few of them. */
import {parseAddress, type Address} from '../../../model/address.js'
import {parseClusterNodes, type NodeLine} from '../../../model/cluster-nodes.js'
import {connectAnnounced} from '../../observe.js'
import type {Plan} from '../../plan/plan.js'
import type {NodeClient, NodePool} from '../../ports.js'
import {textReply} from '../../reply.js'
import {Post} from './post.js'

/** Two of three are enough to meet, and the list of clients of a busy node is megabytes. */
const MEMBERS = 3

/** Nothing can be asked of such a node, or it is no part of the cluster yet. */
const ABSENT = ['fail', 'pfail', 'noaddr', 'handshake'] as const

/** Where an operation works: what a plan says of it, or what is known before there is one. */
export type Ground = Pick<Plan, 'entries' | 'newcomers' | 'nodes'>

/**
 * The members with the lowest ids that can be reached, whatever their role: a failover changes nothing about it. Also every node
 * that is to join, since two operations on two clusters, or on none so far, may want the same one.
 * @returns none when no node can be reached: the look that follows says why
 */
export async function openPosts(pool: NodePool, ground: Ground): Promise<Post[]> {
  const [members, newcomers] = await Promise.all([openMembers(pool, ground), openNewcomers(pool, ground)])
  return [...members, ...newcomers]
}

async function openNewcomers(pool: NodePool, {newcomers, nodes}: Ground): Promise<Post[]> {
  const joining = new Set(newcomers)
  const addresses = nodes.filter(({id}) => joining.has(id)).map(({address}) => address)
  const posts = await Promise.all(
    addressesIn(addresses).map((address) => Post.open(pool, address).catch(() => undefined)),
  )
  return posts.filter((post) => post !== undefined)
}

async function openMembers(pool: NodePool, ground: Ground): Promise<Post[]> {
  const entry = await enter(pool, ground)
  if (entry === undefined) return []
  const candidates = entry.lines.filter(isPresent).sort((a, b) => (a.id < b.id ? -1 : 1))
  const open = async (): Promise<Post | undefined> => {
    for (let next = candidates.shift(); next !== undefined; next = candidates.shift()) {
      try {
        const reached = next.flags.has('myself') ? entry.client : await connectAnnounced(pool, next.address)
        return await Post.open(pool, reached.address)
      } catch {
        // The next one, then.
      }
    }
    return undefined
  }
  const posts = await Promise.all(Array.from({length: MEMBERS}, open))
  return posts.filter((post) => post !== undefined)
}

interface Entry {
  readonly client: NodeClient
  readonly lines: NodeLine[]
}

/** Through the first entry that answers. */
async function enter(pool: NodePool, {entries}: Ground): Promise<Entry | undefined> {
  for (const address of addressesIn(entries)) {
    try {
      const client = await pool.connect(address)
      const lines = parseClusterNodes(textReply(await client.call(['CLUSTER', 'NODES']), client))
      if (lines !== undefined) return {client, lines}
    } catch {
      // The next one, then.
    }
  }
  return undefined
}

function addressesIn(texts: readonly string[]): Address[] {
  return texts.flatMap((text) => parseAddress(text) ?? [])
}

function isPresent({flags, address}: NodeLine): boolean {
  return (address.port !== 0 || flags.has('myself')) && !ABSENT.some((flag) => flags.has(flag))
}
