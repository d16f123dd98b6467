/** Who tells whom about whom: PING, PONG and MEET, and what their gossip section is good for. */
import {below} from '../chance.js'
import {isBlacklisted} from './blacklist.js'
import {type BusContext} from './cluster-host.js'
import {addFailReport, failIfAgreed, failReports, removeFailReport} from './failure.js'
import {closeLink, sendOn} from './links.js'
import {AT, GOSSIP_BYTES, HEADER_BYTES, PACKET} from './packet.js'
import {
  type GossipEntry,
  type PacketView,
  readGossip,
  readGossipFlags,
  readGossipId,
  readGossipPongMs,
  writeGossip,
} from './packet-codec.js'
import {addNode, isHostText, isNodeName} from './node-table.js'
import {extensionBytes, writeExtensions} from './ping-extensions.js'
import {buildPacket} from './send.js'
import {EXTENSION_LEVEL, inHandshake, isPrimary, isReplica, NODE, type BusLink, type ClusterNode} from './state.js'

/** What may be said of somebody else; the rest of the flags is each node's own business. */
const GOSSIP_FLAGS =
  NODE.PRIMARY | NODE.REPLICA | NODE.PFAIL | NODE.FAIL | NODE.NOADDR | NODE.NOFAILOVER | NODE.MIGRATE_TO

const UNREACHABLE = NODE.FAIL | NODE.PFAIL

/** How far a pong time heard from others may lie in my future: clocks differ a little. */
const CLOCK_SKEW_MS = 500

type PingType = typeof PACKET.PING | typeof PACKET.PONG | typeof PACKET.MEET

/** Sends a PING, PONG or MEET with news of some random nodes and of all that do not answer. */
export function sendPing(
  ctx: BusContext,
  link: BusLink,
  type: PingType,
  level = link.node?.extensionLevel ?? EXTENSION_LEVEL.HOSTNAME,
): void {
  const {chosen} = ctx.state
  if (type === PACKET.PING && !link.inbound && link.node !== null) {
    link.node.pingSent = ctx.nowMs
    ctx.state.watchTimes.lookBefore(link.node.index, ctx.nowMs + ctx.config.nodeTimeoutMs / 2)
  }
  chooseGossip(ctx)
  const gossipBytes = chosen.length * GOSSIP_BYTES
  const bytes = buildPacket(ctx, type, gossipBytes + extensionBytes(ctx, level))
  bytes.writeUInt16BE(chosen.length, AT.COUNT)
  for (let index = 0; index < chosen.length; index++) writeGossip(bytes, index, entryAbout(chosen[index]!))
  chosen.length = 0
  bytes.writeUInt16BE(writeExtensions(ctx, bytes, HEADER_BYTES + gossipBytes, level), AT.EXTENSIONS)
  ctx.state.packetsSent++
  sendOn(ctx, link, bytes)
}

/**
 * A tenth of the nodes, at least three, at random: with a packet to each node per node timeout, enough that every node hears of a
 * failure from a majority in time. The nodes that I hold for PFAIL always: each packet is a failure report.
 */
function chooseGossip(ctx: BusContext): void {
  const {state} = ctx
  const {list, chosen} = state
  const mark = state.packetsSent + 1
  chosen.length = 0
  let fresh = list.length - 2
  const wanted = Math.min(Math.max(3, Math.floor(list.length / 10)), fresh)
  for (let draws = wanted * 3; draws > 0 && fresh > 0 && chosen.length < wanted; draws--) {
    const node = list[below(ctx.rng, list.length)]!
    if (node === state.myself || (node.flags & NODE.PFAIL) !== 0) continue
    const silent = node.outbound === null && node.slotCount === 0
    if ((node.flags & (NODE.HANDSHAKE | NODE.NOADDR)) !== 0 || silent) {
      fresh--
      continue
    }
    if (node.gossipMark === mark) continue
    node.gossipMark = mark
    chosen.push(node)
    fresh--
  }
  if (state.pfailNodes === 0) return
  for (const node of list) {
    const speakable = (node.flags & (NODE.HANDSHAKE | NODE.NOADDR)) === 0
    if (speakable && (node.flags & NODE.PFAIL) !== 0) chosen.push(node)
  }
}

function entryAbout(node: ClusterNode): GossipEntry {
  return {
    id: node.id,
    pingSentSeconds: Math.floor(node.pingSent / 1000),
    pongReceivedSeconds: Math.floor(node.pongReceived / 1000),
    ip: node.ip,
    port: node.port,
    secondPort: node.secondPort,
    busPort: node.busPort,
    flags: node.flags & GOSSIP_FLAGS,
  }
}

