/** `engine partition` and `engine heal`: the network between the nodes of a state folder. */
import {ManagerError} from '../../manager/error.js'
import {ask} from './daemon-client.js'
import type {Changed, PartitionedNode} from './daemon-protocol.js'
import {refuseUnknown, type ChangeRequest} from './change-nodes.js'
import {runningNodes} from './start-nodes.js'

/**
 * In place of what divided the network before. Nodes that do not run may be named: they come back on their side.
 * @param groups one group alone is cut off from all other nodes of the folder
 * @returns the groups, all of them, and every node with those that it cannot reach
 * @throws ManagerError `usage` for a port without a node, or when nobody is left for the other side; `refused` when no node runs
 */
export async function partitionNodes(
  {folder, warn}: Omit<ChangeRequest, 'ports'>,
  groups: readonly (readonly number[])[],
): Promise<{readonly groups: readonly (readonly number[])[]; readonly nodes: readonly PartitionedNode[]}> {
  refuseUnknown(folder, groups.flat())
  const rest = folder.ports().filter((port) => !groups.flat().includes(port))
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
  const {nodes} = await ask(folder, {do: 'partition', groups})
  return {groups: groups.length === 1 ? [...groups, rest] : groups, nodes}
}

/** Without ports: the whole network. Where nothing runs there is nothing to heal. */
export async function healNodes({folder, ports, warn}: ChangeRequest): Promise<readonly Changed[]> {
  refuseUnknown(folder, ports)
  if ((await runningNodes(folder, warn)).length === 0) return []
  return (await ask(folder, {do: 'heal', ports: ports.length > 0 ? ports : folder.ports()})).nodes
}
