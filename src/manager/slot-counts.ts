/** How many keys a node holds in slots, whoever owns them. */
import type {SlotId} from '../model/slot.js'
import type {NodeClient} from './ports.js'
import {numberReply} from './reply.js'

/** In the database that the connection has selected: https://redis.io/docs/latest/commands/cluster-countkeysinslot/ */
export async function countKeysInSlots(node: NodeClient, slots: readonly SlotId[]): Promise<number[]> {
  const replies = await node.pipeline(slots.map((slot) => ['CLUSTER', 'COUNTKEYSINSLOT', slot]))
  return replies.map((reply) => numberReply(reply, node))
}
