/** Clusters made to measure: what the nodes would say (ClusterView), what follows from it (Topology), and nodes that stand alone. */
import {address, type Address} from '../../src/model/address.js'
import type {NodeLine} from '../../src/model/cluster-nodes.js'
import type {NodeFlag} from '../../src/model/node-flags.js'
import type {NodeId} from '../../src/model/node-id.js'
import {SLOT_COUNT, type SlotId} from '../../src/model/slot.js'
import {SlotSet} from '../../src/model/slot-set.js'
import type {ErrorInfo} from '../../src/manager/error-info.js'
import {capabilitiesOf} from '../../src/manager/view/capability.js'
import type {ClusterView} from '../../src/manager/view/cluster-view.js'
import type {FreshNode} from '../../src/manager/view/fresh-node.js'
import type {NodeView, ServerFacts} from '../../src/manager/view/node-view.js'
import {toTopology, type Topology} from '../../src/manager/view/topology.js'

/** A cluster in a few words: `{primaries: 3, replicasEach: 1}`. */
export interface Shape {
  readonly primaries: number
  /** Default 0. */
  readonly replicasEach?: number
  /** The nodes go round this many hosts in turn, primaries first; by default each has a host of its own. */
  readonly hosts?: number
  /** One text per primary, '' for none; by default all slots, evenly, as redis-cli gives them out. */
  readonly slots?: readonly string[]
  /** Keys in database 0 of each primary (its replicas have the same); default 0. */
  readonly keys?: readonly number[]
  /** Default redis. */
  readonly product?: 'redis' | 'valkey'
  /** Default 7.0.15, for Valkey 9.1.2. */
  readonly version?: string
}

/** One thing that is different from the healthy cluster. */
export type ViewChange = (view: ClusterView) => ClusterView

/** Id of the primary with this index: `a0000000…`, `a0000001…`. */
export function primaryId(index: number): NodeId {
  return `a${index.toString(16).padStart(7, '0')}`.padEnd(40, '0')
}

/** Id of a replica by its primary's index and its own: `b0000000…`, `b0000001…`, `b0001000…`. */
export function replicaId(primary: number, index = 0): NodeId {
  return `b${primary.toString(16).padStart(4, '0')}${index.toString(16).padStart(3, '0')}`.padEnd(40, '0')
}

/** Id of a node that stands alone: `c0000000…`. */
export function freshId(index: number): NodeId {
  return `c${index.toString(16).padStart(7, '0')}`.padEnd(40, '0')
}

/** Nodes of a healthy cluster live at 10.0.0.HOST:PORT; hosts count from 1, ports from 7001. */
export function addressOf(index: number, hosts: number): Address {
  return address(`10.0.0.${(index % hosts) + 1}`, 7001 + index, 17_001 + index)
}

export function topologyOf(shape: Shape, ...changes: readonly ViewChange[]): Topology {
  return toTopology(clusterViewOf(shape, ...changes))
}

/** All nodes answer and agree; the first primary is the entry. Then the changes, in order. */
export function clusterViewOf(shape: Shape, ...changes: readonly ViewChange[]): ClusterView {
  const lines = linesOf(shape)
  const server = (line: NodeLine): Partial<ServerFacts> => {
    const keys = shape.keys?.[primaryIndex(line)] ?? 0
    return {
      product: shape.product ?? 'redis',
      version: shape.version ?? (shape.product === 'valkey' ? '9.1.2' : '7.0.15'),
      keysByDatabase: keys === 0 ? new Map() : new Map([[0, keys]]),
    }
  }
  const nodes = lines.map((line) => {
    const peers = lines.filter((other) => other.id !== line.id)
    return nodeView({line, peers, currentEpoch: shape.primaries, server: server(line)})
  })
  const view: ClusterView = {entry: nodes[0]!.address, nodes, silent: [], keysInSlot: new Map()}
  return changes.reduce((changed, change) => change(changed), view)
}

