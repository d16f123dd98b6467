/** What a plan that was left half-way is held against: the cluster as it is now. */
import type {NodeId} from '../../../model/node-id.js'
import type {ClusterView} from '../../view/cluster-view.js'
import type {NodeView} from '../../view/node-view.js'
import type {Topology, TopologyNode} from '../../view/topology.js'
import {findNode} from '../../view/topology.js'
import type {Step} from '../step.js'

/** A primary and who copied it when the plan was made: one of them has its data, whoever was promoted since. */
export interface Shard {
  readonly primary: NodeId
  readonly replicas: readonly NodeId[]
}

export interface Truth {
  /** Every node of the cluster, and every node of the plan that answers without being part of it. */
  readonly view: ClusterView
  readonly topology: Topology
  /** Nodes of the plan at whose address another node answers: they were reset, or are no more. */
  readonly replaced: ReadonlySet<NodeId>
  /** As they were when the plan was made. */
  readonly shards: readonly Shard[]
  /** Values of CONFIG GET by `settingKey`; of what was not asked, or not told, there is none. */
  readonly settings: ReadonlyMap<string, string>
  /** Whether an earlier run came to the end of this very step: for steps that leave no trace in the cluster. */
  readonly finished: (step: Step) => boolean
}

export function settingKey(node: NodeId, parameter: string): string {
  return `${node} ${parameter}`
}

/** The node's own account; `undefined` when it does not answer. */
export function accountOf({view}: Truth, id: NodeId): NodeView | undefined {
  return view.nodes.find((node) => node.id === id)
}

/**
 * The primary that has the data of what was the primary `id`: itself, the primary that it follows now, or, where it does not
 * answer, the one of its shard that was promoted. `undefined` when there is none.
 */
export function successor({topology, shards}: Pick<Truth, 'topology' | 'shards'>, id: NodeId): NodeId | undefined {
  const here = findNode(topology, id)
  if (here !== undefined) return primaryAbove(topology, here)
  const shard = shards.find(({primary, replicas}) => primary === id || replicas.includes(id))
  const members = shard === undefined ? [] : [shard.primary, ...shard.replicas].filter((member) => member !== id)
  const promoted = members.flatMap((member) => findNode(topology, member) ?? []).filter(({role}) => role === 'primary')
  // One that left the shard and owns nothing is not its heir.
  return (promoted.find(({slots}) => slots.size > 0) ?? promoted[0])?.id
}

/** A replica may follow a replica for a moment after a failover. */
function primaryAbove(topology: Topology, node: TopologyNode): NodeId | undefined {
  let above: TopologyNode | undefined = node
  for (let steps = 0; above !== undefined && steps < topology.nodes.length; steps++) {
    if (above.role === 'primary') return above.id
    above = above.primaryId === null ? undefined : findNode(topology, above.primaryId)
  }
  return undefined
}
