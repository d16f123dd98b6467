/** How the cluster of a round stands, asked of every server and without tscluster's help. */
import {setTimeout as sleep} from 'node:timers/promises'
import type {NodeLine} from '../../src/model/cluster-nodes.js'
import {SlotSet} from '../../src/model/slot-set.js'
import {SLOT_COUNT} from '../../src/model/slot.js'
import {clusterNodes} from '../../test/support/quick-cluster.js'
import {RespConnection} from '../../test/support/resp.js'
import type {ServerNode} from '../../test/support/server-nodes.js'

export interface Standing {
  /** `5 slots migrating on 127.0.0.1:7000`. */
  readonly open: readonly string[]
  /** All else that an operator would have to see to. */
  readonly troubles: readonly string[]
}

/** Gossip, elections and replicas that copy may be behind by this much when a tool says that it is done. */
const SETTLE_MS = 10_000
const LOOK_EVERY_MS = 50
const ANSWER_MS = 2000

interface Witness {
  readonly address: string
  readonly self: NodeLine
  readonly lines: readonly NodeLine[]
  readonly info: string
  readonly replication: string
  readonly nodeTimeoutMs: number
}

export function isClean({open, troubles}: Standing): boolean {
  return open.length === 0 && troubles.length === 0
}

/**
 * Members of the cluster are the servers that know others or own slots; a server that is alone is none of its business. When
 * nobody is a member there is no cluster, which is clean: so `abort` leaves a create.
 */
async function standingOf(nodes: Iterable<ServerNode>, nodeTimeoutMs: number | undefined): Promise<Standing> {
  const accounts = await Promise.all([...nodes].map(witness))
  const silent = accounts.filter((account) => typeof account === 'string')
  const witnesses = accounts.filter((account) => typeof account !== 'string')
  const members = witnesses.filter(({lines, self}) => lines.length > 1 || self.slots.size > 0)
  return {
    open: members.flatMap(openMarks),
    troubles: [
      ...silent,
      ...strangers(members),
      ...disagreement(members),
      ...(members.length > 0 ? uncovered(members) : []),
      ...members.flatMap(ownTroubles),
      ...witnesses
        .filter((each) => nodeTimeoutMs !== undefined && each.nodeTimeoutMs !== nodeTimeoutMs)
        .map(leftTimeout),
    ],
  }
}

/**
 * As it is as soon as it is clean, or when gossip has had its time.
 * @param nodeTimeoutMs what cluster-node-timeout must be; `undefined` where that is open
 */
export async function settledStanding(
  nodes: Iterable<ServerNode>,
  nodeTimeoutMs: number | undefined,
): Promise<Standing> {
  const deadline = performance.now() + SETTLE_MS
  for (;;) {
    const standing = await standingOf(nodes, nodeTimeoutMs)
    if (isClean(standing) || performance.now() > deadline) return standing
    await sleep(LOOK_EVERY_MS)
  }
}

/** Whether any two of them know each other. */
export async function hasCluster(nodes: Iterable<ServerNode>): Promise<boolean> {
  const accounts = await Promise.all([...nodes].map(witness))
  return accounts.some((account) => typeof account !== 'string' && account.lines.length > 1)
}

async function witness(node: ServerNode): Promise<Witness | string> {
  const connection = await RespConnection.open(node, ANSWER_MS).catch(() => undefined)
  if (connection === undefined) return `${node.address} does not answer`
  try {
    const lines = await clusterNodes(connection)
    const self = lines.find(({flags}) => flags.has('myself'))!
    const info = String(await connection.call('CLUSTER', 'INFO'))
    const replication = String(await connection.call('INFO', 'replication'))
    const [, timeout] = (await connection.call('CONFIG', 'GET', 'cluster-node-timeout')) as string[]
    return {address: node.address, self, lines, info, replication, nodeTimeoutMs: Number(timeout)}
  } catch (error) {
    return `${node.address} ${error instanceof Error ? error.message : String(error)}`
  } finally {
    connection.close()
  }
}

function openMarks({address, self: {migrating, importing}}: Witness): string[] {
  return [
    ...(migrating.size > 0 ? [`${SlotSet.of(migrating.keys())} migrating on ${address}`] : []),
    ...(importing.size > 0 ? [`${SlotSet.of(importing.keys())} importing on ${address}`] : []),
  ]
}

/** Nodes that a member knows and that are no members: half added, half forgotten. */
function strangers(members: readonly Witness[]): string[] {
  const ids = new Set(members.map(({self}) => self.id))
  return members.flatMap(({address, lines}) =>
    lines.filter(({id}) => !ids.has(id)).map(({id}) => `${address} knows ${id.slice(0, 8)}, which is not a member`),
  )
}

function disagreement(members: readonly Witness[]): string[] {
  const stories = new Set(members.map(({lines}) => lines.map(storyOf).sort().join('\n')))
  return stories.size > 1 ? [`the members tell ${stories.size} different stories`] : []
}

function leftTimeout({address, nodeTimeoutMs}: Witness): string {
  return `${address} was left with a cluster-node-timeout of ${nodeTimeoutMs} ms`
}

function storyOf({id, primaryId, slots}: NodeLine): string {
  return `${id} ${primaryId ?? 'primary'} ${slots}`
}

function uncovered(members: readonly Witness[]): string[] {
  const claims = members.map(({self}) => (self.primaryId === null ? self.slots : SlotSet.EMPTY))
  const covered = claims.reduce((all, slots) => all.union(slots), SlotSet.EMPTY)
  const claimed = claims.reduce((sum, {size}) => sum + size, 0)
  return [
    ...(covered.size < SLOT_COUNT ? [`${SlotSet.ALL.minus(covered)} owned by nobody`] : []),
    ...(claimed > covered.size ? [`${claimed - covered.size} slots claimed more than once`] : []),
  ]
}

function ownTroubles({address, lines, info, replication, self}: Witness): string[] {
  const bad = lines.filter(({flags}) =>
    (['fail', 'pfail', 'handshake', 'noaddr'] as const).some((flag) => flags.has(flag)),
  )
  return [
    ...bad.map(({id, flags}) => `${address} says ${[...flags].join(',')} of ${id.slice(0, 8)}`),
    ...(info.includes('cluster_state:ok') ? [] : [`${address} is not in state ok`]),
    ...(self.primaryId !== null && !replication.includes('master_link_status:up')
      ? [`${address} does not follow its primary`]
      : []),
  ]
}
