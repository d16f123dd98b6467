/** Makes a replica the primary of its shard. */
import {formatAddress} from '../../model/address.js'
import type {NodeId} from '../../model/node-id.js'
import type {Finding} from '../check/finding.js'
import {command} from '../check/naming.js'
import {findNode, type Topology, type TopologyNode} from '../view/topology.js'
import {agreement, idsOf, nodeRefusal, planFor, subjectOf, unknownNode} from './build.js'
import {uncoveredSlots} from './health.js'
import {NO_RISK, refuse, type Phase, type Planned, type PlanSettings, type Risk} from './plan.js'
import {predict} from './predict.js'
import type {StepOf} from './step.js'

export type FailoverMode = StepOf<'failover'>['mode']

/**
 * `normal`: the primary stops writes until the replica has them all; nothing is lost. `force`: without asking the primary.
 * `takeover`: without asking the other primaries either (CLUSTER FAILOVER in the Redis documentation).
 */
export function planFailover(
  topology: Topology,
  replicaId: NodeId,
  mode: FailoverMode,
  settings?: PlanSettings,
): Planned {
  const replica = findNode(topology, replicaId)
  if (replica === undefined) return refuse(missing(topology, replicaId))
  if (replica.primaryId === null) {
    const message = 'is a primary: only a replica can take over'
    return refuse(
      nodeRefusal('not-a-replica', subjectOf(topology, replicaId), message, {remedy: command(topology, 'info')}),
    )
  }
  const refusals = [...primaryRefusals(topology, replica, mode), ...majorityRefusals(topology, replica, mode)]
  if (refusals.length > 0) return refuse(...refusals)
  const step = {kind: 'failover', replica: replicaId, mode} as const
  const phases: Phase[] = [{title: 'promote the replica', steps: [step]}]
  // A cluster that stays down for other reasons would keep us waiting until the time limit.
  const healed = uncoveredSlots(predict(topology, step)).size === 0 && hasMajority(topology)
  if (healed) phases.push(agreement(idsOf(topology), {push: true}))
  // Not before it follows the new primary can the old one be asked to take over again.
  if (healed && mode === 'normal') phases.push(followUp(replica.primaryId))
  return planFor(topology, {operation: 'failover', phases, settings, risk: riskOf(topology, replica, mode)})
}

function followUp(oldPrimary: NodeId): Phase {
  return {title: 'wait for the old primary', steps: [{kind: 'wait-sync', replica: oldPrimary}]}
}

function missing(topology: Topology, id: NodeId): Finding {
  const subject = subjectOf(topology, id)
  if (subject === null) return unknownNode(topology, id)
  return nodeRefusal('node-unreachable', subject, 'does not answer', {remedy: command(topology, 'check')})
}

/** The primary hands over only if it is there and the replica hears it. */
function primaryRefusals(topology: Topology, replica: TopologyNode, mode: FailoverMode): Finding[] {
  if (mode !== 'normal') return []
  const subject = subjectOf(topology, replica.id)
  const remedy = command(topology, 'failover', replica.id, '--force')
  if (findNode(topology, replica.primaryId!) === undefined) {
    const message = `cannot ask its primary ${nameOfPrimary(topology, replica)} to hand over: it does not answer`
    return [nodeRefusal('primary-down', subject, message, {remedy})]
  }
  if (replica.linkUp) return []
  const message = `has no link to its primary ${nameOfPrimary(topology, replica)}, so it cannot catch up with it`
  return [nodeRefusal('link-down', subject, message, {remedy})]
}

/** An election takes the votes of most primaries that have slots; dead ones count, but do not vote. */
function majorityRefusals(topology: Topology, replica: TopologyNode, mode: FailoverMode): Finding[] {
  if (mode === 'takeover' || hasMajority(topology)) return []
  const message = 'cannot be elected: most primaries with slots do not answer'
  const remedy = command(topology, 'failover', replica.id, '--takeover')
  return [nodeRefusal('no-majority', subjectOf(topology, replica.id), message, {remedy})]
}

function hasMajority(topology: Topology): boolean {
  const alive = topology.primaries.filter(({slots}) => slots.size > 0).length
  const dead = topology.absent.filter(({role, slots}) => role === 'primary' && slots.size > 0).length
  return alive * 2 > alive + dead
}

function riskOf(topology: Topology, replica: TopologyNode, mode: FailoverMode): Risk {
  if (mode === 'normal') return NO_RISK
  const name = formatAddress(replica.address)
  const lost = `writes that ${nameOfPrimary(topology, replica)} accepted and ${name} has not received are lost`
  const votes = 'the other primaries are not asked, so a rival with the same claim could overrule it'
  return {keysAtStake: 0, losses: mode === 'force' ? [`force: ${lost}`] : [`takeover: ${lost}; ${votes}`]}
}

function nameOfPrimary(topology: Topology, replica: TopologyNode): string {
  const primary = subjectOf(topology, replica.primaryId!)
  return primary === null ? replica.primaryId! : formatAddress(primary.address)
}
