/** A formed cluster on real servers, made with plain commands in about half a second: the starting point of a test. */
import {parseClusterNodes, type NodeLine} from '../../src/model/cluster-nodes.js'
import {SLOT_COUNT} from '../../src/model/slot.js'
import type {Flavour} from './installed-servers.js'
import {RespConnection, type RespValue} from './resp.js'
import {startNodes, type ServerNode, type ServerNodes, type StartOptions} from './server-nodes.js'
import {until} from './until.js'

export interface ClusterShape extends StartOptions {
  /** Default 3; with 0 there are only spares. */
  readonly primaries?: number
  /** Default 0. */
  readonly replicasEach?: number
  /** What each primary owns ("0-99 200"), '' for nothing; by default everything, evenly. */
  readonly slots?: readonly string[]
  /** Servers that run in cluster mode but belong to nobody; they come after the replicas. Default 0. */
  readonly spares?: number
  /** cluster-node-timeout once the cluster stands. Default 2000. */
  readonly nodeTimeoutMs?: number
}

/** Primaries come first in `nodes`, then the replicas (those of primary 0 first), then the spares. */
export interface QuickCluster {
  readonly nodes: ServerNodes
  readonly primaries: readonly ServerNode[]
  readonly replicas: readonly ServerNode[]
  readonly spares: readonly ServerNode[]
  /** Node ids, numbered like `nodes`. */
  readonly ids: readonly string[]
  /** `host:port` of the first primary: what most commands are given. */
  readonly entry: string
  stop(): Promise<void>
}

interface Member {
  readonly node: ServerNode
  readonly connection: RespConnection
  readonly id: string
}

/** A short node timeout ends a primary's "I was in a minority" sooner; the wanted one is set when the cluster stands. */
const FORMING_TIMEOUT_MS = 500
const DEFAULT_NODE_TIMEOUT_MS = 2000
const FORMING_LIMIT_MS = 30_000

/** Starts the servers and joins them. Returns when all nodes agree, all are in state ok, and all replicas follow. */
export async function quickCluster(flavour: Flavour, shape: ClusterShape = {}): Promise<QuickCluster> {
  const {primaries = 3, replicasEach = 0, spares = 0} = shape
  const count = primaries * (1 + replicasEach)
  const nodes = await startNodes(flavour, count + spares, {
    ...shape,
    config: {...shape.config, 'cluster-node-timeout': FORMING_TIMEOUT_MS},
  })
  const all = await Promise.all([...nodes].map(join))
  const members = all.slice(0, count)
  if (count > 0) await form(members, primaries, shape.slots ?? evenSlots(primaries))
  const nodeTimeoutMs = shape.nodeTimeoutMs ?? DEFAULT_NODE_TIMEOUT_MS
  await Promise.all(all.map(({connection}) => connection.call('CONFIG', 'SET', 'cluster-node-timeout', nodeTimeoutMs)))
  for (const {connection} of all) connection.close()
  return {
    nodes,
    primaries: [...nodes].slice(0, primaries),
    replicas: [...nodes].slice(primaries, count),
    spares: [...nodes].slice(count),
    ids: all.map(({id}) => id),
    entry: nodes.node(0).address,
    stop: () => nodes.stop(),
  }
}

/** Waits until these nodes tell the same story, know nobody else, are in state ok and their replicas follow. */
export async function untilClusterAgrees(nodes: Iterable<ServerNode>, timeoutMs = FORMING_LIMIT_MS): Promise<void> {
  const members = await Promise.all([...nodes].map(join))
  try {
    await untilStanding(members, timeoutMs)
  } finally {
    for (const {connection} of members) connection.close()
  }
}

/** What a node says in CLUSTER NODES. */
export async function clusterNodes(connection: RespConnection): Promise<NodeLine[]> {
  const lines = parseClusterNodes(String(await connection.call('CLUSTER', 'NODES')))
  if (lines === undefined) throw new Error('CLUSTER NODES cannot be read')
  return lines
}

/** All slots cut into `count` even ranges, as redis-cli gives them out. */
export function evenSlots(count: number): string[] {
  const firstOf = (index: number): number => Math.round((SLOT_COUNT / count) * index)
  return Array.from({length: count}, (_, index) => `${firstOf(index)}-${firstOf(index + 1) - 1}`)
}

