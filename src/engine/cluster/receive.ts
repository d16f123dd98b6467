/** One packet, as it arrives: who sent it, what it says, in the order in which it must be believed. */
import {type BusContext} from './cluster-host.js'
import {countVote, voteIfEntitled} from './election.js'
import {resolveCollision} from './epoch.js'
import {clearFailIfSafe, markFail} from './failure.js'
import {processGossip, sendPing} from './gossip.js'
import {confirmCalled, handshakeWithStranger, updateAddress} from './handshake.js'
import {bindLink, closeLink} from './links.js'
import {beginAsPrimary, learnPrimaryOffset} from './manual-failover.js'
import {learnOwnIp} from './myself.js'
import {attachReplica, markAsPrimary, markAsReplica} from './node-table.js'
import {HEADER_BYTES, ID_BYTES, MESSAGE, PACKET, SLOT_BYTES} from './packet.js'
import {isWellFormed, PacketView, readU64} from './packet-codec.js'
import {levelOf, processExtensions} from './ping-extensions.js'
import {applyClaim, compareClaims} from './slot-claims.js'
import {
  inHandshake,
  isFail,
  isPfail,
  isPrimary,
  isReplica,
  needs,
  NODE,
  DUE,
  type BusLink,
  type ClusterNode,
} from './state.js'

/** Takes one whole packet. Anything that is not what it should be is ignored; the link stays. */
export function receivePacket(ctx: BusContext, link: BusLink, bytes: Buffer): void {
  const {state} = ctx
  const view = new PacketView(bytes)
  if (view.type < state.received.length) state.received[view.type]!++
  if (view.isLight && senderOf(ctx, link, view) === undefined) {
    // A light packet names no sender; on a link of nobody it can only be a mistake.
    closeLink(ctx, link)
    return
  }
  if (!isWellFormed(view)) return
  const sender = senderOf(ctx, link, view)
  if (sender !== undefined) hearFrom(ctx, link, view, sender)
  switch (view.type) {
    case PACKET.PING:
    case PACKET.PONG:
    case PACKET.MEET:
      return receivePing(ctx, link, view, sender)
    case PACKET.FAIL:
      return receiveFail(ctx, view, sender)
    case PACKET.PUBLISH:
    case PACKET.PUBLISHSHARD:
      if (sender !== undefined) deliver(ctx, view)
      return
    case PACKET.AUTH_REQUEST:
      if (sender !== undefined) voteIfEntitled(ctx, sender, view)
      return
    case PACKET.AUTH_ACK:
      if (sender !== undefined) countVote(ctx, sender, view.currentEpoch)
      return
    case PACKET.MFSTART:
      return receiveManualFailoverStart(ctx, link, sender)
    case PACKET.UPDATE:
      if (sender !== undefined) receiveUpdate(ctx, view)
      return
    default: // MODULE: there are no modules here
  }
}

/** The node of the link, unless that is still nameless; else whoever the header names. */
function senderOf(ctx: BusContext, link: BusLink, view: PacketView): ClusterNode | undefined {
  if (link.node !== null && !inHandshake(link.node)) return link.node
  if (view.isLight) return undefined
  const sender = ctx.state.nodes.get(view.sender)
  return sender === ctx.state.myself ? undefined : sender
}

/** What every packet of a known node says: it lives, its epochs, its offset. */
function hearFrom(ctx: BusContext, link: BusLink, view: PacketView, sender: ClusterNode): void {
  const {state} = ctx
  if (link.inbound && link.node === null) bindLink(ctx, link, sender)
  sender.dataReceived = ctx.nowMs
  if (view.isLight || inHandshake(sender)) return
  if (view.readsExtensions && view.type <= PACKET.MEET) sender.extensionLevel = levelOf(view)
  const {currentEpoch, configEpoch} = view
  if (currentEpoch > state.currentEpoch) state.currentEpoch = currentEpoch
  if (configEpoch > sender.configEpoch) {
    sender.configEpoch = configEpoch
    // Votes are refused by it: once heard, the epoch of a claim to slots must not be forgotten.
    needs(state, sender.slotCount > 0 ? DUE.SAVE : DUE.SAVE_SOON)
  }
  sender.replOffset = view.offset
  sender.replOffsetTime = ctx.nowMs
  if ((view.messageFlags & MESSAGE.PAUSED) !== 0) learnPrimaryOffset(ctx, sender, view.offset)
}