/** An unsolicited PONG: my slots, role, epoch and offset have changed, and others should not wait for the next PING to know. */
export function broadcastPong(ctx: BusContext, to: 'all' | 'siblings'): void {
  const {myself, list} = ctx.state
  for (const node of list) {
    if (node === myself || node.outbound === null || inHandshake(node)) continue
    if (to === 'siblings') {
      const sibling = isReplica(node) && node.primary !== null
      if (!sibling || (node.primary !== myself && node.primary !== myself.primary)) continue
    }
    sendPing(ctx, node.outbound, PACKET.PONG)
  }
}

/** Goes through the gossip of a packet. `sender` is undefined for a MEET from a stranger, whose word on others counts little. */
export function processGossip(ctx: BusContext, view: PacketView, sender: ClusterNode | undefined): void {
  const {state} = ctx
  for (let index = 0; index < view.count; index++) {
    const id = readGossipId(view.bytes, index)
    const node = state.nodes.get(id)
    if (node === undefined) {
      // One bad id, and nothing that follows can be trusted.
      if (!isNodeName(id)) return
      if (sender !== undefined) learnOf(ctx, readGossip(view.bytes, index))
    } else if (node !== state.myself) {
      const flags = readGossipFlags(view.bytes, index)
      if (((flags | node.flags) & UNREACHABLE) === 0 && node.failReports === null) {
        // The way of nearly every entry: all is well with it, here and there.
        if (node.pingSent === 0) trustPong(ctx, node, readGossipPongMs(view.bytes, index))
      } else {
        hearAbout(ctx, node, readGossip(view.bytes, index), sender)
      }
    }
  }
}

/** Somebody else's fresh pong saves me a ping; one from my future would save me too many. */
function trustPong(ctx: BusContext, node: ClusterNode, pongMs: number): void {
  if (pongMs <= ctx.nowMs + CLOCK_SKEW_MS && pongMs > node.pongReceived) node.pongReceived = pongMs
}

function hearAbout(ctx: BusContext, node: ClusterNode, entry: GossipEntry, sender: ClusterNode | undefined): void {
  const unreachable = (entry.flags & UNREACHABLE) !== 0
  if (sender !== undefined && isPrimary(sender)) takeReport(ctx, node, sender, unreachable)
  if (unreachable) return
  // Unless I have reasons of my own to doubt.
  if (node.pingSent === 0 && failReports(ctx, node) === 0) trustPong(ctx, node, entry.pongReceivedSeconds * 1000)
  if ((node.flags & UNREACHABLE) !== 0 && (entry.flags & NODE.NOADDR) === 0) moveIfElsewhere(ctx, node, entry)
}

function takeReport(ctx: BusContext, node: ClusterNode, sender: ClusterNode, unreachable: boolean): void {
  if (unreachable) {
    if (addFailReport(ctx, node, sender)) {
      ctx.host.log('verbose', `Node ${sender.id} reported node ${node.id} as not reachable.`)
    }
    failIfAgreed(ctx, node)
  } else if (removeFailReport(ctx, node, sender)) {
    ctx.host.log('verbose', `Node ${sender.id} reported node ${node.id} is back online.`)
  }
}

/** I cannot reach it where I think it is; somebody reaches it elsewhere. */
function moveIfElsewhere(ctx: BusContext, node: ClusterNode, entry: GossipEntry): void {
  if (!isHostText(entry.ip)) return
  if (node.ip === entry.ip && node.port === entry.port && node.busPort === entry.busPort) return
  if (node.outbound !== null) closeLink(ctx, node.outbound)
  takeAddress(node, entry)
  node.flags &= ~NODE.NOADDR
}

/** A node of my cluster knows one that I do not. Its name is known, so no handshake is needed, which could find another there. */
function learnOf(ctx: BusContext, entry: GossipEntry): void {
  if ((entry.flags & NODE.NOADDR) !== 0 || !isHostText(entry.ip) || isBlacklisted(ctx, entry.id)) return
  const node = addNode(ctx, entry.id, entry.flags & GOSSIP_FLAGS)
  if (node === undefined) return
  if ((node.flags & NODE.FAIL) !== 0) node.failTime = ctx.nowMs
  takeAddress(node, entry)
}

function takeAddress(node: ClusterNode, entry: GossipEntry): void {
  node.ip = entry.ip
  node.port = entry.port
  node.secondPort = entry.secondPort
  node.busPort = entry.busPort
}
