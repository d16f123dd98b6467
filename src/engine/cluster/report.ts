/** What this node tells its clients of the cluster: the bodies of CLUSTER NODES, SLOTS, SHARDS, LINKS, INFO, as plain data. */
import {type NodeId} from '../../model/node-id.js'
import {SLOT_COUNT} from '../../model/slot.js'
import {type BusContext} from './cluster-host.js'
import {unsentOn} from './links.js'
import {formatNodeLine} from './node-line.js'
import {PACKET_NAMES} from './packet.js'
import {rangesIn} from './slot-table.js'
import {epochOf, isFail, isPrimary, isReplica, NODE, ownerOf, type BusLink, type ClusterNode} from './state.js'

/** CLUSTER NODES: a line for each node, each with its newline. */
export function reportNodes(ctx: BusContext, isPlain: boolean): string {
  let text = ''
  for (const node of ctx.state.list) text += `${formatNodeLine(ctx.state, node, portFor(ctx, node, isPlain))}\n`
  return text
}

/** CLUSTER REPLICAS: the lines of a primary's replicas, without newlines. */
export function reportReplicas(ctx: BusContext, primary: ClusterNode, isPlain: boolean): string[] {
  return primary.replicas.map((replica) => formatNodeLine(ctx.state, replica, portFor(ctx, replica, isPlain)))
}

/** A node of CLUSTER SLOTS: four elements; `endpoint` is null for `unknown-endpoint`. */
export interface SlotsNode {
  readonly endpoint: string | null
  readonly port: number
  readonly id: NodeId
  /** Other ways to reach it: `ip`, `hostname`. */
  readonly extra: readonly (readonly [name: string, value: string])[]
}

export interface SlotsRange {
  readonly first: number
  readonly last: number
  /** The primary first. */
  readonly nodes: readonly SlotsNode[]
}

/** CLUSTER SLOTS. Replicas that are FAIL or have no data yet are left out. */
export function reportSlots(ctx: BusContext, isPlain: boolean): SlotsRange[] {
  const {state} = ctx
  const ranges: SlotsRange[] = []
  const members = new Map<ClusterNode, readonly SlotsNode[]>()
  for (let first = 0; first < SLOT_COUNT;) {
    const index = state.owners[first]!
    let end = first + 1
    while (end < SLOT_COUNT && state.owners[end] === index) end++
    const owner = ownerOf(state, first)
    if (owner !== null) {
      const nodes = members.get(owner) ?? slotsNodes(ctx, owner, isPlain)
      members.set(owner, nodes)
      ranges.push({first, last: end - 1, nodes})
    }
    first = end
  }
  return ranges
}

function slotsNodes(ctx: BusContext, owner: ClusterNode, isPlain: boolean): SlotsNode[] {
  const available = owner.replicas.filter((replica) => !isFail(replica) && offsetOf(ctx, replica) !== 0)
  return [owner, ...available].map((node) => slotsNode(ctx, node, isPlain))
}

function slotsNode(ctx: BusContext, node: ClusterNode, isPlain: boolean): SlotsNode {
  const type = ctx.config.preferredEndpointType
  const extra: [string, string][] = []
  if (type !== 'ip') extra.push(['ip', node.ip])
  if (type !== 'hostname' && node.hostname !== '') extra.push(['hostname', node.hostname])
  const endpoint = type === 'unknown-endpoint' ? null : endpointOf(ctx, node)
  return {endpoint, port: portFor(ctx, node, isPlain), id: node.id, extra}
}

/**
 * Where the cluster speaks TLS, a client that does not is sent to the plain port, if a node has one.
 * @param isPlain the client that asks does not speak TLS
 */
export function portFor({config}: BusContext, node: ClusterNode, isPlain: boolean): number {
  return config.isSecure && isPlain && node.secondPort !== 0 ? node.secondPort : node.port
}

/** Where clients are sent to: `?` for a host name that is not known, empty for "where you are". */
export function endpointOf(ctx: BusContext, node: ClusterNode): string {
  switch (ctx.config.preferredEndpointType) {
    case 'ip':
      return node.ip
    case 'hostname':
      return node.hostname === '' ? '?' : node.hostname
    case 'unknown-endpoint':
      return ''
  }
}

function offsetOf(ctx: BusContext, node: ClusterNode): number {
  return node === ctx.state.myself ? ctx.host.replOffset() : node.replOffset
}

