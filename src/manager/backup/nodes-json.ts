/** `nodes.json` of a backup, byte for byte as redis-cli writes it: whoever restores reads slots and roles from it. */
import type {SlotId} from '../../model/slot.js'
import type {NodeId} from '../../model/node-id.js'
import {formatNodeFlags} from '../../model/node-flags.js'
import type {NodeView} from '../view/node-view.js'

/**
 * @param clusterErrors what redis-cli's check would complain of; named in every element unless it is 0
 * @see redis-cli.c, clusterManagerNodeGetJSON
 */
export function nodesJson(nodes: readonly NodeView[], clusterErrors: number): string {
  return `[\n${nodes.map((node) => nodeJson(node, clusterErrors)).join(',\n')}\n]`
}

function nodeJson({address, id, line}: NodeView, clusterErrors: number): string {
  const {primaryId, slots, flags, configEpoch, migrating, importing} = line
  const ranges = slots.ranges().map(([first, last]) => (first === last ? `[${first}]` : `[${first},${last}]`))
  const members = [
    `"name": "${id}"`,
    `"host": ${JSON.stringify(address.host)}`,
    `"port": ${address.port}`,
    `"replicate": ${primaryId === null ? 'null' : `"${primaryId}"`}`,
    `"slots": [${ranges.join(',')}]`,
    `"slots_count": ${slots.size}`,
    `"flags": "${formatNodeFlags([...flags].filter((flag) => flag !== 'myself'))}"`,
    `"current_epoch": ${configEpoch}`,
    ...(clusterErrors > 0 ? [`"cluster_errors": ${clusterErrors}`] : []),
    ...openSlots('migrating', migrating),
    ...openSlots('importing', importing),
  ]
  return `  {\n${members.map((member) => `    ${member}`).join(',\n')}\n  }`
}

function openSlots(name: string, open: ReadonlyMap<SlotId, NodeId>): string[] {
  if (open.size === 0) return []
  return [`"${name}": {${[...open].map(([slot, node]) => `"${slot}": "${node}"`).join(',')}}`]
}