/** A node's line as others print it; `myself` is added by nodeView(). */
export function nodeLine(line: Partial<NodeLine> & Pick<NodeLine, 'id'>): NodeLine {
  const isReplica = line.primaryId !== undefined && line.primaryId !== null
  return {
    address: addressOf(0, 1),
    flags: new Set<NodeFlag>([isReplica ? 'replica' : 'primary']),
    primaryId: null,
    configEpoch: 0,
    linkConnected: true,
    slots: SlotSet.EMPTY,
    migrating: new Map(),
    importing: new Map(),
    ...line,
  }
}

export interface NodeViewParts {
  readonly line: Partial<NodeLine> & Pick<NodeLine, 'id'>
  readonly peers?: readonly NodeLine[]
  readonly currentEpoch?: number
  readonly clusterOk?: boolean
  readonly server?: Partial<ServerFacts>
}

/** One node's account; what is not told is what a healthy Redis 7.0.15 without keys would say. */
export function nodeView(parts: NodeViewParts): NodeView {
  const bare = nodeLine(parts.line)
  const line: NodeLine = {...bare, flags: new Set<NodeFlag>(['myself', ...bare.flags])}
  return {
    address: line.address,
    id: line.id,
    line,
    peers: parts.peers ?? [],
    currentEpoch: parts.currentEpoch ?? line.configEpoch,
    clusterOk: parts.clusterOk ?? true,
    server: serverFacts({primaryLinkUp: line.flags.has('replica') ? true : null, ...parts.server}),
  }
}

export function serverFacts(facts: Partial<ServerFacts> = {}): ServerFacts {
  const product = facts.product ?? 'redis'
  const version = facts.version ?? '7.0.15'
  return {
    product,
    version,
    capabilities: capabilitiesOf(product, version),
    keysByDatabase: new Map(),
    loading: false,
    replOffset: 1000,
    primaryLinkUp: null,
    syncLeftBytes: null,
    savingS: null,
    usedMemoryBytes: 2_000_000,
    maxMemoryBytes: 0,
    ...facts,
  }
}

export interface FreshParts {
  readonly host?: string
  readonly port?: number
  readonly line?: Partial<NodeLine>
  readonly peers?: readonly NodeLine[]
  readonly currentEpoch?: number
  readonly server?: Partial<ServerFacts>
  /** Default 15000. */
  readonly nodeTimeoutMs?: number | null
  readonly syncDelayS?: number | null
  /** Default open. */
  readonly busPort?: FreshNode['busPort']
  readonly hasFunctions?: boolean
}

/** An empty node that knows nobody: id freshId(index), at 10.0.1.1:8001 and so on unless told otherwise. */
export function freshNode(index: number, parts: FreshParts = {}): FreshNode {
  const port = parts.port ?? 8001 + index
  const line = {id: freshId(index), address: address(parts.host ?? '10.0.1.1', port, port + 10_000), ...parts.line}
  const {peers = [], currentEpoch = 0, server = {}} = parts
  return {
    view: nodeView({line, peers, currentEpoch, clusterOk: false, server}),
    nodeTimeoutMs: parts.nodeTimeoutMs === undefined ? 15_000 : parts.nodeTimeoutMs,
    syncDelayS: parts.syncDelayS ?? null,
    busPort: parts.busPort ?? 'open',
    hasFunctions: parts.hasFunctions ?? false,
  }
}

/** Fresh nodes by their hosts, in order: `freshNodes('h1', 'h1', 'h2')`; ports count up from 8001. */
export function freshNodes(...hosts: readonly string[]): FreshNode[] {
  return hosts.map((host, index) => freshNode(index, {host}))
}

/** This node's account, put through `change`; the others' accounts of it stay as they are. */
export function changedNode(id: NodeId, change: (node: NodeView) => NodeView): ViewChange {
  return (view) => ({...view, nodes: view.nodes.map((node) => (node.id === id ? change(node) : node))})
}

/** This node's own line, put through `change`. */
export function changedLine(id: NodeId, change: (line: NodeLine) => NodeLine): ViewChange {
  return changedNode(id, (node) => ({...node, line: change(node.line)}))
}