async function join(node: ServerNode): Promise<Member> {
  const connection = await RespConnection.open(node)
  return {node, connection, id: String(await connection.call('CLUSTER', 'MYID'))}
}

async function form(members: readonly Member[], primaries: number, slots: readonly string[]): Promise<void> {
  await Promise.all(members.slice(0, primaries).map((member, index) => claim(member, index + 1, slots[index] ?? '')))
  await Promise.all(members.map((member, index) => meet(member, members.slice(index + 1))))
  const replicas = members.slice(primaries)
  const each = primaries === 0 ? 0 : replicas.length / primaries
  await Promise.all(replicas.map((replica, index) => follow(replica, members[Math.floor(index / each)]!)))
  await Promise.all(members.map((member) => shareNews(member, members)))
  await untilStanding(members, FORMING_LIMIT_MS)
}

async function claim({connection}: Member, epoch: number, slots: string): Promise<void> {
  await connection.call('CLUSTER', 'SET-CONFIG-EPOCH', epoch)
  const ranges = slots.split(' ').filter(Boolean)
  if (ranges.length === 0) return
  const ends = ranges.flatMap((range) => [range.split('-')[0]!, range.split('-').at(-1)!])
  await connection.call('CLUSTER', 'ADDSLOTSRANGE', ...ends)
}

async function meet({connection}: Member, others: readonly Member[]): Promise<void> {
  await connection.pipeline(others.map(({node}) => ['CLUSTER', 'MEET', node.host, node.port]))
}

async function follow({connection, node}: Member, primary: Member): Promise<void> {
  await until(() => connection.call('CLUSTER', 'REPLICATE', primary.id), {
    what: `${node.address} to know its primary ${primary.node.address}`,
  })
}

/** A MEET to a node that is already known makes the next cron tick send it our header: gossip without waiting for a ping. */
async function shareNews(member: Member, members: readonly Member[]): Promise<void> {
  const ids = members.map(({id}) => id)
  await until(
    async () => {
      const known = (await clusterNodes(member.connection)).filter(({flags}) => !flags.has('handshake'))
      return ids.every((id) => known.some((line) => line.id === id))
    },
    {timeoutMs: FORMING_LIMIT_MS, what: `${member.node.address} to know all ${members.length} nodes`},
  )
  await meet(
    member,
    members.filter((other) => other !== member),
  )
}

async function untilStanding(members: readonly Member[], timeoutMs: number): Promise<void> {
  let stories: string[] = []
  await until(
    async () => {
      stories = await Promise.all(members.map(async ({connection}) => story(await clusterNodes(connection))))
      if (new Set(stories).size !== 1 || stories[0]!.split('\n').length !== members.length) return false
      const states = await Promise.all(members.map(({connection}) => isReady(connection)))
      return states.every(Boolean)
    },
    {timeoutMs, what: `${members.length} nodes to agree and be ok; they say\n${[...new Set(stories)].join('\n--\n')}`},
  )
}

/** What must be the same in all accounts, in an order of its own. */
function story(lines: readonly NodeLine[]): string {
  return lines
    .map(({id, primaryId, slots, flags}) => `${id} ${primaryId ?? 'primary'} ${slots.toString()} ${health(flags)}`)
    .sort()
    .join('\n')
}

function health(flags: ReadonlySet<string>): string {
  return ['handshake', 'pfail', 'fail'].filter((flag) => flags.has(flag)).join(',')
}

/** A cluster without all its slots never gets ok, so a shape that leaves slots out is ready when its nodes agree. */
async function isReady(connection: RespConnection): Promise<boolean> {
  const [info, replication] = await Promise.all([
    connection.call('CLUSTER', 'INFO').then(fields),
    connection.call('INFO', 'replication').then(fields),
  ])
  const covered = info.get('cluster_slots_assigned') === String(SLOT_COUNT)
  const follows = replication.get('role') !== 'slave' || replication.get('master_link_status') === 'up'
  return follows && (!covered || info.get('cluster_state') === 'ok')
}

function fields(reply: RespValue): Map<string, string> {
  const pairs = String(reply)
    .split('\r\n')
    .filter((line) => line.includes(':'))
    .map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)])
  return new Map(pairs)
}
