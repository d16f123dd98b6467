/** The one agreed picture: all that a planner reads. */
import type {Address} from '../../model/address.js'
import type {NodeLine} from '../../model/cluster-nodes.js'
import {fingerprint} from '../../model/fingerprint.js'
import type {NodeId} from '../../model/node-id.js'
import {SLOT_COUNT, type SlotId} from '../../model/slot.js'
import {SlotSet} from '../../model/slot-set.js'
import type {Capability} from './capability.js'
import type {ClusterView} from './cluster-view.js'
import {keyCount, type NodeView, type ServerFacts} from './node-view.js'

/** A node that answered, by its own account. */
export interface TopologyNode {
  readonly id: NodeId
  readonly address: Address
  readonly role: 'primary' | 'replica'
  /** `null` for a primary. */
  readonly primaryId: NodeId | null
  /** Empty for a replica. */
  readonly slots: SlotSet
  readonly configEpoch: number
  /** In all databases. */
  readonly keys: number
  readonly replOffset: number
  /** A replica's link to its primary is up; always true for a primary. */
  readonly linkUp: boolean
  readonly product: ServerFacts['product']
  /** Of the product itself, as in ServerFacts. */
  readonly version: string
  readonly capabilities: ReadonlySet<Capability>
}

/** A node that others name, but that did not answer. */
export interface AbsentNode {
  readonly id: NodeId
  readonly address: Address
  readonly role: 'primary' | 'replica'
  readonly primaryId: NodeId | null
  /** By the account of the entry, or of the first that knows it. */
  readonly slots: SlotSet
  /** The cluster agreed that it is down (flag `fail`), not only we failed to reach it. */
  readonly failed: boolean
}

/** A primary as every node agrees it is. Slots are a set, not ranges: ranges are for print. */
export interface Primary {
  readonly id: NodeId
  readonly address: Address
  readonly slots: SlotSet
  readonly configEpoch: number
  readonly replicas: readonly NodeId[]
}

/** A slot that a node holds half-way: on its way out (`migrating`, to `peer`) or in (`importing`, from `peer`). */
export interface OpenSlot {
  readonly slot: SlotId
  readonly node: NodeId
  readonly state: 'migrating' | 'importing'
  readonly peer: NodeId
}

export interface Topology {
  /** The address by which the cluster was entered. */
  readonly entry: Address
  /** All that answered: the entry first, then the others in its order. */
  readonly nodes: readonly TopologyNode[]
  readonly absent: readonly AbsentNode[]
  /** In the order of `nodes`. */
  readonly primaries: readonly Primary[]
  /** By slot; `null` where nobody who answered claims it. */
  readonly owners: readonly (NodeId | null)[]
  readonly openSlots: readonly OpenSlot[]
  /** Of owners, roles, epochs and open slots; not of offsets or link states. */
  readonly fingerprint: string
}

export function toTopology(view: ClusterView): Topology {
  const nodes = view.nodes.map(toTopologyNode)
  const openSlots = view.nodes.flatMap(openSlotsOf)
  const absent = view.silent.map(({line}) => toAbsentNode(line))
  return assemble({entry: view.entry, nodes, absent, openSlots})
}

/** Fills in what follows from the rest: primaries, owners and the fingerprint. */
export function assemble(parts: Pick<Topology, 'entry' | 'nodes' | 'absent' | 'openSlots'>): Topology {
  const {nodes, openSlots} = parts
  const primaries = nodes
    .filter((node) => node.role === 'primary')
    .map((node): Primary => {
      const replicas = nodes.filter((other) => other.primaryId === node.id).map((other) => other.id)
      const {id, address, slots, configEpoch} = node
      return {id, address, slots, configEpoch, replicas}
    })
  return {...parts, primaries, owners: ownersBySlot(nodes), fingerprint: fingerprintOf(nodes, openSlots)}
}

export function findNode(topology: Topology, id: NodeId): TopologyNode | undefined {
  return topology.nodes.find((node) => node.id === id)
}

export function findPrimary(topology: Topology, id: NodeId): Primary | undefined {
  return topology.primaries.find((primary) => primary.id === id)
}

/** All keys of the cluster, replicas not counted again. */
export function totalKeys(topology: Topology): number {
  return topology.nodes.reduce((sum, node) => (node.role === 'primary' ? sum + node.keys : sum), 0)
}

function toTopologyNode(view: NodeView): TopologyNode {
  const isReplica = view.line.flags.has('replica')
  return {
    id: view.id,
    address: view.address,
    role: isReplica ? 'replica' : 'primary',
    primaryId: isReplica ? view.line.primaryId : null,
    slots: isReplica ? SlotSet.EMPTY : view.line.slots,
    configEpoch: view.line.configEpoch,
    keys: keyCount(view.server),
    replOffset: view.server.replOffset,
    linkUp: view.server.primaryLinkUp ?? true,
    product: view.server.product,
    version: view.server.version,
    capabilities: view.server.capabilities,
  }
}

function toAbsentNode(line: NodeLine): AbsentNode {
  const {id, address, slots, primaryId, flags} = line
  const role = flags.has('replica') ? 'replica' : 'primary'
  return {id, address, slots, primaryId, role, failed: flags.has('fail') || flags.has('noaddr')}
}

/** Where two claim a slot, the higher config epoch wins, as it does on the bus; of equal ones the first. */
function ownersBySlot(nodes: readonly TopologyNode[]): (NodeId | null)[] {
  const owners = new Array<NodeId | null>(SLOT_COUNT).fill(null)
  // The later ones overwrite the earlier ones.
  const ascending = [...nodes].reverse().sort((a, b) => a.configEpoch - b.configEpoch)
  for (const {id, slots} of ascending) {
    for (const [first, last] of slots.ranges()) owners.fill(id, first, last + 1)
  }
  return owners
}

function openSlotsOf(view: NodeView): OpenSlot[] {
  const marks = (state: OpenSlot['state'], open: ReadonlyMap<SlotId, NodeId>): OpenSlot[] =>
    [...open].map(([slot, peer]) => ({slot, node: view.id, state, peer}))
  return [...marks('migrating', view.line.migrating), ...marks('importing', view.line.importing)]
}

function fingerprintOf(nodes: readonly TopologyNode[], openSlots: readonly OpenSlot[]): string {
  const lines = nodes.map((node) => `${node.id} ${node.primaryId ?? '-'} ${node.configEpoch} ${node.slots}`)
  const open = openSlots.map(({slot, node, state, peer}) => `${slot} ${node} ${state} ${peer}`)
  return fingerprint([...lines.sort(), ...open.sort()].join('\n'))
}
