/** CLUSTER MEET, FORGET, REPLICATE, FAILOVER, RESET: what they do, and the words of a refusal. */
import {BUS_PORT_OFFSET, isPort} from '../../model/address.js'
import {NODE_ID_LENGTH, type NodeId} from '../../model/node-id.js'
import {hexDigits} from '../chance.js'
import {OK, type Outcome} from './admin-slots.js'
import {BLACKLIST_MS, forgetNode, isBlacklisted} from './blacklist.js'
import {type BusContext} from './cluster-host.js'
import {bumpEpoch} from './epoch.js'
import {failReports} from './failure.js'
import {startHandshake} from './handshake.js'
import {canonicalIp} from './ip-text.js'
import {beginAsReplica, resetManualFailover} from './manual-failover.js'
import {deleteNode, markAsPrimary, renameNode} from './node-table.js'
import {becomeReplicaOf, replacePrimary} from './role.js'
import {sendManualFailoverStart} from './send.js'
import {closeAllSlots, removeSlot, slotsOf} from './slot-table.js'
import {isFail, isPrimary, isReplica, needs, DUE, type ClusterNode} from './state.js'
import {SLOT_COUNT} from '../../model/slot.js'

/** CLUSTER MEET. `busPort` 0: port + 10000. The address must be a literal. */
export function meet(ctx: BusContext, ip: string, port: number, busPort = 0): Outcome {
  const canonical = canonicalIp(ip)
  const bus = busPort === 0 ? port + BUS_PORT_OFFSET : busPort
  if (canonical === undefined || !isPort(port) || !isPort(bus)) return `Invalid node address specified: ${ip}:${port}`
  startHandshake(ctx, canonical, port, bus)
  return OK
}

export function forget(ctx: BusContext, id: NodeId): Outcome {
  const {myself, nodes} = ctx.state
  const node = nodes.get(id)
  // Whoever tells one node after another may come after the gossip of the first, which is no error (as in Redis 8).
  if (node === undefined) return isBlacklisted(ctx, id) ? OK : `Unknown node ${id}`
  if (node === myself) return "I tried hard but I can't forget myself..."
  if (isReplica(myself) && myself.primary === node) return "Can't forget my master!"
  forgetNode(ctx, node, ctx.nowMs + BLACKLIST_MS)
  return OK
}

export function replicate(ctx: BusContext, id: NodeId): Outcome {
  const {state, host} = ctx
  const {myself} = state
  const node = state.nodes.get(id)
  if (node === undefined) return `Unknown node ${id}`
  if (node === myself) return "Can't replicate myself"
  if (isReplica(node)) return 'I can only replicate a master, not a replica.'
  // Its data would be lost, and writes to it with them.
  if (isPrimary(myself) && (myself.slotCount !== 0 || !host.isEmpty())) {
    return 'To set a master the node must be empty and without assigned slots.'
  }
  becomeReplicaOf(ctx, node)
  return OK
}

/** `normal` waits for the primary's last byte; `force` does without the primary; `takeover` without votes, too. */
export type FailoverMode = 'normal' | 'force' | 'takeover'

export function failover(ctx: BusContext, mode: FailoverMode): Outcome {
  const {myself} = ctx.state
  const {primary} = myself
  if (isPrimary(myself)) return 'You should send CLUSTER FAILOVER to a replica'
  if (primary === null) return "I'm a replica but my master is unknown to me"
  if (mode === 'normal' && (isFail(primary) || primary.outbound === null)) {
    return 'Master is down or failed, please use CLUSTER FAILOVER FORCE'
  }
  beginAsReplica(ctx, mode === 'force')
  if (mode === 'takeover') {
    ctx.host.log('warning', 'Taking over the master (user request).')
    bumpEpoch(ctx)
    replacePrimary(ctx)
  } else if (mode === 'force') {
    ctx.host.log('warning', 'Forced failover user request accepted.')
    needs(ctx.state, DUE.FAILOVER)
  } else {
    ctx.host.log('warning', 'Manual failover user request accepted.')
    sendManualFailoverStart(ctx, primary)
  }
  return OK
}

/** CLUSTER RESET: alone again, without slots; `hard` also under a new name and with no past. */
export function reset(ctx: BusContext, hard: boolean): Outcome {
  const {state, host, rng} = ctx
  const {myself} = state
  if (isPrimary(myself) && !host.isEmpty()) return "CLUSTER RESET can't be called with master nodes containing keys"
  if (isReplica(myself)) {
    if (myself.primary !== null) for (const slot of slotsOf(myself.primary)) state.leftSlots.add(slot)
    markAsPrimary(state, myself)
    host.becomePrimary()
    host.flushAll()
  }
  closeAllSlots(state)
  resetManualFailover(ctx)
  for (let slot = 0; slot < SLOT_COUNT; slot++) removeSlot(state, slot)
  for (const node of [...state.list]) if (node !== myself) deleteNode(ctx, node)
  // The list is gossiped, and a node that starts anew has nobody to make others forget.
  state.blacklist.clear()
  state.election.timeMs = 0
  if (hard) {
    state.currentEpoch = 0
    state.lastVoteEpoch = 0
    myself.configEpoch = 0
    host.log('warning', 'configEpoch set to 0 via CLUSTER RESET HARD')
    renameNode(state, myself, hexDigits(rng, NODE_ID_LENGTH))
    host.log('notice', `Node hard reset, now I'm ${myself.id}`)
  }
  needs(state, DUE.SAVE | DUE.UPDATE_STATE)
  return OK
}

/** The number of COUNT-FAILURE-REPORTS, or the text of its error. */
export function countFailureReports(ctx: BusContext, id: NodeId): number | string {
  const node = ctx.state.nodes.get(id)
  return node === undefined ? `Unknown node ${id}` : failReports(ctx, node)
}

/** The primary that REPLICAS asks about, or the text of its error. */
export function primaryNamed(ctx: BusContext, id: NodeId): ClusterNode | string {
  const node = ctx.state.nodes.get(id)
  if (node === undefined) return `Unknown node ${id}`
  return isReplica(node) ? 'The specified node is not a master' : node
}
