/** Forgotten nodes, which gossip must not bring back before everybody has forgotten them. */
import {type NodeId} from '../../model/node-id.js'
import {type BusContext} from './cluster-host.js'
import {deleteNode} from './node-table.js'
import {isReplica, needs, DUE, type ClusterNode} from './state.js'

/** The time CLUSTER FORGET leaves to tell all other nodes. */
export const BLACKLIST_MS = 60_000

/** A peer may ask for more, but not for ever. */
const LONGEST_BLACKLIST_SECONDS = 24 * 60 * 60

/** Drops a node and refuses to learn of it from gossip for a while. MEET is not refused. */
export function forgetNode(ctx: BusContext, node: ClusterNode, untilMs: number): void {
  ctx.state.blacklist.set(node.id, untilMs)
  deleteNode(ctx, node)
  needs(ctx.state, DUE.UPDATE_STATE | DUE.SAVE)
}

/** Another node was told to forget somebody, and passes it on. */
export function forgetByGossip(ctx: BusContext, id: NodeId, seconds: number): void {
  const {nodes, myself} = ctx.state
  const node = nodes.get(id)
  if (node === undefined || node === myself || (isReplica(myself) && myself.primary === node)) return
  forgetNode(ctx, node, ctx.nowMs + Math.min(seconds, LONGEST_BLACKLIST_SECONDS) * 1000)
}

export function isBlacklisted(ctx: BusContext, id: NodeId): boolean {
  return (ctx.state.blacklist.get(id) ?? 0) > ctx.nowMs
}

export function expireBlacklist(ctx: BusContext): void {
  const {blacklist} = ctx.state
  if (blacklist.size === 0) return
  for (const [id, untilMs] of blacklist) if (untilMs <= ctx.nowMs) blacklist.delete(id)
}
