/** CLUSTER FAILOVER: the primary stops its writes, the replica catches up to the last byte and is elected without loss. */
import {type BusContext} from './cluster-host.js'
import {isReplica, needs, DUE, type ClusterNode} from './state.js'

/** The primary's writes stay held back for so many of these, if nothing ends the failover before. */
const PAUSE_FACTOR = 2

/** Ends a manual failover on either side. */
export function resetManualFailover(ctx: BusContext): void {
  const {manual} = ctx.state
  const {paused} = manual
  manual.endMs = 0
  manual.canStart = false
  manual.replica = null
  manual.primaryOffset = -1
  manual.paused = false
  if (paused) ctx.host.unpauseWrites()
}

/** The replica's part begins. `canStart`: without asking the primary. */
export function beginAsReplica(ctx: BusContext, canStart: boolean): void {
  resetManualFailover(ctx)
  const {manual} = ctx.state
  manual.endMs = ctx.nowMs + ctx.config.manualFailoverTimeoutMs
  manual.canStart = canStart
}

/** The primary's part: a replica has sent MFSTART. From now on every header says PAUSED and carries the last offset. */
export function beginAsPrimary(ctx: BusContext, replica: ClusterNode): void {
  resetManualFailover(ctx)
  const {manual} = ctx.state
  manual.endMs = ctx.nowMs + ctx.config.manualFailoverTimeoutMs
  manual.replica = replica
  manual.paused = true
  ctx.host.pauseWrites(ctx.nowMs + ctx.config.manualFailoverTimeoutMs * PAUSE_FACTOR)
  ctx.host.log('warning', `Manual failover requested by replica ${replica.id}.`)
}

/** The primary has said where it stopped. */
export function learnPrimaryOffset(ctx: BusContext, sender: ClusterNode, offset: number): void {
  const {manual, myself} = ctx.state
  if (manual.endMs === 0 || manual.primaryOffset !== -1 || !isReplica(myself) || myself.primary !== sender) return
  manual.primaryOffset = offset
  needs(ctx.state, DUE.MANUAL_FAILOVER)
  ctx.host.log('warning', `Received replication offset for paused master manual failover: ${offset}`)
}

/** Has everything the primary wrote been processed? Asks again at the end of every turn until it has. */
export function checkOffsetReached(ctx: BusContext): void {
  const {manual} = ctx.state
  if (manual.endMs === 0 || manual.canStart || manual.primaryOffset === -1) return
  if (manual.primaryOffset !== ctx.host.replOffset()) {
    needs(ctx.state, DUE.MANUAL_FAILOVER)
    return
  }
  manual.canStart = true
  needs(ctx.state, DUE.FAILOVER)
  ctx.host.log('warning', 'All master replication stream processed, manual failover can start.')
}

export function expireManualFailover(ctx: BusContext): void {
  const {endMs} = ctx.state.manual
  if (endMs === 0 || endMs >= ctx.nowMs) return
  ctx.host.log('warning', 'Manual failover timed out.')
  resetManualFailover(ctx)
}
