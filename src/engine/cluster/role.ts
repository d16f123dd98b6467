/** This node's own role: becoming somebody's replica, taking a primary's place. */
import {assert} from '../../model/assert.js'
import {type BusContext} from './cluster-host.js'
import {broadcastPong} from './gossip.js'
import {resetManualFailover} from './manual-failover.js'
import {attachReplica, detachReplica, markAsPrimary} from './node-table.js'
import {addSlot, closeAllSlots, removeSlot, slotsOf} from './slot-table.js'
import {isPrimary, needs, NODE, primaryOf, DUE, type ClusterNode} from './state.js'
import {updateClusterState} from './cluster-status.js'

/** This node replicates `primary` from now on. It must own no slot. */
export function becomeReplicaOf(ctx: BusContext, primary: ClusterNode): void {
  const {state} = ctx
  const {myself} = state
  assert(primary !== myself && myself.slotCount === 0, 'a replica replicates another and owns no slot')
  const before = primaryOf(myself)
  if (before !== null && before !== primary) for (const slot of slotsOf(before)) state.leftSlots.add(slot)
  if (isPrimary(myself)) {
    myself.flags = (myself.flags & ~(NODE.PRIMARY | NODE.MIGRATE_TO)) | NODE.REPLICA
    closeAllSlots(state)
  } else if (myself.primary !== null) {
    detachReplica(myself)
  }
  attachReplica(myself, primary)
  myself.shardId = primary.shardId
  state.election.voters.clear()
  ctx.host.replicateFrom(primary.id, {host: primary.ip, port: primary.port})
  resetManualFailover(ctx)
  needs(state, DUE.SAVE | DUE.UPDATE_STATE)
}

/** Won, or taken over by order: the primary's slots are mine. The house saves before anybody hears of it. */
export function replacePrimary(ctx: BusContext): void {
  const {state} = ctx
  const {myself} = state
  const old = myself.primary
  if (isPrimary(myself) || old === null) return
  markAsPrimary(state, myself)
  ctx.host.becomePrimary()
  for (const slot of slotsOf(old)) {
    removeSlot(state, slot)
    addSlot(state, myself, slot)
  }
  updateClusterState(ctx)
  needs(state, DUE.SAVE)
  broadcastPong(ctx, 'all')
  resetManualFailover(ctx)
}