function receivePing(ctx: BusContext, link: BusLink, view: PacketView, sender: ClusterNode | undefined): void {
  if (view.type !== PACKET.PONG) answerPing(ctx, link, view, sender)
  if (link.closed) return
  if (!link.inbound && !confirmCalled(ctx, link, view, sender)) return
  if (sender !== undefined) {
    sender.flags = (sender.flags & ~NODE.NOFAILOVER) | (view.flags & NODE.NOFAILOVER)
    if (view.type === PACKET.PING && !inHandshake(sender)) updateAddress(ctx, sender, link, view)
  }
  if (!link.inbound && view.type === PACKET.PONG) takePong(ctx, link.node!)
  // What a handshake's first PONG says of slots and epochs comes again in the second packet, from a node with a name.
  if (sender === undefined) return
  learnRole(ctx, sender, view.primaryId)
  compareClaims(ctx, sender, view.configEpoch, view.slots)
  resolveCollision(ctx, sender, view.configEpoch)
  processGossip(ctx, view, sender)
  processExtensions(ctx, view, sender)
}

/** Every PING and MEET is answered, a stranger's, too: it may know us where we do not know it. */
function answerPing(ctx: BusContext, link: BusLink, view: PacketView, sender: ClusterNode | undefined): void {
  const isMeet = view.type === PACKET.MEET
  if (isMeet || ctx.state.myself.ip === '') learnOwnIp(ctx, link.localHost)
  if (isMeet && sender === undefined && view.sender !== ctx.state.myself.id) {
    handshakeWithStranger(ctx, link, view)
    processGossip(ctx, view, undefined)
  }
  sendPing(ctx, link, PACKET.PONG, sender?.extensionLevel ?? levelOf(view))
}

function takePong(ctx: BusContext, node: ClusterNode): void {
  node.pongReceived = ctx.nowMs
  node.pingSent = 0
  if (isPfail(node)) {
    node.flags &= ~NODE.PFAIL
    needs(ctx.state, DUE.SAVE_SOON | DUE.UPDATE_STATE)
  } else if (isFail(node)) {
    clearFailIfSafe(ctx, node)
  }
}

/** Primary or replica, and whose: as the node itself says. */
function learnRole(ctx: BusContext, sender: ClusterNode, primaryId: string): void {
  const {state} = ctx
  if (primaryId === '') {
    markAsPrimary(state, sender)
    return
  }
  if (isPrimary(sender)) markAsReplica(state, sender)
  const primary = state.nodes.get(primaryId)
  if (primary === undefined || primary === sender || sender.primary === primary) return
  attachReplica(sender, primary)
  needs(state, DUE.SAVE_SOON)
}

function receiveFail(ctx: BusContext, view: PacketView, sender: ClusterNode | undefined): void {
  const id = view.bytes.toString('latin1', HEADER_BYTES, HEADER_BYTES + ID_BYTES)
  if (sender === undefined) {
    ctx.host.log('notice', `Ignoring FAIL message from unknown node ${view.sender} about ${id}`)
    return
  }
  const node = ctx.state.nodes.get(id)
  if (node === undefined || (node.flags & (NODE.FAIL | NODE.MYSELF)) !== 0) return
  ctx.host.log('notice', `FAIL message received from ${sender.id} about ${id}`)
  markFail(ctx, node)
}

function deliver(ctx: BusContext, view: PacketView): void {
  const {bytes, bodyAt} = view
  const channelAt = bodyAt + 8
  const messageAt = channelAt + bytes.readUInt32BE(bodyAt)
  const end = messageAt + bytes.readUInt32BE(bodyAt + 4)
  const sharded = view.type === PACKET.PUBLISHSHARD
  ctx.host.deliver(bytes.toString('latin1', channelAt, messageAt), bytes.toString('latin1', messageAt, end), sharded)
}

/** One of my replicas is told to take over. The PING says where I stopped, and need not wait for the next tick. */
function receiveManualFailoverStart(ctx: BusContext, link: BusLink, sender: ClusterNode | undefined): void {
  if (sender === undefined || isPrimary(sender) || sender.primary !== ctx.state.myself) return
  beginAsPrimary(ctx, sender)
  sendPing(ctx, link, PACKET.PING)
}

/** Somebody noticed that what I believe of a node's slots is out of date. */
function receiveUpdate(ctx: BusContext, view: PacketView): void {
  const {state} = ctx
  const epoch = readU64(view.bytes, HEADER_BYTES)
  const node = state.nodes.get(view.bytes.toString('latin1', HEADER_BYTES + 8, HEADER_BYTES + 8 + ID_BYTES))
  if (node === undefined || !Number.isSafeInteger(epoch + 1) || node.configEpoch >= epoch) return
  if (isReplica(node)) markAsPrimary(state, node)
  node.configEpoch = epoch
  needs(state, DUE.SAVE)
  const bitmapAt = HEADER_BYTES + 8 + ID_BYTES
  applyClaim(ctx, node, epoch, view.bytes.subarray(bitmapAt, bitmapAt + SLOT_BYTES))
}
