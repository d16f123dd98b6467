/** MEET and joining: how a node gets a name, and how its address follows it. */
import {hexDigits} from '../chance.js'
import {NODE_ID_LENGTH} from '../../model/node-id.js'
import {type BusContext} from './cluster-host.js'
import {sendPing} from './gossip.js'
import {closeLink} from './links.js'
import {addNode, deleteNode, isHostText, isNodeName, renameNode} from './node-table.js'
import {PACKET} from './packet.js'
import {type PacketView} from './packet-codec.js'
import {hasAddress, inHandshake, isReplica, needs, NODE, DUE, type BusLink, type ClusterNode} from './state.js'

/** A handshake may take a node timeout, but at least this long. */
const SHORTEST_HANDSHAKE_MS = 1000

export function handshakeTimeoutMs(ctx: BusContext): number {
  return Math.max(ctx.config.nodeTimeoutMs, SHORTEST_HANDSHAKE_MS)
}

/** Handshakes at a time. A large cluster that is being made brings one for each node; more than this is an attack. */
const MAX_HANDSHAKES = 2048

/** CLUSTER MEET: calls the address at the next tick, whoever answers there. Nothing happens when that is under way already. */
export function startHandshake(ctx: BusContext, ip: string, port: number, busPort: number): void {
  addHandshake(ctx, NODE.MEET, ip, port, busPort)
}

/** A stranger wants us to join it, or to join us: we call back to learn its name. */
export function handshakeWithStranger(ctx: BusContext, link: BusLink, view: PacketView): void {
  const node = addHandshake(ctx, 0, senderIp(link, view), view.port, view.busPort)
  if (node !== undefined) node.secondPort = view.secondPort
}

/** `undefined` when the address is being called already, or too many are. Handshakes are not saved: they are too short. */
function addHandshake(
  ctx: BusContext,
  flag: number,
  ip: string,
  port: number,
  busPort: number,
): ClusterNode | undefined {
  let handshakes = 0
  for (const node of ctx.state.list) {
    if (!inHandshake(node)) continue
    handshakes++
    if (node.ip === ip && node.port === port && node.busPort === busPort) return undefined
  }
  if (handshakes >= MAX_HANDSHAKES) return undefined
  const node = addNode(ctx, hexDigits(ctx.rng, NODE_ID_LENGTH), NODE.HANDSHAKE | flag)
  if (node === undefined) return undefined
  node.ip = ip
  node.port = port
  node.busPort = busPort
  return node
}

/** The first packet on a link that we dialled. A pending ping stays pending since when it was: a new link is no sign of life. */
export function greet(ctx: BusContext, link: BusLink): void {
  const {node} = link
  if (node === null) return
  const {pingSent} = node
  sendPing(ctx, link, (node.flags & NODE.MEET) !== 0 ? PACKET.MEET : PACKET.PING)
  if (pingSent !== 0) node.pingSent = pingSent
  node.flags &= ~NODE.MEET
}

/**
 * Whoever answers on a link that we dialled should be whom we called.
 * False when the link is gone, and with it the rest of the packet.
 */
export function confirmCalled(
  ctx: BusContext,
  link: BusLink,
  view: PacketView,
  sender: ClusterNode | undefined,
): boolean {
  const node = link.node!
  if (inHandshake(node)) return finishHandshake(ctx, link, view, sender)
  if (node.id === view.sender) return true
  // Somebody else lives there now. Where the node went, gossip or its own PING will tell.
  ctx.host.log('debug', `PONG contains mismatching sender ID. About node ${node.id}, having flags ${node.flags}`)
  node.flags |= NODE.NOADDR
  node.ip = ''
  node.port = node.secondPort = node.busPort = 0
  closeLink(ctx, link)
  needs(ctx.state, DUE.SAVE_SOON)
  return false
}

function finishHandshake(ctx: BusContext, link: BusLink, view: PacketView, sender: ClusterNode | undefined): boolean {
  const {state, host} = ctx
  const node = link.node!
  if (sender !== undefined) {
    host.log('verbose', `Handshake: we already know node ${sender.id}, updating the address if needed.`)
    updateAddress(ctx, sender, link, view)
    deleteNode(ctx, node)
    return false
  }
  const id = view.sender
  // Our own id: MEET led us to ourselves.
  if (!isNodeName(id) || id === state.myself.id) {
    deleteNode(ctx, node)
    return false
  }
  renameNode(state, node, id)
  host.log('debug', `Handshake with node ${id} completed.`)
  node.flags = (node.flags & ~NODE.HANDSHAKE) | (view.flags & (NODE.PRIMARY | NODE.REPLICA))
  needs(state, DUE.SAVE_SOON)
  return true
}

/** A PING from elsewhere than we thought: the node has moved. What came on the link that we dialled says nothing new. */
export function updateAddress(ctx: BusContext, node: ClusterNode, link: BusLink, view: PacketView): void {
  const {state, host} = ctx
  if (link === node.outbound || node === state.myself) return
  const ip = senderIp(link, view)
  if (ip === '') return
  const samePorts = node.port === view.port && node.busPort === view.busPort && node.secondPort === view.secondPort
  if (samePorts && ip === node.ip && hasAddress(node)) return
  node.ip = ip
  takePorts(node, view)
  if (node.outbound !== null) closeLink(ctx, node.outbound)
  node.flags &= ~NODE.NOADDR
  host.log('warning', `Address updated for node ${node.id}, now ${ip}:${node.port}`)
  if (isReplica(state.myself) && state.myself.primary === node) host.replicateFrom(node.id, {host: ip, port: node.port})
  needs(state, DUE.SAVE_SOON | DUE.UPDATE_STATE)
}

/** What the sender announces, else where its socket ends. */
function senderIp(link: BusLink, view: PacketView): string {
  const announced = view.ip
  return announced !== '' && isHostText(announced) ? announced : link.peerHost
}

function takePorts(node: ClusterNode, view: PacketView): void {
  node.port = view.port
  node.secondPort = view.secondPort
  node.busPort = view.busPort
}
