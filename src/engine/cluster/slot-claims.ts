/** Who wins a slot: the claim with the greater configEpoch (cluster specification, "UPDATE messages", "Slots configuration"). */
import {type SlotId} from '../../model/slot.js'
import {type BusContext} from './cluster-host.js'
import {becomeReplicaOf} from './role.js'
import {sendUpdate} from './send.js'
import {SLOT_BYTES} from './packet.js'
import {addSlot, isUnclaimed, removeSlot, setUnclaimed, slotsIn} from './slot-table.js'
import {isPrimary, needs, ownerOf, primaryOf, DUE, type ClusterNode} from './state.js'

/** Bytes of a bitmap that are compared at once. */
const CHUNK_BYTES = 64

/** What applying a claim has changed for this node. */
interface Losses {
  /** Slots that it took from me, or from my primary. */
  fromMyShard: number
  /** Slots that it took from me and that I still have keys of. */
  readonly withKeys: SlotId[]
}

/** Takes over what `claimant` says it owns, where its epoch is the greater; draws the consequences for my own role. */
export function applyClaim(ctx: BusContext, claimant: ClusterNode, epoch: number, bitmap: Buffer): void {
  const {state, config, host} = ctx
  const {myself} = state
  if (claimant === myself) {
    host.log('warning', 'Discarding UPDATE message about myself.')
    return
  }
  const mine = primaryOf(myself)
  const losses: Losses = {fromMyShard: 0, withKeys: []}
  for (let first = 0; first < SLOT_BYTES; first += CHUNK_BYTES) {
    const end = first + CHUNK_BYTES
    // Nothing is new nearly everywhere, and to see that must cost next to nothing: each packet after a change brings a bitmap.
    if (state.unclaimedSlots === 0 && claimant.slots.compare(bitmap, first, end, first, end) === 0) continue
    for (let index = first; index < end; index++) applyByte(ctx, claimant, epoch, bitmap[index]!, index, mine, losses)
  }

  const lostAll = losses.fromMyShard > 0 && mine !== null && mine.slotCount === 0
  const grandPrimary = myself.primary?.primary ?? null
  if (lostAll && (config.allowReplicaMigration || slotsIn(bitmap).length === losses.fromMyShard)) {
    host.log('warning', `Configuration change detected. Reconfiguring myself as a replica of ${claimant.id}`)
    becomeReplicaOf(ctx, claimant)
  } else if (myself.primary !== null && grandPrimary !== null && grandPrimary !== myself) {
    host.log('warning', `I'm a sub-replica! Reconfiguring myself from ${myself.primary.id} to ${grandPrimary.id}`)
    becomeReplicaOf(ctx, grandPrimary)
  } else if (losses.withKeys.length > 0) {
    host.deleteKeysInSlots(losses.withKeys)
  }
}

/** Eight slots at once where nothing is new, which is nearly everywhere. */
function applyByte(
  ctx: BusContext,
  claimant: ClusterNode,
  epoch: number,
  claimed: number,
  index: number,
  mine: ClusterNode | null,
  losses: Losses,
): void {
  const {state} = ctx
  const held = claimant.slots[index]!
  if (claimed === held && (held & state.unclaimed[index]!) === 0) return
  for (let bit = 0; bit < 8; bit++) {
    const slot = index * 8 + bit
    const mask = 1 << bit
    if ((claimed & mask) !== 0) {
      if ((held & mask) !== 0) setUnclaimed(state, slot, false)
      else takeIfNewer(ctx, claimant, epoch, slot, mine, losses)
    } else if ((held & mask) !== 0) {
      // Kept until somebody else claims it: better a wrong redirection than none.
      setUnclaimed(state, slot, true)
    }
  }
}

function takeIfNewer(
  ctx: BusContext,
  claimant: ClusterNode,
  epoch: number,
  slot: SlotId,
  mine: ClusterNode | null,
  losses: Losses,
): void {
  const {state} = ctx
  // A slot under way to me is closed by SETSLOT only: keys may already have arrived.
  if (state.importingFrom.has(slot)) return
  const owner = ownerOf(state, slot)
  if (owner !== null && !isUnclaimed(state, slot) && owner.configEpoch >= epoch) return
  if (owner === state.myself && ctx.host.countKeysInSlot(slot) > 0) losses.withKeys.push(slot)
  if (owner !== null && owner === mine) losses.fromMyShard++
  removeSlot(state, slot)
  addSlot(state, claimant, slot)
  needs(state, DUE.SAVE | DUE.UPDATE_STATE)
}

/** The sender claims a slot whose owner has a greater epoch: it has slept through a change, and is told of it. */
export function updateStaleSender(ctx: BusContext, sender: ClusterNode, epoch: number, bitmap: Uint8Array): void {
  const {state} = ctx
  if (sender.slots.equals(bitmap)) return
  for (let index = 0; index < SLOT_BYTES; index++) {
    const claimed = bitmap[index]! & ~sender.slots[index]!
    if (claimed === 0) continue
    for (let bit = 0; bit < 8; bit++) {
      if ((claimed & (1 << bit)) === 0) continue
      const owner = ownerOf(state, index * 8 + bit)
      if (owner === null || owner === sender || owner.configEpoch <= epoch) continue
      ctx.host.log(
        'verbose',
        `Node ${sender.id} has old slots configuration, sending an UPDATE message about ${owner.id}`,
      )
      sendUpdate(ctx, sender, owner)
      return
    }
  }
}

/** The slots of a known sender's header, compared with my view of them: nearly always the same. */
export function compareClaims(ctx: BusContext, sender: ClusterNode, epoch: number, bitmap: Buffer): void {
  const primary = primaryOf(sender)
  if (primary === null || primary.slots.equals(bitmap)) return
  if (isPrimary(sender)) applyClaim(ctx, sender, epoch, bitmap)
  updateStaleSender(ctx, sender, epoch, bitmap)
}
