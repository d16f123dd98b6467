/** Who tells whom about whom: PING, PONG and MEET, and what their gossip section is good for. */
import {below} from '../chance.js'
import {isBlacklisted} from './blacklist.js'
import {type BusContext} from './cluster-host.js'
import {addFailReport, failIfAgreed, failReports, removeFailReport} from './failure.js'
import {closeLink, sendOn} from './links.js'
import {AT, GOSSIP_BYTES, HEADER_BYTES, PACKET} from './packet.js'
import {
  type GossipAddress,
  type GossipEntry,
  gossipWord,
  type PacketView,
  readGossip,
  readGossipFlags,
  readGossipId,
  readGossipPongMs,
  wordsOf,
  writeGossipNews,
} from './packet-codec.js'
import {OWN_FLAG, TIME, timeAt, WORD, wordAt} from './peer-rows.js'
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
  const bodyBytes = gossipBytes + extensionBytes(ctx, level)
  const room = ctx.state.commons.packets?.take(HEADER_BYTES + bodyBytes)
  const bytes = buildPacket(ctx, type, bodyBytes, 0, room)
  bytes.writeUInt16BE(chosen.length, AT.COUNT)
  writeChosen(ctx, bytes)
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
  const {state, rng} = ctx
  const {list, chosen, order} = state
  const {words} = state.peers
  const mark = state.packetsSent + 1
  const myself = state.myself.index
  chosen.length = 0
  let fresh = list.length - 2
  const wanted = Math.min(Math.max(3, Math.floor(list.length / 10)), fresh)
  for (let draws = wanted * 3; draws > 0 && fresh > 0 && chosen.length < wanted; draws--) {
    const index = order[below(rng, list.length)]!
    const flags = words[wordAt(index, WORD.FLAGS)]!
    if (index === myself || (flags & NODE.PFAIL) !== 0) continue
    const silent = (flags & OWN_FLAG.LINKED) === 0 && state.byIndex[index]!.slotCount === 0
    if ((flags & (NODE.HANDSHAKE | NODE.NOADDR)) !== 0 || silent) {
      fresh--
      continue
    }
    if (words[wordAt(index, WORD.MARK)] === mark) continue
    words[wordAt(index, WORD.MARK)] = mark
    chosen.push(index)
    fresh--
  }
  if (state.pfailNodes === 0) return
  for (let place = 0; place < list.length; place++) {
    const index = order[place]!
    const flags = words[wordAt(index, WORD.FLAGS)]!
    if ((flags & (NODE.HANDSHAKE | NODE.NOADDR | NODE.PFAIL)) === NODE.PFAIL) chosen.push(index)
  }
}

/** The entries about those who were chosen: the image of each, which many packets share, then what is my own. */
function writeChosen({state}: BusContext, bytes: Buffer): void {
  const {chosen, names} = state
  const {words, times} = state.peers
  let at = HEADER_BYTES
  for (const index of chosen) {
    const name = words[wordAt(index, WORD.NAME)]!
    if (words[wordAt(index, WORD.EDITION)] !== names.editionOf(name)) {
      words[wordAt(index, WORD.EDITION)] = names.renewImage(name, state.byIndex[index]!)
    }
    bytes.set(names.imageOf(name), at)
    const pingSentSeconds = Math.floor(times[timeAt(index, TIME.PING_SENT)]! / 1000)
    const pongReceivedSeconds = Math.floor(times[timeAt(index, TIME.PONG_RECEIVED)]! / 1000)
    const flags = words[wordAt(index, WORD.FLAGS)]! & GOSSIP_FLAGS
    writeGossipNews(bytes, at, pingSentSeconds, pongReceivedSeconds, flags)
    at += GOSSIP_BYTES
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
  const {state, nowMs} = ctx
  const {bytes, count} = view
  const packet = wordsOf(bytes)
  const myself = state.myself.index
  for (let entry = 0; entry < count; entry++) {
    const index = state.byName[state.names.find(packet, gossipWord(entry))] ?? 0
    if (index === myself) continue
    if (index === 0) {
      if (!hearOfStranger(ctx, bytes, entry, sender)) return
      continue
    }
    const {words, times} = state.peers
    const flags = words[wordAt(index, WORD.FLAGS)]! | readGossipFlags(bytes, entry)
    if ((flags & (UNREACHABLE | OWN_FLAG.REPORTED)) !== 0) {
      hearAbout(ctx, state.byIndex[index]!, bytes, entry, sender)
      continue
    }
    // The way of nearly every entry: all is well with the node, here and there, and nearly always I have heard of it later.
    const pongMs = readGossipPongMs(bytes, entry)
    const known = timeAt(index, TIME.PONG_RECEIVED)
    if (pongMs > times[known]! && times[timeAt(index, TIME.PING_SENT)] === 0 && isTrusted(pongMs, nowMs)) {
      times[known] = pongMs
    }
  }
}

/** False for a bad id: nothing that follows can be trusted then. */
function hearOfStranger(ctx: BusContext, bytes: Buffer, entry: number, sender: ClusterNode | undefined): boolean {
  if (!isNodeName(readGossipId(bytes, entry))) return false
  if (sender !== undefined) learnOf(ctx, readGossip(bytes, entry))
  return true
}

/** Somebody else's fresh pong saves me a ping; one from my future would save me too many. */
const isTrusted = (pongMs: number, nowMs: number): boolean => pongMs <= nowMs + CLOCK_SKEW_MS

function hearAbout(
  ctx: BusContext,
  node: ClusterNode,
  bytes: Buffer,
  entry: number,
  sender: ClusterNode | undefined,
): void {
  const flags = readGossipFlags(bytes, entry)
  const unreachable = (flags & UNREACHABLE) !== 0
  if (sender !== undefined && isPrimary(sender)) takeReport(ctx, node, sender, unreachable)
  if (unreachable) return
  // Unless I have reasons of my own to doubt.
  if (node.pingSent === 0 && failReports(ctx, node) === 0) {
    const pongMs = readGossipPongMs(bytes, entry)
    if (pongMs > node.pongReceived && isTrusted(pongMs, ctx.nowMs)) node.pongReceived = pongMs
  }
  if ((node.flags & UNREACHABLE) !== 0 && (flags & NODE.NOADDR) === 0) {
    moveIfElsewhere(ctx, node, readGossip(bytes, entry))
  }
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
function moveIfElsewhere(ctx: BusContext, node: ClusterNode, entry: GossipAddress): void {
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

function takeAddress(node: ClusterNode, entry: GossipAddress): void {
  node.ip = entry.ip
  node.port = entry.port
  node.secondPort = entry.secondPort
  node.busPort = entry.busPort
}
