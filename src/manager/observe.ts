/** Asks every node for its own account: the only way in which the manager looks at a cluster. */
import {AccountReader} from '../model/account-reader.js'
import {FieldLines} from '../model/field-lines.js'
import {formatAddress, sameAddress, type Address} from '../model/address.js'
import type {NodeLine} from '../model/cluster-nodes.js'
import type {NodeId} from '../model/node-id.js'
import type {SlotId} from '../model/slot.js'
import {SlotSet} from '../model/slot-set.js'
import {arrivingSlots} from './arriving-slots.js'
import {doubtfulSlots} from './check/doubtful-slots.js'
import {ManagerError, toManagerError} from './error.js'
import type {NodeClient, NodePool, Reply} from './ports.js'
import {textReply, unexpected} from './reply.js'
import {countKeysInSlots} from './slot-counts.js'
import type {ClusterView, SilentNode} from './view/cluster-view.js'
import type {FreshNode} from './view/fresh-node.js'
import {distinctLines} from './view/lines.js'
import type {NodeView} from './view/node-view.js'
import {serverFacts} from './view/server-facts.js'

/**
 * How many nodes are asked side by side: far more than a round trip needs, and few enough that neither handshakes nor replies of
 * a large cluster pile up.
 */
const NODES_AT_ONCE = 128

const QUESTIONS_WORTH_LINES = 1_000
/** Slots that are asked for in one write: each write has the whole time of a command to be answered. */
const SLOTS_AT_ONCE = 2_048
/** Each is asked 16384 questions: with hundreds of nodes all answers together would come too late to be read in time. */
const NODES_COUNTED_AT_ONCE = 16

/**
 * The cluster as its nodes tell it. Entered through the first of `entries` that answers; every node that this one names is
 * then asked for its own account, NODES_AT_ONCE side by side, and so is everyone whom only those name: the entry may have
 * forgotten a node that serves slots. Who does not answer is listed as silent.
 * @param onDeadEntry told about each entry that was tried in vain before another one answered
 * @throws ManagerError when no entry answers, or the one that does is not part of a cluster
 */
export async function observe(
  pool: NodePool,
  entries: readonly Address[],
  onDeadEntry: (error: ManagerError) => void = () => undefined,
): Promise<ClusterView> {
  const reader = new AccountReader()
  const {entry, first} = await enter(pool, entries, onDeadEntry, reader)
  const nodes = [first]
  const silent: SilentNode[] = []
  const named = new Set([first.id])
  for (let unasked = first.peers; unasked.length > 0;) {
    for (const {id} of unasked) named.add(id)
    const answers = await askPeers(pool, unasked, reader)
    const views = answers.filter((answer): answer is NodeView => 'peers' in answer)
    nodes.push(...views)
    silent.push(...answers.filter((answer): answer is SilentNode => 'error' in answer))
    unasked = strangersIn(views, named)
  }
  const view: ClusterView = {entry, nodes, silent, keysInSlot: new Map()}
  return {...view, keysInSlot: await countKeys(pool, view, doubtfulSlots(view))}
}

/** Nodes of which these speak and whom nobody has named before; a handshake has no id of its own yet. */
function strangersIn(views: readonly NodeView[], named: ReadonlySet<NodeId>): NodeLine[] {
  const strangers = new Map<NodeId, NodeLine>()
  for (const line of distinctLines(views)) {
    if (named.has(line.id) || line.flags.has('handshake')) continue
    // Who still has an address for it is of more use.
    if (strangers.get(line.id)?.flags.has('noaddr') ?? true) strangers.set(line.id, line)
  }
  return [...strangers.values()]
}

/** The view of one node, by its own account alone: nobody else is asked. @throws ManagerError as `observe` does */
export async function observeOne(
  pool: NodePool,
  entries: readonly Address[],
  onDeadEntry: (error: ManagerError) => void = () => undefined,
): Promise<ClusterView> {
  const {entry, first} = await enter(pool, entries, onDeadEntry, new AccountReader())
  return {entry, nodes: [first], silent: [], keysInSlot: new Map()}
}

/**
 * A node's own account.
 * @param reader of all accounts that are looked at together: it reads what they have in common once
 * @throws ManagerError `not-a-cluster-node` when cluster mode is off there
 */
