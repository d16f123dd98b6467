/** What time demands: links, pings, PFAIL, elections. Ten times a second. */
import {below} from '../chance.js'
import {expireBlacklist} from './blacklist.js'
import {type BusContext} from './cluster-host.js'
import {updateClusterState} from './cluster-status.js'
import {handleFailover} from './election.js'
import {sendPing} from './gossip.js'
import {handshakeTimeoutMs} from './handshake.js'
import {closeLink, closeOverLimit, openLink} from './links.js'
import {checkOffsetReached, expireManualFailover} from './manual-failover.js'
import {refreshMyself} from './myself.js'
import {deleteNode} from './node-table.js'
import {PACKET} from './packet.js'
import {migrateIfCandidate} from './replica-migration.js'
import {hasAddress, inHandshake, isPrimary, isReplica, needs, NODE, DUE, type ClusterNode} from './state.js'

/** Once a second one node is pinged: the one, of so many drawn, that was silent longest. */
const TICKS_PER_RANDOM_PING = 10
const RANDOM_PING_DRAWS = 5

export function tick(ctx: BusContext): void {
  const {state} = ctx
  state.ticks++
  if ((state.due & DUE.SAVE_SOON) !== 0) needs(state, DUE.SAVE)
  refreshMyself(ctx)
  expireBlacklist(ctx)
  const due = nodesToLookAt(ctx)
  reconnect(ctx, due)
  if (state.ticks % TICKS_PER_RANDOM_PING === 0) pingSomebody(ctx)
  let changed = false
  for (const node of due) {
    // A handshake that was given up has left the table.
    if (state.byIndex[node.index] !== node) continue
    if (watch(ctx, node)) changed = true
    state.watchTimes.lookAt(node.index, nextLookMs(ctx, node))
  }
  followMyPrimary(ctx)
  expireManualFailover(ctx)
  if (isReplica(state.myself)) {
    checkOffsetReached(ctx)
    handleFailover(ctx)
    migrateIfCandidate(ctx)
  }
  if (changed || !state.ok) updateClusterState(ctx)
}

/** Those about whom something may be due: nearly always few. */
function nodesToLookAt({state, config, nowMs}: BusContext): ClusterNode[] {
  const {watchTimes, manual} = state
  // Another timeout makes another plan; and a limit for what waits on a link is kept at every tick.
  if (state.watchTimeoutMs !== config.nodeTimeoutMs || config.linkSendbufLimitBytes !== 0) watchTimes.lookAtAll()
  state.watchTimeoutMs = config.nodeTimeoutMs
  if (manual.endMs !== 0 && manual.replica !== null) watchTimes.lookSoon(manual.replica.index)
  return watchTimes.due(state.byIndex, nowMs)
}

/**
 * The first moment, unix ms, at which `reconnect` or `watch` may find something to do about a node that was just looked at. What is
 * heard of the node meanwhile can only put that off.
 */
function nextLookMs({config, nowMs}: BusContext, node: ClusterNode): number {
  const timeoutMs = config.nodeTimeoutMs
  if ((node.flags & NODE.MYSELF) !== 0) return Infinity
  const {outbound, pingSent, pongReceived, dataReceived} = node
  // To be called, given up, or counted: at every tick.
  if (outbound === null || (node.flags & (NODE.HANDSHAKE | NODE.NOADDR | NODE.PFAIL)) !== 0) return nowMs
  if (pingSent === 0) return pongReceived + timeoutMs / 2
  const heardMs = Math.max(pingSent, dataReceived)
  return Math.min(heardMs + timeoutMs, Math.max(outbound.createdMs + timeoutMs, heardMs + timeoutMs / 2))
}

/** Calls every node that we have no link to; gives up handshakes that lead nowhere; counts who is PFAIL. */
function reconnect(ctx: BusContext, nodes: readonly ClusterNode[]): void {
  const {state, nowMs} = ctx
  const handshakeMs = handshakeTimeoutMs(ctx)
  state.pfailNodes = 0
  for (const node of nodes) {
    if ((node.flags & (NODE.MYSELF | NODE.NOADDR)) !== 0) continue
    closeOverLimit(ctx, node.outbound)
    closeOverLimit(ctx, node.inbound)
    if ((node.flags & NODE.PFAIL) !== 0) state.pfailNodes++
    if (inHandshake(node) && nowMs - node.createdMs > handshakeMs) deleteNode(ctx, node)
    else if (node.outbound === null) openLink(ctx, node)
  }
}

function pingSomebody(ctx: BusContext): void {
  const {list} = ctx.state
  let quietest: ClusterNode | null = null
  for (let draw = 0; draw < RANDOM_PING_DRAWS; draw++) {
    const node = list[below(ctx.rng, list.length)]!
    if (node.outbound === null || node.pingSent !== 0) continue
    if ((node.flags & (NODE.MYSELF | NODE.HANDSHAKE)) !== 0) continue
    if (quietest === null || node.pongReceived < quietest.pongReceived) quietest = node
  }
  const link = quietest?.outbound ?? null
  if (link !== null) sendPing(ctx, link, PACKET.PING)
}

/** One node's silence: a new link, a PING, or PFAIL. True when the cluster state may have changed. */
function watch(ctx: BusContext, node: ClusterNode): boolean {
  const {state, config, nowMs} = ctx
  if ((node.flags & (NODE.MYSELF | NODE.NOADDR | NODE.HANDSHAKE)) !== 0) return false
  const timeoutMs = config.nodeTimeoutMs
  const pingDelayMs = nowMs - node.pingSent
  const dataDelayMs = nowMs - node.dataReceived
  const pending = node.pingSent !== 0
  const link = node.outbound
  if (link !== null && pending && nowMs - link.createdMs > timeoutMs) {
    // The node may live and only the connection be dead.
    if (pingDelayMs > timeoutMs / 2 && dataDelayMs > timeoutMs / 2) closeLink(ctx, link)
  }
  if (node.outbound !== null) {
    if (!pending && nowMs - node.pongReceived > timeoutMs / 2) {
      sendPing(ctx, node.outbound, PACKET.PING)
      return false
    }
    const {manual, myself} = state
    if (manual.endMs !== 0 && manual.replica === node && isPrimary(myself)) {
      sendPing(ctx, node.outbound, PACKET.PING)
      return false
    }
  }
  // Any packet is a sign of life: a node that is busy with a long answer is not dead.
  if (!pending || Math.min(pingDelayMs, dataDelayMs) <= timeoutMs) return false
  if ((node.flags & (NODE.PFAIL | NODE.FAIL)) !== 0) return false
  ctx.host.log('debug', `*** NODE ${node.id} possibly failing`)
  node.flags |= NODE.PFAIL
  needs(state, DUE.SAVE_SOON)
  return true
}

/** After a restart the cluster knows whom I replicate before the replication does. */
function followMyPrimary(ctx: BusContext): void {
  const {myself} = ctx.state
  const {primary} = myself
  if (!isReplica(myself) || primary === null || !hasAddress(primary) || ctx.host.isReplicating()) return
  ctx.host.replicateFrom(primary.id, {host: primary.ip, port: primary.port})
}
