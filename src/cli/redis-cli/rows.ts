/** How redis-cli draws a node: the rows of check, create and reshard. */
import {formatPlainAddress} from '../../model/address.js'
import {formatNodeFlags} from '../../model/node-flags.js'
import type {NodeId} from '../../model/node-id.js'
import type {SlotSet} from '../../model/slot-set.js'
import type {NodeView} from '../../manager/view/node-view.js'

/** `[0-5460],[6000]` */
export function formatSlots(slots: SlotSet): string {
  return slots
    .ranges()
    .map(([first, last]) => (first === last ? `[${first}]` : `[${first}-${last}]`))
    .join(',')
}

/**
 * The lines of one node, without line ends.
 * @param replicas of this node, as far as they answered
 */
export function nodeRow(node: NodeView, replicas: number): string[] {
  const {line} = node
  const flags = [...line.flags].filter((flag) => flag !== 'myself')
  const isReplica = line.flags.has('replica')
  return [
    `${isReplica ? 'S' : 'M'}: ${node.id} ${formatPlainAddress(node.address)}`,
    `   slots:${formatSlots(line.slots)} (${line.slots.size} slots) ${formatNodeFlags(flags)}`,
    ...(isReplica && line.primaryId !== null ? [`   replicates ${line.primaryId}`] : []),
    ...(!isReplica && replicas > 0 ? [`   ${replicas} additional replica(s)`] : []),
  ]
}

/** The rows of several nodes, each counting the replicas among `all`. */
export function nodeRows(nodes: readonly NodeView[], all: readonly NodeView[] = nodes): string[] {
  return nodes.flatMap((node) => nodeRow(node, replicasOf(node.id, all).length))
}

export function replicasOf(id: NodeId, nodes: readonly NodeView[]): NodeView[] {
  return nodes.filter(({line}) => line.primaryId === id)
}

/** `H:P` */
export function nameOf(node: Pick<NodeView, 'address'>): string {
  return formatPlainAddress(node.address)
}
