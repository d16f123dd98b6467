/** Is the cluster ok, as far as this node can tell? Decides whether it serves (cluster specification, "Cluster state"). */
import {SLOT_COUNT} from '../../model/slot.js'
import {type BusContext} from './cluster-host.js'
import {isPrimary, NODE, quorum, DUE} from './state.js'

/** A primary that comes back gives the others time to tell it that it is none any more. */
const WRITABLE_DELAY_MS = 2000

/** After a minority: as long as it takes the majority's news to arrive, within these bounds. */
const SHORTEST_REJOIN_MS = 500
const LONGEST_REJOIN_MS = 5000

/** For a node that was never away. */
export function skipWritableDelay({state, nowMs}: BusContext): void {
  state.firstStateMs = nowMs - WRITABLE_DELAY_MS
}

export function updateClusterState(ctx: BusContext): void {
  const {state, config, nowMs} = ctx
  state.due &= ~DUE.UPDATE_STATE
  if (state.firstStateMs === 0) state.firstStateMs = nowMs
  if (isPrimary(state.myself) && !state.ok && nowMs - state.firstStateMs < WRITABLE_DELAY_MS) return

  let ok = !config.requireFullCoverage || state.assignedSlots === SLOT_COUNT
  let size = 0
  let reachable = 0
  for (const node of state.list) {
    if (node.slotCount === 0) continue
    if (config.requireFullCoverage && (node.flags & NODE.FAIL) !== 0) ok = false
    if (!isPrimary(node)) continue
    size++
    if ((node.flags & (NODE.FAIL | NODE.PFAIL)) === 0) reachable++
  }
  state.size = size
  if (reachable < quorum(state)) {
    ok = false
    // Redis counts a cluster without slots as a minority, too. But there is no majority then whose news could be missed.
    if (size > 0) state.minorityMs = nowMs
  }
  if (ok === state.ok) return
  const rejoinMs = Math.min(Math.max(config.nodeTimeoutMs, SHORTEST_REJOIN_MS), LONGEST_REJOIN_MS)
  if (ok && isPrimary(state.myself) && nowMs - state.minorityMs < rejoinMs) return
  state.ok = ok
  ctx.host.log('warning', `Cluster state changed: ${ok ? 'ok' : 'fail'}`)
  ctx.host.stateChanged(ok)
}
