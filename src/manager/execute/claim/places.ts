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

/** What is asked of each node first, and its answer. */
type Question<Answer> = (post: Post) => Promise<Answer>

/**
 * The members with the lowest ids that can be reached and answer, whatever their role: a failover changes nothing about it. Also
 * every node that is to join, since two operations on two clusters, or on none so far, may want the same one.
 * @returns none when no node answers: the look that follows says why
 */
export async function openPosts<Answer>(
  pool: NodePool,
  ground: Ground,
  question: Question<Answer>,
): Promise<Map<Post, Answer>> {
  const [members, newcomers] = await Promise.all([
    openMembers(pool, ground, question),
    openNewcomers(pool, ground, question),
  ])
  return new Map([...members, ...newcomers].filter((each) => each !== undefined))
}

type Opened<Answer> = readonly [Post, Answer]

/** `undefined` where nobody answers. */
async function open<Answer>(
  pool: NodePool,
  address: Address,
  question: Question<Answer>,
): Promise<Opened<Answer> | undefined> {
  try {
    const post = await Post.open(pool, address)
    return [post, await question(post)]
  } catch {
    return undefined
  }
}

async function openNewcomers<Answer>(
  pool: NodePool,
  {newcomers, nodes}: Ground,
  question: Question<Answer>,
): Promise<(Opened<Answer> | undefined)[]> {
  const joining = new Set(newcomers)
  const addresses = addressesIn(nodes.filter(({id}) => joining.has(id)).map(({address}) => address))
  return Promise.all(addresses.map((address) => open(pool, address, question)))
}

async function openMembers<Answer>(
  pool: NodePool,
  ground: Ground,
  question: Question<Answer>,
): Promise<(Opened<Answer> | undefined)[]> {
  const entry = await enter(pool, ground)
  if (entry === undefined) return []
  const candidates = entry.lines.filter(isPresent).sort((a, b) => (a.id < b.id ? -1 : 1))
  const openNext = async (): Promise<Opened<Answer> | undefined> => {
    for (let next = candidates.shift(); next !== undefined; next = candidates.shift()) {
      const address = await addressOf(next, entry, pool)
      const opened = address && (await open(pool, address, question))
      if (opened !== undefined) return opened
    }
    return undefined
  }
  return Promise.all(Array.from({length: MEMBERS}, openNext))
}

/** The one that leads to it, of those that it announces. */
async function addressOf({flags, address}: NodeLine, entry: Entry, pool: NodePool): Promise<Address | undefined> {
  if (flags.has('myself')) return entry.client.address
  try {
    return (await connectAnnounced((each) => pool.connectLines(each), address)).address
  } catch {
    return undefined
  }
}

interface Entry {
  readonly client: NodeClient
  readonly lines: NodeLine[]
}

/** Through the first entry that answers. */
async function enter(pool: NodePool, {entries}: Ground): Promise<Entry | undefined> {
  for (const address of addressesIn(entries)) {
    try {
      const client = await pool.connectLines(address)
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