export async function readNode(client: NodeClient, reader = new AccountReader()): Promise<NodeView> {
  const [infoReply, nodesReply, clusterReply] = await client.pipeline([
    ['INFO'],
    ['CLUSTER', 'NODES'],
    ['CLUSTER', 'INFO'],
  ])
  const info = new FieldLines(textReply(infoReply!, client))
  if (info.get('cluster_enabled') !== '1') throw notAClusterNode(client, info)
  const lines = reader.read(textReply(nodesReply!, client))
  const line = lines?.find((each) => each.flags.has('myself'))
  if (lines === undefined || line === undefined) throw unexpected(client)
  const cluster = new FieldLines(textReply(clusterReply!, client))
  return {
    address: {...client.address, busPort: line.address.busPort, hostname: line.address.hostname},
    id: line.id,
    line,
    peers: lines.filter((each) => each !== line),
    currentEpoch: Number(cluster.get('cluster_current_epoch') ?? 0),
    clusterOk: cluster.get('cluster_state') === 'ok',
    server: serverFacts(info),
  }
}

/** A node that is to join a cluster, with what only matters then. */
export async function observeFresh(pool: NodePool, address: Address): Promise<FreshNode> {
  const client = await pool.connect(address)
  const view = await readNode(client)
  const {busPort} = view.address
  const [[timeout, delay, functions], bus] = await Promise.all([
    client.pipeline([
      ['CONFIG', 'GET', 'cluster-node-timeout'],
      ['CONFIG', 'GET', 'repl-diskless-sync-delay'],
      ['FUNCTION', 'LIST'],
    ]),
    busPort === 0 ? Promise.resolve('unknown' as const) : pool.probe(address.host, busPort),
  ])
  return {
    view,
    nodeTimeoutMs: configNumber(timeout),
    syncDelayS: configNumber(delay),
    busPort: bus,
    hasFunctions: Array.isArray(functions) && functions.length > 0,
  }
}

/** The same view with the keys of all slots counted on every node: 16384 questions to each, in one write. */
export async function withAllKeyCounts(pool: NodePool, view: ClusterView): Promise<ClusterView> {
  return {...view, keysInSlot: await countKeys(pool, view, SlotSet.ALL)}
}

/** Keys of `slots` on every node that answered, database 0 and, where the server has more, all others; without what is arriving. */
export async function countKeys(
  pool: NodePool,
  view: ClusterView,
  slots: SlotSet,
): Promise<ReadonlyMap<SlotId, ReadonlyMap<NodeId, number>>> {
  const counts = new Map<SlotId, Map<NodeId, number>>()
  if (slots.size === 0) return counts
  const list = [...slots]
  for (const slot of list) counts.set(slot, new Map())
  // A node that loads its data answers INFO, but not this.
  const todo = view.nodes.filter((node) => !node.server.loading)
  const counter = async (): Promise<void> => {
    for (let node = todo.shift(); node !== undefined; node = todo.shift()) {
      const perSlot = await countOnNode(pool, node, list)
      for (const [index, slot] of list.entries()) counts.get(slot)!.set(node.id, perSlot[index]!)
    }
  }
  await Promise.all(Array.from({length: Math.min(NODES_COUNTED_AT_ONCE, todo.length)}, counter))
  return counts
}

/** A connection that has this database selected; one of its own for each `channel`. */
export async function connectDatabase(
  pool: NodePool,
  address: Address,
  database: number,
  channel = '',
): Promise<NodeClient> {
  if (database === 0) return pool.connect(address, channel)
  const client = await pool.connect(address, `${channel} database ${database}`)
  await client.call(['SELECT', database])
  return client
}

/** The value of a CONFIG GET; `null` when the node does not tell. */
function configNumber(reply: Reply | Error | undefined): number | null {
  const value = Array.isArray(reply) ? Number(reply[1]) : NaN
  return Number.isFinite(value) ? value : null
}

async function countOnNode(pool: NodePool, node: NodeView, slots: readonly SlotId[]): Promise<number[]> {
  const totals = new Array<number>(slots.length).fill(0)
  const databases = new Set([0, ...node.server.keysByDatabase.keys()])
  for (const database of databases) {
    const client = await connectCounter(pool, node.address, database, slots.length)
    for (let first = 0; first < slots.length; first += SLOTS_AT_ONCE) {
      const counts = await countKeysInSlots(client, slots.slice(first, first + SLOTS_AT_ONCE))
      counts.forEach((keys, index) => (totals[first + index]! += keys))
    }
  }
  return withoutArriving(pool, node, slots, totals)
}

