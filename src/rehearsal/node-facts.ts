/** What a checker sees of a simulated node without asking it: no command, no time, no wire. The node must run. */
import {keySlot} from '../engine/keyspace/key-slot.js'
import type {SimNode} from '../engine/sim/sim-node.js'
import type {Value} from '../engine/values/value.js'
import type {ClusterView} from '../manager/view/cluster-view.js'
import type {NodeId} from '../model/node-id.js'
import {SLOT_COUNT, type SlotId} from '../model/slot.js'
import type {Contents, Elements} from './ledger.js'

/** Keys of the writers begin with this. Others lie still, and are compared as wholes. */
export const WRITTEN = 'w:'
/** What stands for the whole of a key that lies still. */
export const WHOLE_KEY = ''
const WHOLE: Elements = new Set([WHOLE_KEY])

export function isReplica({core}: SimNode): boolean {
  return core.server.isReplica
}

/** The primary that it follows, by its own account. */
export function primaryIdOf({core}: SimNode): string | undefined {
  return core.server.cluster?.state.myself.primary?.id
}

/** The slots that it says are its own. */
export function ownedSlots({core}: SimNode): ReadonlySet<SlotId> {
  const owned = new Set<SlotId>()
  for (const [index, byte] of core.server.cluster?.state.myself.slots.entries() ?? []) {
    for (let bit = 0; byte >> bit !== 0; bit++) if (((byte >> bit) & 1) !== 0) owned.add(index * 8 + bit)
  }
  return owned
}

/** Also those that are on their way to it: their keys may be there. */
export function heldSlots(node: SimNode): ReadonlySet<SlotId> {
  return new Set([...ownedSlots(node), ...(node.core.server.cluster?.state.importingFrom.keys() ?? [])])
}

/** Whether a node has heard that another one is a primary. */
export function knowsAsPrimary({core}: SimNode, other: SimNode): boolean {
  const known = core.server.cluster!.state.nodes.get(other.id!)
  return known !== undefined && known.primary === null
}

/** All elements of each set that writers write to; of a key that lies still only that it is there. */
export function contentsOf({core}: SimNode): Contents {
  const contents = new Map<string, Elements>()
  for (const [key, value] of core.server.databases[0]!.entries()) {
    contents.set(key, key.startsWith(WRITTEN) ? elementsOf(value) : WHOLE)
  }
  return contents
}

export function keysOf({core}: SimNode): string[] {
  return [...core.server.databases[0]!.entries()].map(([key]) => key)
}

/** The same as counting the keys of all slots on every node of a view, without asking any. */
export function withCountsSeen(nodes: readonly SimNode[], view: ClusterView): ClusterView {
  const counted = view.nodes.filter(({server}) => !server.loading).map(({id}) => id)
  const none = new Map(counted.map((id) => [id, 0]))
  const keysInSlot = new Map<SlotId, Map<NodeId, number>>()
  for (let slot = 0; slot < SLOT_COUNT; slot++) keysInSlot.set(slot, none)
  for (const node of nodes) {
    if (!node.isRunning || !counted.includes(node.id!)) continue
    for (const key of keysOf(node)) {
      const slot = keySlot(key)
      const counts = keysInSlot.get(slot)!
      const own = counts === none ? new Map(none) : counts
      own.set(node.id!, own.get(node.id!)! + 1)
      keysInSlot.set(slot, own)
    }
  }
  return {...view, keysInSlot}
}

function elementsOf(value: Value): Elements {
  return typeof value !== 'string' && value.type === 'set' ? new Set(value.values()) : new Set()
}
