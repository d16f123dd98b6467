/** The nodes of a cluster as rows and as JSON. */
import {formatAddress} from '../../model/address.js'
import {shortId} from '../../model/node-id.js'
import {SlotSet} from '../../model/slot-set.js'
import type {ClusterView} from '../../manager/view/cluster-view.js'
import {totalKeys, type Topology} from '../../manager/view/topology.js'
import type {Output} from '../world.js'
import {count, formatCount} from './numbers.js'
import {renderTable} from './table.js'
import type {Theme} from './theme.js'

/** @param nodes a row each, in this order */
export async function renderNodes(nodes: readonly NodeReport[], output: Output, theme: Theme): Promise<string> {
  // Thousands are grouped for people only: awk reads plain numbers.
  const number = output.isTerminal ? formatCount : String

  const rows = nodes.map((node) => [
    node.address,
    shortId(node.id),
    node.role === 'primary' ? theme.strong(node.role) : node.role,
    node.state === 'ok' ? theme.good(node.state) : theme.bad(node.state),
    node.role === 'primary' ? number(node.slotCount) : '-',
    node.keys === null ? '-' : number(node.keys),
    node.replicates === null ? '-' : node.replicates,
    node.version ?? '-',
  ])
  return renderTable(
    output,
    theme,
    [
      {head: 'node'},
      {head: 'id'},
      {head: 'role'},
      {head: 'state'},
      {head: 'slots', align: 'right'},
      {head: 'keys', align: 'right'},
      {head: 'replicates'},
      {head: 'version'},
    ],
    rows,
  )
}

export function summarize(topology: Topology): string {
  const replicas = topology.nodes.length - topology.primaries.length
  const {size: slots} = topology.primaries.reduce((all, primary) => all.union(primary.slots), SlotSet.EMPTY)
  const counts = [count(slots, 'slot'), count(totalKeys(topology), 'key')]
  const nodes = [
    `${topology.primaries.length} ${topology.primaries.length === 1 ? 'primary' : 'primaries'}`,
    count(replicas, 'replica'),
  ]
  if (topology.absent.length > 0) nodes.push(`${topology.absent.length} not answering`)
  return `${nodes.join(', ')}: ${counts.join(', ')}\n`
}

/** One node in `--json`: docs/json.md. */
export interface NodeReport {
  readonly id: string
  readonly address: string
  readonly hostname: string
  readonly role: 'primary' | 'replica'
  readonly state: 'ok' | 'loading' | 'no-link' | 'silent' | 'failed'
  /** As in "0-5460 6000". */
  readonly slots: string
  readonly slotCount: number
  readonly keys: number | null
  /** Address of its primary, or the primary's id where nobody knows the address. */
  readonly replicates: string | null
  readonly configEpoch: number
  readonly replicas: number
  readonly version: string | null
}

/** Primaries in the order of their slots, each followed by its replicas; then who did not answer. */
export function nodeReports(view: ClusterView, topology: Topology): NodeReport[] {
  const firstSlot = new Map(topology.primaries.map(({id, slots}) => [id, slots.ranges()[0]?.[0] ?? Infinity]))
  const addresses = new Map(
    [...topology.nodes, ...topology.absent].map(({id, address}) => [id, formatAddress(address)]),
  )
  const replicatesOf = (id: string | null): string | null => (id === null ? null : (addresses.get(id) ?? id))
  const rank = (node: {readonly id: string; readonly primaryId: string | null}): number =>
    firstSlot.get(node.primaryId ?? node.id) ?? Infinity
  const present = topology.nodes.map((node, index): NodeReport & {rank: number} => {
    const {server, address} = view.nodes[index]!
    const state = server.loading ? 'loading' : node.linkUp ? 'ok' : 'no-link'
    return {
      rank: rank(node),
      id: node.id,
      address: formatAddress(node.address),
      hostname: address.hostname,
      role: node.role,
      state,
      slots: node.slots.toString(),
      slotCount: node.slots.size,
      keys: node.keys,
      replicates: replicatesOf(node.primaryId),
      configEpoch: node.configEpoch,
      replicas: topology.primaries.find(({id}) => id === node.id)?.replicas.length ?? 0,
      version: `${server.product} ${server.version}`,
    }
  })
  const absent = topology.absent.map((node): NodeReport & {rank: number} => ({
    rank: Infinity,
    id: node.id,
    address: formatAddress(node.address),
    hostname: node.address.hostname,
    role: node.role,
    state: node.failed ? 'failed' : 'silent',
    slots: node.slots.toString(),
    slotCount: node.slots.size,
    keys: null,
    replicates: replicatesOf(node.primaryId),
    configEpoch: 0,
    replicas: 0,
    version: null,
  }))
  return [...present, ...absent]
    .sort((a, b) => a.rank - b.rank || inOrder(a.role, b.role) || inOrder(a.address, b.address))
    .map(({rank: _, ...report}) => report)
}

/** These are ASCII: the table of how the user's language sorts would take 6 ms to load. */
function inOrder(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1
}
