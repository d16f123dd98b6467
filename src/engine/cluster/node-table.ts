/** The nodes this node knows: joining the table, leaving it, changing names and roles. */
import {type NodeId} from '../../model/node-id.js'
import {type BusContext} from './cluster-host.js'
import {closeLink} from './links.js'
import {removeAllSlots} from './slot-table.js'
import {
  ClusterNode,
  forgetName,
  inHandshake,
  isReplica,
  isPrimary,
  MAX_NODES,
  needs,
  NODE,
  DUE,
  rememberName,
  type ClusterState,
} from './state.js'

/** A new entry of the table. `undefined` when the table is full: then the stranger stays one. */
export function addNode(ctx: BusContext, id: NodeId, flags: number): ClusterNode | undefined {
  const {state} = ctx
  if (state.list.length >= MAX_NODES) return undefined
  const index = state.freeIndexes.pop() ?? state.byIndex.length
  const node = new ClusterNode(state.peers, id, index, flags, ctx.nowMs)
  state.byIndex[index] = node
  // A node in handshake has a name for the moment only, which no packet knows.
  if (!inHandshake(node)) takeName(state, node, id)
  state.nodes.set(node.id, node)
  state.list.push(node)
  state.order.push(index)
  state.watchTimes.lookSoon(index)
  return node
}

/** Forgets a node with its slots, links, reports, and the marks of slots that move from or to it. */
export function deleteNode(ctx: BusContext, node: ClusterNode): void {
  const {state} = ctx
  removeAllSlots(state, node)
  for (const marks of [state.migratingTo, state.importingFrom]) {
    for (const [slot, other] of marks) if (other === node) marks.delete(slot)
  }
  for (const other of state.list) other.failReports?.delete(node)
  for (const replica of node.replicas) replica.primary = null
  node.replicas = []
  if (node.primary !== null) detachReplica(node)
  if (node.outbound !== null) closeLink(ctx, node.outbound)
  if (node.inbound !== null) closeLink(ctx, node.inbound)
  if (state.manual.replica === node) state.manual.replica = null
  state.election.voters.delete(node)
  state.nodes.delete(node.id)
  forgetName(state, node)
  const place = state.list.indexOf(node)
  state.list.splice(place, 1)
  state.order.splice(place, 1)
  state.byIndex[node.index] = null
  state.freeIndexes.push(node.index)
  node.leaveTable()
}

/** A handshake is over: the node has told its name. */
export function renameNode(state: ClusterState, node: ClusterNode, id: NodeId): void {
  state.nodes.delete(node.id)
  takeName(state, node, id)
  state.nodes.set(node.id, node)
}

function takeName(state: ClusterState, node: ClusterNode, id: NodeId): void {
  node.name = state.names.take(id)
  node.id = node.shardId = state.names.textOf(node.name)
  rememberName(state, node)
}

export function attachReplica(replica: ClusterNode, primary: ClusterNode): void {
  if (replica.primary === primary) return
  if (replica.primary !== null) detachReplica(replica)
  replica.primary = primary
  primary.replicas = [...primary.replicas, replica]
  primary.flags |= NODE.MIGRATE_TO
}

export function detachReplica(replica: ClusterNode): void {
  const {primary} = replica
  replica.primary = null
  if (primary === null) return
  primary.replicas = primary.replicas.filter((each) => each !== replica)
  if (primary.replicas.length === 0) primary.flags &= ~NODE.MIGRATE_TO
}

/** A node says, or we decide, that it is a primary. */
export function markAsPrimary(state: ClusterState, node: ClusterNode): void {
  if (isPrimary(node)) return
  if (node.primary !== null) {
    detachReplica(node)
    // Whoever takes over from a primary that had replicas may be given one when it is left without.
    if (node !== state.myself) node.flags |= NODE.MIGRATE_TO
  }
  node.flags = (node.flags & ~NODE.REPLICA) | NODE.PRIMARY
  needs(state, DUE.SAVE_SOON | DUE.UPDATE_STATE)
}

/** A primary says that it is a replica now: whatever it owned is nobody's. */
export function markAsReplica(state: ClusterState, node: ClusterNode): void {
  if (isReplica(node)) return
  removeAllSlots(state, node)
  node.flags = (node.flags & ~(NODE.PRIMARY | NODE.MIGRATE_TO)) | NODE.REPLICA
  needs(state, DUE.SAVE_SOON | DUE.UPDATE_STATE)
}

/** Replicas that are not FAIL. */
export function workingReplicas(node: ClusterNode): number {
  let count = 0
  for (const replica of node.replicas) if ((replica.flags & NODE.FAIL) === 0) count++
  return count
}

const HOST_TEXT = /^[0-9A-Za-z.:%_-]+$/
const HOSTNAME_TEXT = /^[0-9A-Za-z.-]{1,255}$/
const NODE_NAME = /^[0-9a-z]{40}$/

/** What peers tell us ends up in nodes.conf: nothing that could break a line may get in. */
export const isHostText = (text: string): boolean => HOST_TEXT.test(text)
export const isHostname = (text: string): boolean => HOSTNAME_TEXT.test(text)
/** As newer servers judge it; all ids in the field are lower-case hex. */
export const isNodeName = (text: string): boolean => NODE_NAME.test(text)
