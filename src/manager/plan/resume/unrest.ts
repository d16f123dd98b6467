/** What of a cluster is still in motion by itself, and so is better waited for than acted upon. */
import {formatAddress} from '../../../model/address.js'
import type {NodeId} from '../../../model/node-id.js'
import {SlotSet} from '../../../model/slot-set.js'
import {claimsOf} from '../../check/doubtful-slots.js'
import {linesAbout} from '../../check/naming.js'
import {slotsOfAbsent} from '../../check/reachability.js'
import type {ClusterView} from '../../view/cluster-view.js'
import {describeDisagreement, disagreements, type Disagreement} from '../../view/disagreement.js'
import type {NodeView} from '../../view/node-view.js'

/**
 * Nodes that are about to come back, or to be replaced. `undefined`: nobody is.
 * @param needed nodes without which the work cannot go on: one of them that does not answer is waited for in any case
 */
export function awaitedNode(view: ClusterView, needed: ReadonlySet<NodeId> = new Set()): string | undefined {
  const loading = view.nodes.find(({server}) => server.loading)
  if (loading !== undefined) return `${formatAddress(loading.address)} is still loading its data`
  return view.silent.map(({line}) => absence(view, line.id, needed)).find((reason) => reason !== undefined)
}

/** The same, or nodes that do not agree yet. `undefined`: all is quiet, be it well or not. */
export function unrest(view: ClusterView, needed: ReadonlySet<NodeId> = new Set()): string | undefined {
  const awaited = awaitedNode(view, needed)
  if (awaited !== undefined) return awaited
  const first = disagreements(view.nodes).find((each) => settles(view, each))
  return first === undefined ? undefined : `${formatAddress(first.node.address)} ${describeDisagreement(first)}`
}

/**
 * Whether gossip alone will end it. A node that imports a slot hears nothing of that slot's other owners until its marker is
 * gone: after a failover of the source it goes on crediting the old primary, and to wait for it would be in vain.
 */
function settles(view: ClusterView, {kind, node}: Disagreement): boolean {
  if (kind === 'slots') return view.nodes.some((each) => miscredited(view, each).minus(imported(each)).size > 0)
  if (kind === 'not-serving') return !miscredited(view, node).intersects(imported(node))
  return true
}

/** Slots that others claim and this node does not credit to them, or the other way round. */
function miscredited({nodes}: ClusterView, node: NodeView): SlotSet {
  const credited = new Map(node.peers.map(({id, slots}) => [id, slots]))
  return nodes.reduce((slots, {id, line}) => {
    if (id === node.id) return slots
    const [theirs, told] = [claimsOf(line), credited.get(id) ?? SlotSet.EMPTY]
    return slots.union(theirs.minus(told)).union(told.minus(theirs))
  }, SlotSet.EMPTY)
}

function imported({line}: NodeView): SlotSet {
  return SlotSet.of(line.importing.keys())
}

function absence(view: ClusterView, id: NodeId, needed: ReadonlySet<NodeId>): string | undefined {
  const about = linesAbout(view, id)
  const name = formatAddress(about[0]?.address ?? view.silent.find(({line}) => line.id === id)!.line.address)
  if (needed.has(id)) return `${name} does not answer`
  if (slotsOfAbsent(view, id).size === 0 || !hasMajority(view)) return undefined
  if (!about.some(({flags}) => flags.has('fail'))) return `${name} does not answer, and is not given up yet`
  const hasReplica = view.nodes.some(({line}) => line.flags.has('replica') && line.primaryId === id)
  return hasReplica ? `${name} is down, and no replica has taken its place yet` : undefined
}

/** Only a majority of the primaries with slots can declare a node dead, or promote its replica. */
function hasMajority(view: ClusterView): boolean {
  const alive = view.nodes.filter(({line}) => claimsOf(line).size > 0).length
  const dead = view.silent.filter(({line}) => slotsOfAbsent(view, line.id).size > 0).length
  return alive > dead
}