export interface ShardNode {
  readonly id: NodeId
  /** 0: none; the field is then left out. */
  readonly port: number
  readonly tlsPort: number
  readonly ip: string
  readonly endpoint: string
  /** Empty when it has none: the field is then left out. */
  readonly hostname: string
  readonly role: 'master' | 'replica'
  readonly replicationOffset: number
  readonly health: 'online' | 'fail' | 'loading'
}

export interface Shard {
  readonly slots: readonly (readonly [first: number, last: number])[]
  /** The primary first. */
  readonly nodes: readonly ShardNode[]
}

/** CLUSTER SHARDS: every primary with its replicas, with slots or without. */
export function reportShards(ctx: BusContext): Shard[] {
  return ctx.state.list.filter(isPrimary).map((primary) => ({
    slots: rangesIn(primary.slots),
    nodes: [primary, ...primary.replicas].map((node) => shardNode(ctx, node)),
  }))
}

function shardNode(ctx: BusContext, node: ClusterNode): ShardNode {
  const replicationOffset = offsetOf(ctx, node)
  const loading = isReplica(node) && replicationOffset === 0
  return {
    id: node.id,
    port: ctx.config.isSecure ? node.secondPort : node.port,
    tlsPort: ctx.config.isSecure ? node.port : 0,
    ip: node.ip,
    endpoint: endpointOf(ctx, node),
    hostname: node.hostname,
    role: isReplica(node) ? 'replica' : 'master',
    replicationOffset,
    health: isFail(node) ? 'fail' : loading ? 'loading' : 'online',
  }
}

export interface LinkReport {
  readonly direction: 'to' | 'from'
  readonly node: NodeId
  /** Unix ms. */
  readonly createTime: number
  /** What the link waits for: to read, to write. */
  readonly events: string
  readonly sendBufferAllocated: number
  readonly sendBufferUsed: number
}

/** CLUSTER LINKS: both directions of every peer. */
export function reportLinks(ctx: BusContext): LinkReport[] {
  const links: LinkReport[] = []
  for (const node of ctx.state.list) {
    if (node.outbound !== null) links.push(linkReport(ctx, node.outbound, node))
    if (node.inbound !== null) links.push(linkReport(ctx, node.inbound, node))
  }
  return links
}

function linkReport(ctx: BusContext, link: BusLink, node: ClusterNode): LinkReport {
  const unsent = unsentOn(ctx, link)
  return {
    direction: link.inbound ? 'from' : 'to',
    node: node.id,
    createTime: Math.floor(link.createdMs),
    events: (link.open ? 'r' : '') + (unsent > 0 || !link.open ? 'w' : ''),
    sendBufferAllocated: unsent,
    sendBufferUsed: unsent,
  }
}

/** CLUSTER INFO. */
export function reportInfo(ctx: BusContext): string {
  const {state} = ctx
  let pfail = 0
  let fail = 0
  for (const node of state.list) {
    if ((node.flags & NODE.FAIL) !== 0) fail += node.slotCount
    else if ((node.flags & NODE.PFAIL) !== 0) pfail += node.slotCount
  }
  const lines = [
    `cluster_state:${state.ok ? 'ok' : 'fail'}`,
    `cluster_slots_assigned:${state.assignedSlots}`,
    `cluster_slots_ok:${state.assignedSlots - pfail - fail}`,
    `cluster_slots_pfail:${pfail}`,
    `cluster_slots_fail:${fail}`,
    `cluster_known_nodes:${state.list.length}`,
    `cluster_size:${state.size}`,
    `cluster_current_epoch:${state.currentEpoch}`,
    `cluster_my_epoch:${epochOf(state.myself)}`,
    ...messageLines('sent', state.sent),
    ...messageLines('received', state.received),
    `total_cluster_links_buffer_limit_exceeded:${state.linksOverLimit}`,
  ]
  return lines.map((line) => `${line}\r\n`).join('')
}

function messageLines(direction: 'sent' | 'received', counts: Float64Array): string[] {
  const lines: string[] = []
  let total = 0
  for (const [type, count] of counts.entries()) {
    total += count
    if (count > 0) lines.push(`cluster_stats_messages_${PACKET_NAMES[type]}_${direction}:${count}`)
  }
  return [...lines, `cluster_stats_messages_${direction}:${total}`]
}
