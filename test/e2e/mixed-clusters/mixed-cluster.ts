/** Three engine nodes and three real ones, and whether all six tell the same story of their cluster. */
import {clusterNodes} from '../../support/quick-cluster.js'
import {type Flavour} from '../../support/installed-servers.js'
import {RespConnection, type RespValue} from '../../support/resp.js'
import {startNodes, type ServerNode, type ServerNodes} from '../../support/server-nodes.js'
import {until} from '../../support/until.js'

const NODE_TIMEOUT_MS = 2000
const AGREEMENT_MS = 30_000
const EACH = 3

/**
 * The kinds are on addresses of their own: whoever creates a cluster then alternates them and gives each primary a replica of the
 * other kind, as it would spread them over two machines.
 */
const HOST = {engine: '127.0.0.1', real: '127.0.0.2'} as const

export type Kind = keyof typeof HOST

export class MixedNodes {
  readonly engine: ServerNodes
  readonly real: ServerNodes

  private constructor(engine: ServerNodes, real: ServerNodes) {
    this.engine = engine
    this.real = real
  }

  static async start(flavour: Flavour): Promise<MixedNodes> {
    const config = {'cluster-node-timeout': NODE_TIMEOUT_MS, 'repl-diskless-sync-delay': 0}
    const [engine, real] = await Promise.all([
      startNodes('engine', EACH, {host: HOST.engine, config}),
      startNodes(flavour, EACH, {host: HOST.real, config}),
    ])
    return new MixedNodes(engine, real)
  }

  get all(): readonly ServerNode[] {
    return [...this.engine, ...this.real]
  }

  /** Those that have not been killed for good. */
  get alive(): readonly ServerNode[] {
    return this.all.filter(({process}) => process.exitCode === null && process.signalCode === null)
  }

  get addresses(): string[] {
    return this.all.map(({address}) => address)
  }

  kindOf(node: ServerNode): Kind {
    return node.host === HOST.engine ? 'engine' : 'real'
  }

  async kill(node: ServerNode): Promise<void> {
    const {fleet, index} = this.#find(node)
    await fleet.kill(index)
  }

  restart(node: ServerNode): Promise<ServerNode> {
    const {fleet, index} = this.#find(node)
    return fleet.restart(index)
  }

  #find(node: ServerNode): {fleet: ServerNodes; index: number} {
    const fleet = this.kindOf(node) === 'engine' ? this.engine : this.real
    return {fleet, index: [...fleet].findIndex(({port}) => port === node.port)}
  }
}

/** One node as all nodes of its cluster must see it. */
export interface SeenNode {
  readonly node: ServerNode
  readonly id: string
  readonly primaryId: string | null
  readonly configEpoch: number
  readonly slots: string
}

/** Every replica beside its primary. */
export function pairsOf(seen: readonly SeenNode[]): (readonly [replica: SeenNode, primary: SeenNode])[] {
  return seen
    .filter(({primaryId}) => primaryId !== null)
    .map((replica) => [replica, seen.find(({id}) => id === replica.primaryId)!] as const)
}

/**
 * Waits until CLUSTER NODES, CLUSTER SLOTS and CLUSTER SHARDS say the same on all of these nodes (ids, addresses, roles, slots,
 * epochs), every node is in state ok and every replica is linked to its primary. @returns what they agree upon
 */
export async function untilAllAgree(nodes: readonly ServerNode[]): Promise<readonly SeenNode[]> {
  const connections = await Promise.all(nodes.map((node) => RespConnection.open(node)))
  let stories: readonly string[] = []
  try {
    await until(
      async () => {
        stories = await Promise.all(connections.map(story))
        if (new Set(stories).size > 1 || /fail|handshake|nobody/.test(stories[0]!)) return false
        return (await Promise.all(connections.map(isWell))).every(Boolean)
      },
      {timeoutMs: AGREEMENT_MS, what: 'all nodes to agree'},
    )
    return await seenNodes(connections[0]!, nodes)
  } catch (error) {
    const said = nodes.map(({address}, index) => `-- ${address}\n${stories[index]}`)
    throw new Error(`${String(error)}\n${said.join('\n')}`, {cause: error})
  } finally {
    for (const connection of connections) connection.close()
  }
}

async function seenNodes(connection: RespConnection, nodes: readonly ServerNode[]): Promise<SeenNode[]> {
  return (await clusterNodes(connection)).map(({id, primaryId, configEpoch, slots, address}) => ({
    node: nodes.find(({host, port}) => host === address.host && port === address.port)!,
    ...{id, primaryId, configEpoch, slots: slots.toString()},
  }))
}

/** What must not depend on who is asked. */
async function story(connection: RespConnection): Promise<string> {
  const [lines, slots, shards] = [
    await clusterNodes(connection),
    (await connection.call('CLUSTER', 'SLOTS')) as RespValue[][],
    (await connection.call('CLUSTER', 'SHARDS')) as RespValue[][],
  ]
  const seen = lines.map(
    ({id, address: {host, port, busPort, hostname}, flags, primaryId, configEpoch, slots: own}) => {
      const words = [...flags].filter((flag) => flag !== 'myself').sort()
      return [id, host, port, busPort, hostname ?? '', words, primaryId ?? '-', configEpoch, own].join(' ')
    },
  )
  const ranges = slots.map(([from, to, primary, ...replicas]) =>
    [from, to, primary, replicas.map(String).sort()].join(),
  )
  return [...seen.sort(), ...ranges.sort(), ...shards.map(shardStory).sort()].join('\n')
}

/** Without offsets, which grow, and without Valkey's ids of shards, which Redis 7.0 does not tell anybody. */
function shardStory(shard: RespValue[]): string {
  const {slots, nodes} = record(shard) as {slots: RespValue[]; nodes: RespValue[][]}
  const members = nodes.map((node) => {
    const {id, ip, port, role, health} = record(node)
    return [id, ip, port, role, health].map(String).join(' ')
  })
  return `shard ${slots.join()} of ${members.sort().join(', ') || 'nobody'}`
}

function record(flat: readonly RespValue[]): Record<string, RespValue> {
  const pairs = flat.flatMap((name, at) => (at % 2 === 0 ? [[String(name), flat[at + 1]!] as const] : []))
  return Object.fromEntries(pairs)
}

async function isWell(connection: RespConnection): Promise<boolean> {
  const info = String(await connection.call('CLUSTER', 'INFO'))
  if (!info.includes('cluster_state:ok')) return false
  const replication = String(await connection.call('INFO', 'replication'))
  return !replication.includes('role:slave') || replication.includes('master_link_status:up')
}

/** Waits until this node holds what its primary holds, to the byte of the stream and to the last value. */
export async function untilInSync(replica: ServerNode, primary: ServerNode): Promise<void> {
  const [here, there] = await Promise.all([RespConnection.open(replica), RespConnection.open(primary)])
  try {
    await until(
      async () => {
        const [done, sent] = await Promise.all([offsetOf(here), offsetOf(there)])
        if (done !== sent) return false
        const [mine, theirs] = await Promise.all([here.call('DEBUG', 'DIGEST'), there.call('DEBUG', 'DIGEST')])
        return mine === theirs
      },
      {timeoutMs: AGREEMENT_MS, what: `${replica.address} to hold all that ${primary.address} holds`},
    )
  } finally {
    here.close()
    there.close()
  }
}

/** How far the stream has come that a node sends or receives. */
async function offsetOf(connection: RespConnection): Promise<number> {
  const info = String(await connection.call('INFO', 'replication'))
  return Number(/^(?:slave|master)_repl_offset:(\d+)/m.exec(info)?.[1])
}