/** What `by` says of `id`, put through `change`. */
export function changedPeer(by: NodeId, id: NodeId, change: (line: NodeLine) => NodeLine): ViewChange {
  return changedNode(by, (node) => ({...node, peers: node.peers.map((line) => (line.id === id ? change(line) : line))}))
}

export function changedServer(id: NodeId, facts: Partial<ServerFacts>): ViewChange {
  return changedNode(id, (node) => ({...node, server: {...node.server, ...facts}}))
}

/** The slot stands half-way on `node`, on its way to `target`. */
export function migrating(slot: SlotId, node: NodeId, target: NodeId): ViewChange {
  return changedLine(node, (line) => ({...line, migrating: new Map([...line.migrating, [slot, target]])}))
}

/** The slot stands half-way on `node`, on its way from `source`. */
export function importing(slot: SlotId, node: NodeId, source: NodeId): ViewChange {
  return changedLine(node, (line) => ({...line, importing: new Map([...line.importing, [slot, source]])}))
}

/** `node` holds this many keys of a doubtful slot. */
export function holding(slot: SlotId, node: NodeId, keys: number): ViewChange {
  return (view) => {
    const counts = new Map([...(view.keysInSlot.get(slot) ?? []), [node, keys]])
    return {...view, keysInSlot: new Map([...view.keysInSlot, [slot, counts]])}
  }
}

const CONNECTION_REFUSED: ErrorInfo = {
  code: 'unreachable',
  message: 'connection refused',
  node: undefined,
  hint: undefined,
}

/** The node does not answer. With `failed`, the others have agreed that it is down. Must not be the entry. */
export function silent(id: NodeId, {failed = true}: {readonly failed?: boolean} = {}): ViewChange {
  return (view) => {
    const flag: NodeFlag = failed ? 'fail' : 'pfail'
    const down = (line: NodeLine): NodeLine =>
      line.id === id ? {...line, flags: new Set<NodeFlag>([...line.flags, flag]), linkConnected: false} : line
    const nodes = view.nodes.filter((node) => node.id !== id).map((node) => ({...node, peers: node.peers.map(down)}))
    const line = nodes[0]!.peers.find((peer) => peer.id === id)!
    return {...view, nodes, silent: [...view.silent, {line, error: CONNECTION_REFUSED}]}
  }
}

/** The slots belong to nobody any more, and every node says so. */
export function uncovered(slots: string): ViewChange {
  const lost = SlotSet.parse(slots)!
  const without = (line: NodeLine): NodeLine => ({...line, slots: line.slots.minus(lost)})
  return (view) => ({
    ...view,
    nodes: view.nodes.map((node) => ({...node, line: without(node.line), peers: node.peers.map(without)})),
  })
}

/** "0-5460" and so on: all slots over `count` primaries, as redis-cli gives them out. */
export function evenSlots(count: number): string[] {
  const start = (index: number): number => Math.round((index * SLOT_COUNT) / count)
  return Array.from({length: count}, (_, index) => `${start(index)}-${start(index + 1) - 1}`)
}

function linesOf(shape: Shape): NodeLine[] {
  const {primaries, replicasEach = 0} = shape
  const slots = shape.slots ?? evenSlots(primaries)
  const hosts = shape.hosts ?? primaries * (1 + replicasEach)
  const lines = Array.from({length: primaries}, (_, index) =>
    nodeLine({
      id: primaryId(index),
      address: addressOf(index, hosts),
      configEpoch: index + 1,
      slots: SlotSet.parse(slots[index] ?? '')!,
    }),
  )
  for (let primary = 0; primary < primaries; primary++) {
    for (let index = 0; index < replicasEach; index++) {
      const id = replicaId(primary, index)
      const where = addressOf(lines.length, hosts)
      lines.push(nodeLine({id, address: where, primaryId: primaryId(primary), configEpoch: primary + 1}))
    }
  }
  return lines
}

/** Which primary a node belongs to: itself, or the one that it replicates. */
function primaryIndex(line: NodeLine): number {
  return Number.parseInt((line.primaryId ?? line.id).slice(1, 8), 16)
}
