/** One link each way per peer: opening, closing, sending, and putting packets together from what arrives. */
import {LIMITS} from '../limits.js'
import {type Endpoint, type LinkId} from '../ports.js'
import {type BusContext} from './cluster-host.js'
import {AT, LIGHT_BIT} from './packet.js'
import {packetLength} from './packet-codec.js'
import {type BusLink, type ClusterNode} from './state.js'

/** Who we do not know has nothing longer to say than the fullest MEET. */
const STRANGER_PACKET_BYTES = 8 * 1024 * 1024

/** Connections that have not shown a known node id, besides one for each other node, which may be about to; the oldest makes room. */
const MAX_STRANGERS = 1024

const FIRST_INPUT_BYTES = 4096

function createLink(id: LinkId, node: ClusterNode | null, nowMs: number): BusLink {
  return {
    id,
    node,
    inbound: node === null,
    createdMs: nowMs,
    open: node === null,
    closed: false,
    peerHost: '',
    localHost: '',
    input: null,
    inputBytes: 0,
    waiting: null,
    waitingBytes: 0,
  }
}

/** Calls a node. One without an address cannot be called; failure detection must run for it all the same. */
export function openLink(ctx: BusContext, node: ClusterNode): void {
  if (node.ip === '' || node.busPort === 0) {
    if (node.pingSent === 0) node.pingSent = ctx.nowMs
    return
  }
  const link = createLink(ctx.host.dial({host: node.ip, port: node.busPort}), node, ctx.nowMs)
  ctx.state.links.set(link.id, link)
  node.outbound = link
}

export function acceptLink(ctx: BusContext, id: LinkId, peer: Endpoint, local: Endpoint): void {
  const {state} = ctx
  if (state.strangers.size >= MAX_STRANGERS + state.list.length - 1) {
    for (const oldest of state.strangers) {
      closeLink(ctx, oldest)
      break
    }
  }
  const link = createLink(id, null, ctx.nowMs)
  link.peerHost = plainHost(peer.host)
  link.localHost = plainHost(local.host)
  state.links.set(id, link)
  state.strangers.add(link)
}

/** An outbound link stands: what was kept for it goes first, in order. */
export function linkStands(ctx: BusContext, link: BusLink, peer: Endpoint, local: Endpoint): void {
  link.open = true
  link.peerHost = plainHost(peer.host)
  link.localHost = plainHost(local.host)
  for (const bytes of link.waiting ?? []) ctx.host.send(link.id, bytes)
  link.waiting = null
  link.waitingBytes = 0
}

/** An inbound link has shown whose it is. A second one from the same node takes the place of the first. */
export function bindLink(ctx: BusContext, link: BusLink, node: ClusterNode): void {
  if (node.inbound !== null) closeLink(ctx, node.inbound)
  node.inbound = link
  link.node = node
  ctx.state.strangers.delete(link)
}

/** Hangs up and forgets a link. */
export function closeLink(ctx: BusContext, link: BusLink): void {
  if (link.closed) return
  dropLink(ctx, link)
  ctx.host.hangUp(link.id)
}

/** Forgets a link whose connection is gone. */
export function dropLink(ctx: BusContext, link: BusLink): void {
  link.closed = true
  link.input = null
  link.inputBytes = 0
  link.waiting = null
  ctx.state.links.delete(link.id)
  ctx.state.strangers.delete(link)
  const {node} = link
  if (node === null) return
  if (node.outbound === link) {
    node.outbound = null
    ctx.state.watchTimes.lookSoon(node.index)
  }
  if (node.inbound === link) node.inbound = null
}

/** Sends a packet, or keeps it until the link stands. The bytes may go to several links. */
export function sendOn(ctx: BusContext, link: BusLink, bytes: Buffer): void {
  if (link.closed) return
  const {state} = ctx
  if (unsentOn(ctx, link) + bytes.length > LIMITS.linkQueueBytes) {
    // Gossip repairs a lost link; it cannot repair lost memory.
    state.linksOverLimit++
    closeLink(ctx, link)
    return
  }
  state.sent[bytes.readUInt16BE(AT.TYPE) & ~LIGHT_BIT]!++
  if (link.open) {
    ctx.host.send(link.id, bytes)
    return
  }
  link.waiting ??= []
  link.waiting.push(bytes)
  link.waitingBytes += bytes.length
}

export function unsentOn(ctx: BusContext, link: BusLink): number {
  return link.open ? ctx.host.unsentBytes(link.id) : link.waitingBytes
}

/** `cluster-link-sendbuf-limit`: a peer that does not read loses its link. */
export function closeOverLimit(ctx: BusContext, link: BusLink | null): void {
  const limit = ctx.config.linkSendbufLimitBytes
  if (link === null || limit === 0) return
  const unsent = unsentOn(ctx, link)
  if (unsent <= limit) return
  const peer = link.node === null ? 'an unknown node' : `node ${link.node.id}`
  ctx.host.log(
    'warning',
    `Freeing outgoing cluster link to ${peer} because its send buffer memory usage is ${unsent}, over the limit of ${limit}`,
  )
  ctx.state.linksOverLimit++
  closeLink(ctx, link)
}

/**
 * Takes what arrived on a link, hands over each whole packet, keeps the beginning of the next. Memory grows with the bytes that
 * came, not with the length they promise. Bytes that cannot be a packet close the link.
 */
export function feedLink(ctx: BusContext, link: BusLink, chunk: Uint8Array, packet: (bytes: Buffer) => void): void {
  const fresh = link.inputBytes === 0
  const bytes = fresh ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength) : appendInput(link, chunk)
  const end = bytes.length
  const limit = link.node === null ? STRANGER_PACKET_BYTES : LIMITS.busPacketBytes
  let at = 0
  while (at < end) {
    const length = packetLength(bytes, at, end, limit)
    if (length === 'garbage') {
      ctx.host.log(
        'warning',
        `Bad message length or signature received from the bus of ${link.peerHost === '' ? 'a peer' : link.peerHost}.`,
      )
      closeLink(ctx, link)
      return
    }
    if (length === 'unknown' || at + length > end) break
    packet(bytes.subarray(at, at + length))
    if (link.closed) return
    at += length
  }
  if (at === end) {
    link.input = null
    link.inputBytes = 0
  } else if (fresh || at > 0) {
    keepInput(link, bytes.subarray(at, end))
  }
}

function appendInput(link: BusLink, chunk: Uint8Array): Buffer {
  const total = link.inputBytes + chunk.length
  let input = link.input!
  if (input.length < total) {
    const grown = Buffer.allocUnsafe(Math.max(total, input.length * 2))
    input.copy(grown, 0, 0, link.inputBytes)
    link.input = input = grown
  }
  input.set(chunk, link.inputBytes)
  link.inputBytes = total
  return input.subarray(0, total)
}

function keepInput(link: BusLink, rest: Buffer): void {
  // A copy of its own: the chunk belongs to the socket, and a window would hold all of it.
  const input = Buffer.allocUnsafe(Math.max(FIRST_INPUT_BYTES, rest.length))
  rest.copy(input)
  link.input = input
  link.inputBytes = rest.length
}

/** IPv4 peers of a socket that listens on IPv6 carry a prefix that no other node would understand. */
function plainHost(host: string): string {
  return host.startsWith('::ffff:') && host.includes('.') ? host.slice('::ffff:'.length) : host
}
