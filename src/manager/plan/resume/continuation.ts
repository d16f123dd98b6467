/** What finishing an operation, or giving it up, comes to: decided from what is true now. */
import {parseAddress} from '../../../model/address.js'
import type {NodeId} from '../../../model/node-id.js'
import {check} from '../../check/check.js'
import type {Finding} from '../../check/finding.js'
import type {ClusterView} from '../../view/cluster-view.js'
import type {Topology} from '../../view/topology.js'
import {isMove} from '../lanes.js'
import type {Plan} from '../plan.js'
import {abortPlan} from './abort.js'
import {drainAgain} from './arrivals.js'
import {targetLost} from './refusals.js'
import {remainingPlan, type Rest} from './remaining.js'
import {successor, type Shard, type Truth} from './truth.js'

export type ContinuePurpose = 'resume' | 'abort'

export type Continuation = {readonly rest: Rest} | {readonly refusals: readonly Finding[]}

/** @param cluster the nodes of the cluster by themselves, without those that are yet to join it */
export function continuationOf(plan: Plan, purpose: ContinuePurpose, truth: Truth, cluster: ClusterView): Continuation {
  if (purpose === 'abort') {
    const abortion = abortPlan(plan, truth)
    if (abortion.ok) return {rest: abortion.rest}
    return {refusals: abortion.refusals.map((each) => ({...each, remedy: 'tscluster resume'}))}
  }
  const known = remainingPlan(plan, truth)
  const again = plan.operation === 'del-node' ? drainAgain(known.phases, plan, truth) : undefined
  if (again?.ok === false) return {refusals: again.refusals}
  const rest = again === undefined ? known : {...known, phases: again.plan.phases}
  const moves = rest.phases.some(({steps}) => steps.some(isMove))
  const refusals = [...(moves ? blockers(cluster) : []), ...lostEnds(plan, truth)]
  return refusals.length > 0 ? {refusals} : {rest}
}

/** Nodes that are to receive slots, and that neither answer nor have an heir. */
export function missingEnds(plan: Plan, shards: readonly Shard[], topology: Topology): ReadonlySet<NodeId> {
  const targets = plan.phases.flatMap(({steps}) => steps.filter(isMove).map(({target}) => target))
  return new Set(targets.filter((id) => successor({topology, shards}, id) === undefined))
}

/** No key can be moved while slots are uncovered. Open slots, and what nodes believe of them, are part of the work. */
function blockers(cluster: ClusterView): Finding[] {
  return check(cluster).filter(({code}) => code === 'slots-uncovered')
}

/** A target that is gone for good: where the slots are to go instead is not ours to decide. */
function lostEnds(plan: Plan, {shards, topology}: Truth): Finding[] {
  return [...missingEnds(plan, shards, topology)].flatMap((id) => lostEnd(plan, id))
}

function lostEnd({nodes}: Plan, id: NodeId): Finding[] {
  const address = parseAddress(nodes.find((node) => node.id === id)?.address ?? '')
  return address === undefined ? [] : [targetLost({id, address})]
}
