/** What an unfinished plan is held against, made to measure. */
import type {NodeLine} from '../../src/model/cluster-nodes.js'
import type {NodeFlag} from '../../src/model/node-flags.js'
import type {Truth} from '../../src/manager/plan/resume/truth.js'
import type {ClusterView} from '../../src/manager/view/cluster-view.js'
import {toTopology, type Topology, type TopologyNode} from '../../src/manager/view/topology.js'
import {nodeLine, nodeView} from './topologies.js'

/** Nothing was reset, no setting is known, no step left a note. */
export function truthOf(view: ClusterView, parts: Partial<Truth> = {}): Truth {
  const topology = toTopology(view)
  const shards = topology.primaries.map(({id, replicas}) => ({primary: id, replicas}))
  return {view, topology, replaced: new Set(), shards, settings: new Map(), finished: () => false, ...parts}
}

/** What the nodes of a predicted cluster would say: all of them the same. */
export function viewOfTopology(topology: Topology): ClusterView {
  const lines = topology.nodes.map((node) => lineOf(node, topology))
  const nodes = lines.map((line, index) => {
    const {product, version} = topology.nodes[index]!
    const peers = lines.filter((other) => other !== line)
    const primaryLinkUp = line.primaryId === null ? null : true
    return nodeView({line, peers, currentEpoch: 100, server: {product, version, primaryLinkUp}})
  })
  return {entry: topology.entry, nodes, silent: [], keysInSlot: new Map()}
}

function lineOf({id, address, primaryId, slots, configEpoch}: TopologyNode, {openSlots}: Topology): NodeLine {
  const marks = (state: 'migrating' | 'importing'): NodeLine['migrating'] =>
    new Map(openSlots.filter((mark) => mark.node === id && mark.state === state).map(({slot, peer}) => [slot, peer]))
  const flags = new Set<NodeFlag>([primaryId === null ? 'primary' : 'replica'])
  const open = {migrating: marks('migrating'), importing: marks('importing')}
  return {...nodeLine({id, address, primaryId, slots, configEpoch}), flags, ...open}
}
