/** PFAIL is what I see, FAIL what a majority of primaries agrees on (cluster specification, "Failure detection"). */
import {type BusContext} from './cluster-host.js'
import {broadcastFail} from './send.js'
import {isFail, isPfail, isPrimary, isReplica, needs, NODE, quorum, DUE, type ClusterNode} from './state.js'

/** Reports and votes are worth something for this many node timeouts; so long must a FAIL be old before it is taken back. */
const TIMEOUTS = 2

/** A primary says that a node does not answer. True when it had not said so before. */
export function addFailReport(ctx: BusContext, node: ClusterNode, reporter: ClusterNode): boolean {
  node.failReports ??= new Map()
  const isNew = !node.failReports.has(reporter)
  node.failReports.set(reporter, ctx.nowMs)
  return isNew
}

/** A primary takes its report back. True when there was one. */
export function removeFailReport(ctx: BusContext, node: ClusterNode, reporter: ClusterNode): boolean {
  if (node.failReports === null) return false
  const had = node.failReports.delete(reporter)
  if (had) failReports(ctx, node)
  return had
}

/** How many reports are still fresh. Old ones are dropped on the way. */
export function failReports(ctx: BusContext, node: ClusterNode): number {
  const {failReports: reports} = node
  if (reports === null) return 0
  const oldestMs = ctx.nowMs - ctx.config.nodeTimeoutMs * TIMEOUTS
  for (const [reporter, sinceMs] of reports) if (sinceMs < oldestMs) reports.delete(reporter)
  const count = reports.size
  if (count === 0) node.failReports = null
  return count
}

/** Turns PFAIL into FAIL when a majority of the primaries with slots says so, and tells everybody. */
export function failIfAgreed(ctx: BusContext, node: ClusterNode): void {
  const {state} = ctx
  if (!isPfail(node) || isFail(node)) return
  const voices = failReports(ctx, node) + (isPrimary(state.myself) ? 1 : 0)
  if (voices < quorum(state)) return
  ctx.host.log('notice', `Marking node ${node.id} as failing (quorum reached).`)
  markFail(ctx, node)
  broadcastFail(ctx, node.id)
}

export function markFail(ctx: BusContext, node: ClusterNode): void {
  node.flags = (node.flags & ~NODE.PFAIL) | NODE.FAIL
  node.failTime = ctx.nowMs
  needs(ctx.state, DUE.UPDATE_STATE | DUE.SAVE_SOON)
}

/**
 * A FAIL node answers again. Without slots that settles it; with slots only if nobody has taken them in the time in which
 * somebody could: it would serve what may already be another's.
 */
export function clearFailIfSafe(ctx: BusContext, node: ClusterNode): void {
  if (isReplica(node) || node.slotCount === 0) {
    const what = isReplica(node) ? 'replica' : 'master without slots'
    ctx.host.log('notice', `Clear FAIL state for node ${node.id}: ${what} is reachable again.`)
    clearFail(ctx, node)
  } else if (isPrimary(node) && ctx.nowMs - node.failTime > ctx.config.nodeTimeoutMs * TIMEOUTS) {
    ctx.host.log(
      'notice',
      `Clear FAIL state for node ${node.id}: is reachable again and nobody is serving its slots after some time.`,
    )
    clearFail(ctx, node)
  }
}

function clearFail(ctx: BusContext, node: ClusterNode): void {
  node.flags &= ~NODE.FAIL
  needs(ctx.state, DUE.UPDATE_STATE | DUE.SAVE_SOON)
}
