/** Is there a good copy of every primary, somewhere else? */
import {formatAddress} from '../../model/address.js'
import type {ClusterView} from '../view/cluster-view.js'
import type {NodeView} from '../view/node-view.js'
import {claimsOf} from './doubtful-slots.js'
import {finding, type Finding} from './finding.js'
import {nameOf, subjectOf} from './naming.js'

export function checkReplicas(view: ClusterView): Finding[] {
  const replicas = view.nodes.filter(({line}) => line.flags.has('replica'))
  return [...checkCopies(view, replicas), ...replicas.flatMap((replica) => checkReplica(view, replica))]
}

/** Primaries with slots and without a replica that answers; one finding when that is the plan of the whole cluster. */
function checkCopies(view: ClusterView, replicas: readonly NodeView[]): Finding[] {
  const serving = view.nodes.filter(({line}) => claimsOf(line).size > 0)
  if (serving.length === 0) return []
  const known = new Set([...replicas, ...view.silent].map(({line}) => line.primaryId))
  if (!serving.some(({id}) => known.has(id))) {
    return [finding('no-replicas', 'warning', 'No primary has a replica: what a node loses, the cluster loses.')]
  }
  const copied = new Set(replicas.map(({line}) => line.primaryId))
  return serving
    .filter(({id}) => !copied.has(id))
    .map((node) =>
      finding('primary-without-replica', 'warning', 'has no replica that answers', {node: subjectOf(node)}),
    )
}

function checkReplica(view: ClusterView, replica: NodeView): Finding[] {
  const {primaryId} = replica.line
  const node = subjectOf(replica)
  if (primaryId === null) {
    return [finding('replica-of-unknown', 'warning', 'is a replica of no primary that it knows', {node})]
  }
  const primary = view.nodes.find(({id}) => id === primaryId)
  if (primary === undefined) return checkAbsentPrimary(view, replica)
  if (primary.line.flags.has('replica')) {
    const message = `replicates ${nameOf(view, primaryId)}, which is a replica itself`
    return [finding('replica-of-replica', 'warning', message, {node})]
  }
  return [...checkLink(view, replica), ...checkHost(view, replica, primary)]
}

/** A primary that is merely down is reported as such, not once more for each of its replicas. */
function checkAbsentPrimary(view: ClusterView, replica: NodeView): Finding[] {
  const primaryId = replica.line.primaryId!
  // Its replicas cannot forget it: what they know says nothing.
  const others = view.nodes.filter(({line}) => line.primaryId !== primaryId)
  if (others.some(({peers}) => peers.some(({id}) => id === primaryId))) return []
  const message = `replicates ${nameOf(view, primaryId)}, which is gone: no other node knows it`
  return [finding('replica-of-unknown', 'warning', message, {node: subjectOf(replica)})]
}

function checkLink(view: ClusterView, replica: NodeView): Finding[] {
  if (replica.server.primaryLinkUp !== false) return []
  const message = `has lost the link to its primary ${nameOf(view, replica.line.primaryId!)} or still copies it: its data is out of date`
  return [finding('replica-out-of-sync', 'warning', message, {node: subjectOf(replica)})]
}

/** On a cluster with one host only there is nothing better to be had. */
function checkHost(view: ClusterView, replica: NodeView, primary: NodeView): Finding[] {
  if (hostOf(replica) !== hostOf(primary)) return []
  if (view.nodes.every((node) => hostOf(node) === hostOf(primary))) return []
  const message = `stands on the host of its primary ${formatAddress(primary.address)}: both may fail together`
  return [finding('replica-on-primary-host', 'warning', message, {node: subjectOf(replica)})]
}

/** As announced: the entry may be spelled in another way than the others. */
function hostOf({line, address}: NodeView): string {
  return line.address.host === '' ? address.host : line.address.host
}