/** Keys that an atomic move is bringing are nobody's business before it ends: in the wrong place they are not. */
async function withoutArriving(
  pool: NodePool,
  node: NodeView,
  slots: readonly SlotId[],
  totals: readonly number[],
): Promise<number[]> {
  const {line, server} = node
  const isForeign = (slot: SlotId, index: number): boolean =>
    totals[index]! > 0 && line.primaryId === null && !line.slots.has(slot) && !line.importing.has(slot)
  if (!slots.some(isForeign)) return [...totals]
  const arriving = await arrivingSlots(await pool.connect(node.address), server.capabilities)
  return totals.map((keys, index) => (arriving.has(slots[index]!) ? 0 : keys))
}

/** A connection of its own pays for itself only where there are many questions (docs/adr/0013). */
async function connectCounter(
  pool: NodePool,
  address: Address,
  database: number,
  questions: number,
): Promise<NodeClient> {
  if (questions < QUESTIONS_WORTH_LINES) return connectDatabase(pool, address, database)
  const client = await pool.connectLines(address, `counter ${database}`)
  if (database !== 0) await client.call(['SELECT', database])
  return client
}

async function enter(
  pool: NodePool,
  entries: readonly Address[],
  onDeadEntry: (error: ManagerError) => void,
  reader: AccountReader,
): Promise<{entry: Address; first: NodeView}> {
  const failures: ManagerError[] = []
  for (const entry of entries) {
    try {
      const first = await readNode(await pool.connectLines(entry), reader)
      failures.forEach(onDeadEntry)
      return {entry, first}
    } catch (error) {
      failures.push(toManagerError(error))
    }
  }
  throw failures[0]!
}

/** In the order of the lines. */
async function askPeers(
  pool: NodePool,
  lines: readonly NodeLine[],
  reader: AccountReader,
): Promise<(NodeView | SilentNode)[]> {
  const answers = new Array<NodeView | SilentNode>(lines.length)
  let next = 0
  const ask = async (): Promise<void> => {
    while (next < lines.length) {
      const index = next++
      answers[index] = await askPeer(pool, lines[index]!, reader)
    }
  }
  await Promise.all(Array.from({length: Math.min(NODES_AT_ONCE, lines.length)}, ask))
  return answers
}

async function askPeer(pool: NodePool, line: NodeLine, reader: AccountReader): Promise<NodeView | SilentNode> {
  try {
    if (line.flags.has('handshake')) throw new ManagerError('unreachable', 'is still in handshake with the cluster')
    if (line.flags.has('noaddr') || line.address.port === 0) {
      throw new ManagerError('unreachable', 'has no address that the cluster knows of')
    }
    const view = await readNode(await connectAnnounced((address) => pool.connectLines(address), line.address), reader)
    if (view.id === line.id) return view
    throw new ManagerError('unreachable', `another node (${view.id}) answers at the address of ${line.id}`, {
      node: formatAddress(line.address),
      hint: 'an address was given to a new node while the cluster still knows the old one',
    })
  } catch (error) {
    const {code, message, node, hint} = toManagerError(error)
    return {line, error: {code, message, node, hint}}
  }
}

/** The announced IP address first; the announced host name when that leads nowhere. */
export async function connectAnnounced(
  connect: (address: Address) => Promise<NodeClient>,
  announced: Address,
): Promise<NodeClient> {
  const byName = {...announced, host: announced.hostname}
  if (announced.host === '' && announced.hostname === '') {
    throw new ManagerError('unreachable', 'has no address that the cluster knows of')
  }
  if (announced.host === '') return connect(byName)
  try {
    return await connect(announced)
  } catch (error) {
    if (announced.hostname === '' || sameAddress(byName, announced)) throw error
    return connect(byName)
  }
}

function notAClusterNode(client: NodeClient, info: FieldLines): ManagerError {
  const isSentinel = info.get('redis_mode') === 'sentinel' || info.get('server_mode') === 'sentinel'
  return new ManagerError('not-a-cluster-node', isSentinel ? 'is a Sentinel' : 'is not configured as a cluster node', {
    node: formatAddress(client.address),
    hint: isSentinel ? 'give the address of a cluster node' : 'start it with `cluster-enabled yes`',
  })
}
