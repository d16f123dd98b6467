/** The optional tail of PING, PONG and MEET: host name, node name, shard, forgotten nodes. */
import {type NodeId} from '../../model/node-id.js'
import {type BusContext} from './cluster-host.js'
import {forgetByGossip} from './blacklist.js'
import {EXTENSION, EXTENSION_HEAD_BYTES, FORGOTTEN_NODE_BYTES, ID_BYTES, SHARDID_BYTES} from './packet.js'
import {type PacketView, readText, readU64, writeU64} from './packet-codec.js'
import {isHostname, isNodeName} from './node-table.js'
import {EXTENSION_LEVEL, needs, NODE, DUE, type ClusterNode} from './state.js'

/** Node names are for people: any printable text, but no more of it than this. */
const NODENAME_LIMIT = 255

/** Room for the text, its NUL, and padding to a multiple of eight. */
function textBytes(text: string): number {
  return EXTENSION_HEAD_BYTES + Math.ceil((text.length + 1) / 8) * 8
}

/**
 * Which extensions may go to the sender of this packet. Redis 7.0 reads host names only and complains of anything else in its
 * log; it announces that it reads them only when it has a name itself, and tells its own to everybody: so do we. Who reads more
 * is told by flag bits, or (Redis 8.0 sets none in its own header) by what it sends itself.
 */
export function levelOf(view: PacketView): number {
  if (!view.readsExtensions) return EXTENSION_LEVEL.HOSTNAME
  const all = (view.flags & (NODE.EXTENSIONS | NODE.LIGHT_PUBLISH)) !== 0 || hasNewExtension(view)
  return all ? EXTENSION_LEVEL.ALL : EXTENSION_LEVEL.HOSTNAME
}

/** Whether a PING, PONG or MEET carries something that Redis 7.0 does not know. */
function hasNewExtension(view: PacketView): boolean {
  const {bytes} = view
  let at = view.extensionsAt
  for (let left = view.extensionCount; left > 0; left--) {
    if (bytes.readUInt16BE(at + 4) !== EXTENSION.HOSTNAME) return true
    at += bytes.readUInt32BE(at)
  }
  return false
}

/** The length of our extensions for a peer. */
export function extensionBytes(ctx: BusContext, level: number): number {
  const {myself} = ctx.state
  const hostname = myself.hostname === '' ? 0 : textBytes(myself.hostname)
  if (level === EXTENSION_LEVEL.HOSTNAME) return hostname
  const nodename = myself.nodename === '' ? 0 : textBytes(myself.nodename)
  return hostname + nodename + forgottenNodes(ctx).length * FORGOTTEN_NODE_BYTES + SHARDID_BYTES
}

/**
 * Who is to be forgotten, and for how many seconds more: whole ones, rounded down. Rounded up, nodes that tell each other would put the end
 * off again and again, and a node that was forgotten could not be brought back as long as somebody tries.
 */
function forgottenNodes({state, nowMs}: BusContext): (readonly [NodeId, number])[] {
  const forgotten: (readonly [NodeId, number])[] = []
  for (const [id, untilMs] of state.blacklist) {
    const seconds = Math.floor((untilMs - nowMs) / 1000)
    if (seconds > 0) forgotten.push([id, seconds])
  }
  return forgotten
}

/** Writes what `extensionBytes` measured; returns how many there are. All of them every time: absence would clear them. */
export function writeExtensions(ctx: BusContext, bytes: Buffer, start: number, level: number): number {
  const {myself} = ctx.state
  let at = start
  let count = 0
  const head = (type: number, length: number): number => {
    bytes.fill(0, at, at + length)
    bytes.writeUInt32BE(length, at)
    bytes.writeUInt16BE(type, at + 4)
    const payload = at + EXTENSION_HEAD_BYTES
    at += length
    count++
    return payload
  }
  const text = (type: number, value: string): void => {
    if (value !== '') bytes.write(value, head(type, textBytes(value)), 'latin1')
  }
  text(EXTENSION.HOSTNAME, myself.hostname)
  if (level === EXTENSION_LEVEL.HOSTNAME) return count
  text(EXTENSION.HUMAN_NODENAME, myself.nodename)
  for (const [id, seconds] of forgottenNodes(ctx)) {
    const payload = head(EXTENSION.FORGOTTEN_NODE, FORGOTTEN_NODE_BYTES)
    bytes.write(id, payload, ID_BYTES, 'latin1')
    writeU64(bytes, seconds, payload + ID_BYTES)
  }
  bytes.write(myself.shardId, head(EXTENSION.SHARDID, SHARDID_BYTES), ID_BYTES, 'latin1')
  return count
}

/** Takes over what a known sender says of itself, and of nodes it was told to forget. The packet is well formed. */
export function processExtensions(ctx: BusContext, view: PacketView, sender: ClusterNode): void {
  const {bytes} = view
  let hostname = ''
  let nodename = ''
  let at = view.extensionsAt
  for (let left = view.readsExtensions ? view.extensionCount : 0; left > 0; left--) {
    const length = bytes.readUInt32BE(at)
    const payload = at + EXTENSION_HEAD_BYTES
    const width = length - EXTENSION_HEAD_BYTES
    switch (bytes.readUInt16BE(at + 4)) {
      case EXTENSION.HOSTNAME:
        hostname = width > 0 ? readText(bytes, payload, width) : ''
        break
      case EXTENSION.HUMAN_NODENAME:
        nodename = width > 0 ? readText(bytes, payload, width) : ''
        break
      case EXTENSION.FORGOTTEN_NODE:
        if (length === FORGOTTEN_NODE_BYTES) {
          const id = bytes.toString('latin1', payload, payload + ID_BYTES)
          forgetByGossip(ctx, id, readU64(bytes, payload + ID_BYTES))
        }
        break
      case EXTENSION.SHARDID:
        if (length === SHARDID_BYTES) learnShard(ctx, sender, bytes.toString('latin1', payload, payload + ID_BYTES))
        break
      default: // type 4 is a secret to Redis and an address to Valkey; neither it nor anything newer concerns us
    }
    at += length
  }
  if (nodename.length <= NODENAME_LIMIT) sender.nodename = nodename
  if (hostname !== sender.hostname && (hostname === '' || isHostname(hostname))) {
    sender.hostname = hostname
    needs(ctx.state, DUE.SAVE_SOON)
  }
}

function learnShard(ctx: BusContext, sender: ClusterNode, shardId: string): void {
  if (shardId !== sender.shardId && !isNodeName(shardId)) return
  sender.shardId = shardId
  const {myself} = ctx.state
  if (myself.primary === sender) myself.shardId = shardId
}
