/** `engine partition` and `engine heal`: the network between the nodes of a state folder. */
import {ManagerError} from '../../manager/error.js'
import {ask} from './daemon-client.js'
import type {Changed, PartitionedNode} from './daemon-protocol.js'
import {refuseUnknown, type ChangeRequest} from './change-nodes.js'
import {formatPorts} from './port-groups.js'
import {runningNodes} from './start-nodes.js'
import {strangersOf} from './strangers.js'

/**
 * In place of what divided the network before. Nodes that do not run may be named: they come back on their side.
 * @param groups one group alone is cut off from all other nodes of the folder, and from the real ones that they form a cluster with
 * @returns the groups, all of them, and every node with those that it cannot reach
 * @throws ManagerError `usage` for a port without a node, or when nobody is left for the other side; `refused` when no node runs
 */
export async function partitionNodes(
  {folder, warn}: Omit<ChangeRequest, 'ports'>,
  groups: readonly (readonly number[])[],
): Promise<{readonly groups: readonly (readonly number[])[]; readonly nodes: readonly PartitionedNode[]}> {
  const strangers = strangersOf(folder).map(({port}) => port)
  const all = [...folder.ports(), ...strangers]
  refuseUnknown(
    folder,
    groups.flat().filter((port) => !strangers.includes(port)),
  )
  const rest = all.filter((port) => !groups.flat().includes(port))
  if (groups.length === 1 && rest.length === 0) {
    throw new ManagerError('usage', 'all nodes are in one group: there is nobody to cut them off from', {
      hint: 'write two groups: 7000,7001 7002',
    })
  }
  if ((await runningNodes(folder, warn)).length === 0) {
    throw new ManagerError('refused', `no node runs in ${folder.path}`, {
      hint: 'start them: `tscluster engine start 7000-7005`',
    })
  }
  const sides = groups.length === 1 ? [...groups, rest] : groups
  const foreign = sides.map((side) => side.filter((port) => strangers.includes(port))).filter(({length}) => length > 0)
  if (foreign.length > 1) {
    warn(`${foreign.map(formatPorts).join(' and ')} are real servers: they go on hearing each other`)
  }
  const {nodes} = await ask(folder, {do: 'partition', groups})
  return {groups: sides, nodes}
}

/** Without ports: the whole network. Where nothing runs there is nothing to heal. */
export async function healNodes({folder, ports, warn}: ChangeRequest): Promise<readonly Changed[]> {
  refuseUnknown(folder, ports)
  if ((await runningNodes(folder, warn)).length === 0) return []
  return (await ask(folder, {do: 'heal', ports: ports.length > 0 ? ports : folder.ports()})).nodes
}
