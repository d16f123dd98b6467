/** A replica for the orphaned primary: from the shard that has the most of them (cluster specification, "Replica migration"). */
import {type BusContext} from './cluster-host.js'
import {workingReplicas} from './node-table.js'
import {becomeReplicaOf} from './role.js'
import {isFail, isPrimary, isReplica, NODE, type ClusterNode} from './state.js'

/** During a failover replicas come and go; only who stays without for longer is orphaned. */
const ORPHAN_MS = 5000

/** Serves slots, had replicas, and has none that works. */
function isOrphan(node: ClusterNode, replicas: number): boolean {
  return isPrimary(node) && !isFail(node) && (node.flags & NODE.MIGRATE_TO) !== 0 && replicas === 0
}

/** Asked at every tick of a replica. Replicas decide alone; that only the one with the smallest id moves keeps them from all doing so. */
export function migrateIfCandidate(ctx: BusContext): void {
  const {state, config} = ctx
  const {myself} = state
  if (!isReplica(myself) || myself.primary === null || !config.allowReplicaMigration) return
  const mine = isFail(myself.primary) ? 0 : workingReplicas(myself.primary)
  // Without this a thousand nodes would be gone through at every tick, in vain.
  if (mine < 2 || !state.ok) return
  let most = 0
  let orphans = 0
  for (const node of state.list) {
    if (!isPrimary(node) || isFail(node)) continue
    const replicas = workingReplicas(node)
    if (node.slotCount > 0 && isOrphan(node, replicas)) orphans++
    most = Math.max(most, replicas)
  }
  if (orphans === 0 || mine !== most) return
  const good = myself.primary.replicas.filter((replica) => (replica.flags & (NODE.FAIL | NODE.PFAIL)) === 0).length
  if (good <= config.migrationBarrier) return
  migrate(ctx, most)
}

function migrate(ctx: BusContext, most: number): void {
  const {state, nowMs} = ctx
  let target: ClusterNode | null = null
  let candidate = state.myself
  for (const node of state.list) {
    const replicas = isPrimary(node) ? workingReplicas(node) : 0
    if (isOrphan(node, replicas)) {
      if (target === null && node.slotCount > 0) target = node
      if (node.orphanedTime === 0) node.orphanedTime = nowMs
    } else {
      node.orphanedTime = 0
    }
    if (replicas !== most) continue
    for (const replica of node.replicas) if (replica.id < candidate.id) candidate = replica
  }
  if (target === null || candidate !== state.myself || nowMs - target.orphanedTime <= ORPHAN_MS) return
  ctx.host.log('notice', `Migrating to orphaned master ${target.id}`)
  becomeReplicaOf(ctx, target)
}
