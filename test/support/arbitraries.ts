/** Random clusters for property tests: healthy ones, with slots scattered over any of their primaries. */
import fc from 'fast-check'
import {address} from '../../src/model/address.js'
import type {NodeId} from '../../src/model/node-id.js'
import {SLOT_COUNT} from '../../src/model/slot.js'
import {SlotSet, type SlotRange} from '../../src/model/slot-set.js'
import {capabilitiesOf} from '../../src/manager/view/capability.js'
import type {FreshNode} from '../../src/manager/view/fresh-node.js'
import {assemble, type Topology, type TopologyNode} from '../../src/manager/view/topology.js'
import {freshNode, primaryId, replicaId} from './topologies.js'

export interface TopologyBounds {
  /** Default 1. */
  readonly minPrimaries?: number
  /** Default 8. */
  readonly maxPrimaries?: number
  /** Per primary; default 2. */
  readonly maxReplicas?: number
}

interface Draft {
  readonly replicas: readonly number[]
  readonly cuts: readonly number[]
  /** One per piece between two cuts; taken modulo the number of primaries. */
  readonly owners: readonly number[]
  readonly hosts: readonly number[]
}

/** All 16384 slots have an owner and none is open; some primaries may be empty, hosts may be shared. */
export function topologies(bounds: TopologyBounds = {}): fc.Arbitrary<Topology> {
  const {minPrimaries = 1, maxPrimaries = 8, maxReplicas = 2} = bounds
  return fc
    .record({
      replicas: fc.array(fc.nat(maxReplicas), {minLength: minPrimaries, maxLength: maxPrimaries}),
      cuts: fc.uniqueArray(fc.integer({min: 1, max: SLOT_COUNT - 1}), {maxLength: 12}),
      owners: fc.array(fc.nat(), {minLength: 13, maxLength: 13}),
      hosts: fc.array(fc.nat(4), {minLength: 4, maxLength: 4}),
    })
    .map(toTopology)
}

/** Empty nodes over one to six hosts. */
export function freshClusters(minNodes: number, maxNodes: number): fc.Arbitrary<FreshNode[]> {
  return fc
    .array(fc.nat(5), {minLength: minNodes, maxLength: maxNodes})
    .map((hosts) => hosts.map((host, index) => freshNode(index, {host: `10.0.0.${host + 1}`})))
}

function toTopology(draft: Draft): Topology {
  const primaries = draft.replicas.length
  const slots = slotsOf(draft, primaries)
  const node = (id: NodeId, index: number, parts: Partial<TopologyNode>): TopologyNode => ({
    id,
    address: address(`10.0.0.${draft.hosts[index % draft.hosts.length]! + 1}`, 7001 + index, 17_001 + index),
    role: 'primary',
    primaryId: null,
    slots: SlotSet.EMPTY,
    configEpoch: 0,
    keys: 0,
    replOffset: 1000,
    linkUp: true,
    product: 'valkey',
    version: '9.1.2',
    capabilities: capabilitiesOf('valkey', '9.1.2'),
    ...parts,
  })
  const nodes = slots.map((own, index) => node(primaryId(index), index, {slots: own, configEpoch: index + 1}))
  for (const [primary, count] of draft.replicas.entries()) {
    for (let index = 0; index < count; index++) {
      const parts = {role: 'replica', primaryId: primaryId(primary), configEpoch: primary + 1} as const
      nodes.push(node(replicaId(primary, index), nodes.length, parts))
    }
  }
  return assemble({entry: nodes[0]!.address, nodes, absent: [], openSlots: []})
}

function slotsOf(draft: Draft, primaries: number): SlotSet[] {
  const starts = [0, ...draft.cuts.toSorted((a, b) => a - b)]
  const ranges = Array.from({length: primaries}, (): SlotRange[] => [])
  for (const [index, start] of starts.entries()) {
    const last = (starts[index + 1] ?? SLOT_COUNT) - 1
    ranges[draft.owners[index]! % primaries]!.push([start, last])
  }
  return ranges.map((own) => SlotSet.fromRanges(own))
}
