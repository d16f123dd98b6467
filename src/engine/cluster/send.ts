/** What this node tells others, apart from gossip: one function per packet. */
import {type NodeId} from '../../model/node-id.js'
import {type Bytes} from '../ports.js'
import {type BusContext} from './cluster-host.js'
import {sendOn} from './links.js'
import {HEADER_BYTES, ID_BYTES, MESSAGE, PACKET, type PacketType, SLOT_BYTES} from './packet.js'
import {encodeHeader, writeU64} from './packet-codec.js'
import {epochOf, inHandshake, isPrimary, isReplica, NODE, type ClusterNode} from './state.js'

/**
 * A packet that speaks for this node, with `bodyBytes` to be written after its header.
 * @param room where to write it; by default in memory of its own
 */
export function buildPacket(
  ctx: BusContext,
  type: PacketType,
  bodyBytes: number,
  messageFlags = 0,
  room?: Buffer,
): Buffer {
  const {state, config} = ctx
  const {myself} = state
  const speaksFor = isReplica(myself) && myself.primary !== null ? myself.primary : myself
  const paused = isPrimary(myself) && state.manual.endMs !== 0 ? MESSAGE.PAUSED : 0
  return encodeHeader(
    {
      type,
      port: myself.port,
      secondPort: myself.secondPort,
      busPort: myself.busPort,
      currentEpoch: state.currentEpoch,
      configEpoch: epochOf(myself),
      offset: ctx.host.replOffset(),
      sender: myself.id,
      slots: speaksFor.slots,
      primaryId: myself.primary?.id ?? '',
      ip: config.announceIp,
      flags: (myself.flags & (NODE.PRIMARY | NODE.REPLICA | NODE.MYSELF | NODE.NOFAILOVER)) | NODE.EXTENSIONS,
      ok: state.ok,
      messageFlags: messageFlags | paused | MESSAGE.EXT_DATA,
    },
    bodyBytes,
    room,
  )
}

/** To every node that has told its name and that we have a link to. */
function broadcast(ctx: BusContext, bytes: Buffer): void {
  const {list, myself} = ctx.state
  for (const node of list) {
    if (node === myself || node.outbound === null || inHandshake(node)) continue
    sendOn(ctx, node.outbound, bytes)
  }
}

export function broadcastFail(ctx: BusContext, id: NodeId): void {
  const bytes = buildPacket(ctx, PACKET.FAIL, ID_BYTES)
  bytes.write(id, HEADER_BYTES, ID_BYTES, 'latin1')
  broadcast(ctx, bytes)
}

/** Tells a node that still claims slots of `owner` how it is now. */
export function sendUpdate(ctx: BusContext, to: ClusterNode, owner: ClusterNode): void {
  if (to.outbound === null) return
  const bytes = buildPacket(ctx, PACKET.UPDATE, 8 + ID_BYTES + SLOT_BYTES)
  writeU64(bytes, owner.configEpoch, HEADER_BYTES)
  bytes.write(owner.id, HEADER_BYTES + 8, ID_BYTES, 'latin1')
  const at = HEADER_BYTES + 8 + ID_BYTES
  // What the owner has ceased to claim is no news worth spreading.
  for (let index = 0; index < SLOT_BYTES; index++) {
    bytes[at + index] = owner.slots[index]! & ~ctx.state.unclaimed[index]!
  }
  sendOn(ctx, to.outbound, bytes)
}

/** Asks all nodes for their vote. */
export function requestVotes(ctx: BusContext): void {
  const force = ctx.state.manual.endMs !== 0 ? MESSAGE.FORCEACK : 0
  broadcast(ctx, buildPacket(ctx, PACKET.AUTH_REQUEST, 0, force))
}

export function sendVote(ctx: BusContext, to: ClusterNode): void {
  if (to.outbound !== null) sendOn(ctx, to.outbound, buildPacket(ctx, PACKET.AUTH_ACK, 0))
}

/** Asks the primary to stop and hand over. */
export function sendManualFailoverStart(ctx: BusContext, to: ClusterNode): void {
  if (to.outbound !== null) sendOn(ctx, to.outbound, buildPacket(ctx, PACKET.MFSTART, 0))
}

/** A message for the subscribers of other nodes: all nodes, or those of this shard. */
export function broadcastMessage(ctx: BusContext, channel: Bytes, message: Bytes, sharded: boolean): void {
  const {myself, list} = ctx.state
  if (list.length < 2) return
  const type = sharded ? PACKET.PUBLISHSHARD : PACKET.PUBLISH
  const bytes = buildPacket(ctx, type, 8 + channel.length + message.length)
  bytes.writeUInt32BE(channel.length, HEADER_BYTES)
  bytes.writeUInt32BE(message.length, HEADER_BYTES + 4)
  bytes.write(channel, HEADER_BYTES + 8, 'latin1')
  bytes.write(message, HEADER_BYTES + 8 + channel.length, 'latin1')
  if (!sharded) {
    broadcast(ctx, bytes)
    return
  }
  const primary = isPrimary(myself) ? myself : myself.primary
  if (primary === null) return
  for (const node of [primary, ...primary.replicas]) {
    if (node !== myself && node.outbound !== null) sendOn(ctx, node.outbound, bytes)
  }
}
