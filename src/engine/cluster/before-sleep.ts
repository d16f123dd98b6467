/** What this turn left to do, in the one order that is safe: decide, judge the state, then save; the house sends after that. */
import {type BusContext} from './cluster-host.js'
import {updateClusterState} from './cluster-status.js'
import {handleFailover} from './election.js'
import {checkOffsetReached} from './manual-failover.js'
import {formatEpochs, formatNodesConf} from './nodes-conf.js'
import {isReplica, primaryOf, DUE, type ClusterState} from './state.js'

export function beforeSleep(ctx: BusContext): void {
  const {state, host} = ctx
  if ((state.due & DUE.MANUAL_FAILOVER) !== 0) {
    state.due &= ~DUE.MANUAL_FAILOVER
    if (isReplica(state.myself)) checkOffsetReached(ctx)
  }
  // An order to fail over is scheduled for now, then carried out: no need to wait for another turn in between.
  for (let rounds = 0; rounds < 2 && (state.due & DUE.FAILOVER) !== 0; rounds++) handleFailover(ctx)
  if ((state.due & DUE.UPDATE_STATE) !== 0) updateClusterState(ctx)
  if (state.leftSlots.size > 0) {
    const lost = lostSlots(state)
    if (lost.length > 0) host.slotsLost(lost)
  }
  if ((state.due & DUE.SAVE) !== 0) saveNodesConf(ctx)
}

/** Nothing that was said before may be on the way when the file is not: the house writes files first. */
export function saveNodesConf({state, host}: BusContext): void {
  state.due &= ~(DUE.SAVE | DUE.SAVE_SOON)
  const epochs = formatEpochs(state)
  const isBinding = epochs !== state.syncedEpochs
  state.syncedEpochs = epochs
  host.saveConfig(Buffer.from(formatNodesConf(state), 'latin1'), isBinding)
}

/** Slots that went and did not come back within the turn. */
function lostSlots(state: ClusterState): number[] {
  const index = primaryOf(state.myself)?.index ?? 0
  const lost = [...state.leftSlots].filter((slot) => state.owners[slot] !== index || index === 0)
  state.leftSlots.clear()
  return lost
}
