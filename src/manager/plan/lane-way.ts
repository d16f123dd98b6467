/** Which way a lane goes: whole, by the servers themselves, or key by key with MIGRATE; and why. */
import type {NodeId} from '../../model/node-id.js'
import type {Finding} from '../check/finding.js'
import {findNode, findPrimary, type Topology, type TopologyNode} from '../view/topology.js'
import {nodeRefusal, subjectOf} from './build.js'
import type {MigrateReason} from './migrate-reason.js'
import {isUnlimited} from './pace-limits.js'
import {DEFAULT_SETTINGS, type PlanSettings} from './plan.js'
import type {StepOf} from './step.js'

/** Who is asked for an atomic migration, and does the work: Valkey's and the engine's source, Redis' target. */
export type AskedNode = 'source' | 'target'

/** The part of a lane's step that tells how it goes. */
export type LaneWay =
  Pick<StepOf<'move-slots'>, 'kind' | 'because'> | Pick<StepOf<'migrate-slots'>, 'kind' | 'asks' | 'fallback'>

export interface WayRequest {
  /** `undefined`: as the servers and the settings suggest. */
  readonly atomic: boolean | undefined
  readonly settings: PlanSettings | undefined
}

/**
 * Atomic migration wherever both ends and all their replicas can do it, and nothing was asked for that only MIGRATE has. What
 * was chosen here, and not by the operator, may fall back to MIGRATE when it keeps failing.
 */
export function wayOf(
  topology: Topology,
  ends: {readonly source: NodeId; readonly target: NodeId},
  {atomic, settings = DEFAULT_SETTINGS}: WayRequest,
): LaneWay {
  const nodes = involved(topology, ends)
  const asks = askedOf(nodes)
  if (atomic === true) return {kind: 'migrate-slots', ...asking(asks ?? 'source')}
  if (!nodes.some(canMigrate)) return {kind: 'move-slots'}
  const because = reasonForMigrate(nodes, asks, atomic, settings)
  return because === undefined
    ? {kind: 'migrate-slots', ...asking(asks!), fallback: true}
    : {kind: 'move-slots', because}
}

/**
 * Why `--atomic` cannot be had: CLUSTER MIGRATESLOTS takes Valkey 9.0 or the bundled engine on both ends, CLUSTER MIGRATION
 * Redis 8.4. Who asked for it has a reason, such as keys too big for MIGRATE, so nothing else is silently put in its place.
 */
export function atomicRefusals(
  topology: Topology,
  lanes: readonly {readonly source: NodeId; readonly target: NodeId}[],
): Finding[] {
  const unable = lanes.filter((lane) => askedOf(involved(topology, lane)) === undefined)
  const nodes = new Set(unable.flatMap((lane) => involved(topology, lane)))
  const incapable = [...nodes].filter((node) => !canMigrate(node))
  // All can, but not with each other: then it is the pair that is at fault.
  const named = incapable.length > 0 ? incapable : [...nodes]
  const message =
    incapable.length > 0
      ? 'cannot move slots atomically: that takes Valkey 9.0, Redis 8.4 or the bundled engine'
      : 'moves slots atomically in another way than the node at the other end'
  return named.map(({id}) =>
    nodeRefusal('atomic-not-supported', subjectOf(topology, id), message, {remedy: 'leave out --atomic'}),
  )
}

function reasonForMigrate(
  nodes: readonly TopologyNode[],
  asks: AskedNode | undefined,
  atomic: boolean | undefined,
  {pipeline, replace, pace}: PlanSettings,
): MigrateReason | undefined {
  if (atomic === false) return 'no-atomic'
  if (pipeline !== null) return 'pipeline'
  if (replace) return 'replace'
  // The servers know no limits: one that is asked for has to hold.
  if (pace !== undefined && !isUnlimited(pace)) return 'pace'
  if (asks === undefined) return nodes.every(canMigrate) ? 'products-differ' : 'some-cannot'
  return nodes.some(({product}) => product !== nodes[0]!.product) ? 'products-differ' : undefined
}

/** Both ends and their replicas: a replica is fed the commands of the migration and has to understand them. */
function involved(
  topology: Topology,
  {source, target}: {readonly source: NodeId; readonly target: NodeId},
): TopologyNode[] {
  const ids = [source, target].flatMap((id) => [id, ...(findPrimary(topology, id)?.replicas ?? [])])
  return ids.flatMap((id) => findNode(topology, id) ?? [])
}

function askedOf(nodes: readonly TopologyNode[]): AskedNode | undefined {
  if (nodes.every(({capabilities}) => capabilities.has('slot-migration-export'))) return 'source'
  if (nodes.every(({capabilities}) => capabilities.has('slot-migration-import'))) return 'target'
  return undefined
}

function canMigrate({capabilities}: TopologyNode): boolean {
  return capabilities.has('slot-migration-export') || capabilities.has('slot-migration-import')
}

/** The source is who is asked where a step does not say. */
function asking(asks: AskedNode): {asks?: 'target'} {
  return asks === 'target' ? {asks} : {}
}
