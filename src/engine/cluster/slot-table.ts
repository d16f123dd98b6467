/** Who owns which slot: the one place that changes it, so that bitmaps, counts and owners never differ. */
import {type SlotId} from '../../model/slot.js'
import {type SlotRange} from '../../model/slot-set.js'
import {isPrimary, NODE, NO_SLOTS, ownerOf, primaryOf, type ClusterNode, type ClusterState} from './state.js'

export function hasSlot(node: ClusterNode, slot: SlotId): boolean {
  return (node.slots[slot >> 3]! & (1 << (slot & 7))) !== 0
}

/** The bitmap of a node as it may be written. */
function ownBitmap(node: ClusterNode): Buffer {
  if (node.sharesSlots) {
    node.slots = Buffer.from(node.slots)
    node.sharesSlots = false
  }
  return node.slots
}

/** The node's bitmap is one that others have, too; of equal content. */
export function shareBitmap(node: ClusterNode, bitmap: Buffer): void {
  node.slots = bitmap
  node.sharesSlots = true
}

/** Gives a free slot to a node. False when the slot is not free. */
export function addSlot(state: ClusterState, node: ClusterNode, slot: SlotId): boolean {
  if (state.owners[slot] !== 0) return false
  ownBitmap(node)[slot >> 3]! |= 1 << (slot & 7)
  node.slotCount++
  // Where others have replicas, a primary that begins to serve may be given one, too.
  if (node.slotCount === 1 && somePrimaryHasReplicas(state)) node.flags |= NODE.MIGRATE_TO
  state.owners[slot] = node.index
  state.ownersVersion++
  state.assignedSlots++
  setUnclaimed(state, slot, false)
  return true
}

/** Takes a slot from whoever owns it. False when nobody does. */
export function removeSlot(state: ClusterState, slot: SlotId): boolean {
  const owner = ownerOf(state, slot)
  if (owner === null) return false
  if (primaryOf(state.myself) === owner) state.leftSlots.add(slot)
  ownBitmap(owner)[slot >> 3]! &= ~(1 << (slot & 7))
  owner.slotCount--
  if (owner.slotCount === 0) shareBitmap(owner, NO_SLOTS)
  state.owners[slot] = 0
  state.ownersVersion++
  state.assignedSlots--
  setUnclaimed(state, slot, false)
  return true
}

export function removeAllSlots(state: ClusterState, node: ClusterNode): void {
  if (node.slotCount > 0) for (const slot of slotsOf(node)) removeSlot(state, slot)
}

export function giveSlot(state: ClusterState, node: ClusterNode, slot: SlotId): void {
  removeSlot(state, slot)
  addSlot(state, node, slot)
}

/** The slots of a node, lowest first: a list of its own, so the table may change while it is gone through. */
export function slotsOf(node: ClusterNode): SlotId[] {
  return slotsIn(node.slots)
}

export function slotsIn(bitmap: Uint8Array): SlotId[] {
  const slots: SlotId[] = []
  for (let index = 0; index < bitmap.length; index++) {
    const byte = bitmap[index]!
    if (byte === 0) continue
    for (let bit = 0; bit < 8; bit++) if (byte & (1 << bit)) slots.push(index * 8 + bit)
  }
  return slots
}

/** Maximal runs of neighbouring slots, first and last, lowest first. */
export function rangesIn(bitmap: Uint8Array): SlotRange[] {
  const ranges: SlotRange[] = []
  let first = -1
  for (let index = 0; index < bitmap.length; index++) {
    const byte = bitmap[index]!
    if (byte === (first < 0 ? 0x00 : 0xff)) continue
    for (let bit = 0; bit < 8; bit++) {
      const set = (byte & (1 << bit)) !== 0
      if (set && first < 0) first = index * 8 + bit
      if (set || first < 0) continue
      ranges.push([first, index * 8 + bit - 1])
      first = -1
    }
  }
  if (first >= 0) ranges.push([first, bitmap.length * 8 - 1])
  return ranges
}

export function isUnclaimed(state: ClusterState, slot: SlotId): boolean {
  return (state.unclaimed[slot >> 3]! & (1 << (slot & 7))) !== 0
}

export function setUnclaimed(state: ClusterState, slot: SlotId, value: boolean): void {
  const bit = 1 << (slot & 7)
  if (isUnclaimed(state, slot) === value) return
  state.unclaimedSlots += value ? 1 : -1
  if (value) state.unclaimed[slot >> 3]! |= bit
  else state.unclaimed[slot >> 3]! &= ~bit
}

export function closeAllSlots(state: ClusterState): void {
  state.migratingTo.clear()
  state.importingFrom.clear()
}

function somePrimaryHasReplicas(state: ClusterState): boolean {
  return state.list.some((node) => isPrimary(node) && node.replicas.length > 0)
}
