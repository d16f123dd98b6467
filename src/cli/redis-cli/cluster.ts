/** The cluster as redis-cli loads it: the seed, then the nodes that the seed names and that answer. */
import type {Address} from '../../model/address.js'
import {observe} from '../../manager/observe.js'
import type {ClusterView, SilentNode} from '../../manager/view/cluster-view.js'
import type {NodeView} from '../../manager/view/node-view.js'
import {toTopology, type Topology} from '../../manager/view/topology.js'
import {refuseWhereClaimed} from '../operations/while-claimed.js'
import {meetingOf} from './carry-out.js'
import type {Dialogue} from './dialogue.js'
import {couldNotConnect} from './failures.js'
import {nameOf} from './rows.js'

export interface Cluster {
  /** Everything that was learned: what plans are made from. */
  readonly view: ClusterView
  readonly topology: Topology
  /** What redis-cli would show: the seed first, in the spelling that was typed, without nodes that the seed calls failed. */
  readonly nodes: readonly NodeView[]
  /** Primaries that the seed names and that are not among `nodes`: what `fix` is afraid of. */
  readonly unreachablePrimaries: number
}

export interface LoadOptions {
  /** A change that was just made may still be on its way: look again for some seconds while the nodes disagree. */
  readonly settle?: boolean
  /** It is to be changed: then nobody else may be at it. */
  readonly toChange?: boolean
  /** Who does not answer has been told before. */
  readonly again?: boolean
}

/** @throws ManagerError when the seed does not answer, is not part of a cluster, or another operation works on it */
export async function loadCluster(dialogue: Dialogue, seed: Address, options: LoadOptions = {}): Promise<Cluster> {
  const {settle = false, again = false, toChange = false} = options
  if (toChange && meetingOf(dialogue) === 'refuse') await refuseWhereClaimed(dialogue, [seed])
  const view = settle ? await settled(dialogue, seed) : await observe(dialogue.pool, [seed])
  if (!again) for (const silent of view.silent) reportSilent(silent, dialogue)
  const nodes = view.nodes.filter((node) => node === view.nodes[0] || !isFailed(node, view))
  if (!again) reportOrphans(nodes, dialogue)
  const dropped = [...view.silent, ...view.nodes.filter((node) => !nodes.includes(node))]
  const unreachablePrimaries = dropped.filter(({line}) => !line.flags.has('replica')).length
  return {view, topology: toTopology(view), nodes, unreachablePrimaries}
}

/** The view with the nodes that redis-cli shows, and no others. */
export function shownView({view, nodes}: Cluster): ClusterView {
  return {...view, nodes}
}

async function settled({pool, world}: Dialogue, seed: Address): Promise<ClusterView> {
  const {observeSettled} = await import('../session.js')
  return observeSettled(pool, [seed], world.clock)
}

function isFailed(node: NodeView, view: ClusterView): boolean {
  const line = view.nodes[0]!.peers.find((peer) => peer.id === node.id)
  return line !== undefined && (line.flags.has('fail') || line.flags.has('noaddr'))
}

/** Nodes without an address, or in handshake, are passed over in silence. */
function reportSilent({line, error}: SilentNode, {print, words}: Dialogue): void {
  if (line.flags.has('noaddr') || line.flags.has('handshake') || line.address.port === 0) return
  if (error.code === 'unreachable' || error.code === 'tls-failed' || error.code === 'timed-out') {
    print.complain(couldNotConnect({...error, node: error.node ?? nameOf(line)}, words))
  } else {
    print.error(`[ERR] Unable to load info for node ${nameOf(line)}`)
  }
}

function reportOrphans(nodes: readonly NodeView[], {print, words}: Dialogue): void {
  const known = new Set(nodes.map(({id}) => id))
  for (const node of nodes) {
    const {primaryId} = node.line
    if (primaryId === null || known.has(primaryId)) continue
    print.warning(`*** WARNING: ${nameOf(node)} claims to be ${words.replica} of unknown node ID ${primaryId}.`)
  }
}
