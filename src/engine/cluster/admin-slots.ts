/** CLUSTER ADDSLOTS, DELSLOTS, FLUSHSLOTS, SETSLOT, BUMPEPOCH, SET-CONFIG-EPOCH: what they do, and the words of a refusal. */
import {isSlot, type SlotId} from '../../model/slot.js'
import {type SlotRange} from '../../model/slot-set.js'
import {type NodeId} from '../../model/node-id.js'
import {type BusContext} from './cluster-host.js'
import {bumpEpoch} from './epoch.js'
import {broadcastPong} from './gossip.js'
import {becomeReplicaOf} from './role.js'
import {addSlot, giveSlot, removeAllSlots, removeSlot} from './slot-table.js'
import {isReplica, needs, ownerOf, DUE, type ClusterNode} from './state.js'

/** `ok`, or the text of the error reply without its `ERR`. */
export type Outcome = string

export const OK = 'ok'

const BAD_SLOT = 'Invalid or out of range slot'

/** ADDSLOTS and ADDSLOTSRANGE: free slots become mine, all or none. */
export function addSlots(ctx: BusContext, ranges: readonly SlotRange[]): Outcome {
  return changeSlots(
    ctx,
    ranges,
    (slot) => (ctx.state.owners[slot] === 0 ? '' : `Slot ${slot} is already busy`),
    (slot) => {
      // Whatever was on its way here is mine now.
      ctx.state.importingFrom.delete(slot)
      addSlot(ctx.state, ctx.state.myself, slot)
    },
  )
}

/** DELSLOTS and DELSLOTSRANGE: this node forgets who owns them, all or none. */
export function delSlots(ctx: BusContext, ranges: readonly SlotRange[]): Outcome {
  return changeSlots(
    ctx,
    ranges,
    (slot) => (ctx.state.owners[slot] === 0 ? `Slot ${slot} is already unassigned` : ''),
    (slot) => {
      ctx.state.importingFrom.delete(slot)
      removeSlot(ctx.state, slot)
    },
  )
}

function changeSlots(
  ctx: BusContext,
  ranges: readonly SlotRange[],
  objection: (slot: SlotId) => string,
  change: (slot: SlotId) => void,
): Outcome {
  const slots = new Set<SlotId>()
  for (const [first, last] of ranges) {
    if (!isSlot(first) || !isSlot(last)) return BAD_SLOT
    if (first > last) return `start slot number ${first} is greater than end slot number ${last}`
  }
  for (const [first, last] of ranges) {
    for (let slot = first; slot <= last; slot++) {
      const error = objection(slot)
      if (error !== '') return error
      if (slots.has(slot)) return `Slot ${slot} specified multiple times`
      slots.add(slot)
    }
  }
  for (const slot of slots) change(slot)
  needs(ctx.state, DUE.SAVE | DUE.UPDATE_STATE)
  return OK
}

export function flushSlots(ctx: BusContext): Outcome {
  if (!ctx.host.isEmpty()) return 'DB must be empty to perform CLUSTER FLUSHSLOTS.'
  removeAllSlots(ctx.state, ctx.state.myself)
  needs(ctx.state, DUE.SAVE | DUE.UPDATE_STATE)
  return OK
}

/** CLUSTER SETSLOT. STABLE needs no node. */
export type SlotChange =
  {readonly kind: 'migrating' | 'importing' | 'node'; readonly id: NodeId} | {readonly kind: 'stable'}

export function setSlot(ctx: BusContext, slot: SlotId, change: SlotChange): Outcome {
  const {state} = ctx
  if (isReplica(state.myself)) return 'Please use SETSLOT only with masters.'
  if (!isSlot(slot)) return BAD_SLOT
  const outcome = change.kind === 'stable' ? closeSlot(ctx, slot) : openOrAssign(ctx, slot, change.kind, change.id)
  if (outcome === OK) needs(state, DUE.SAVE | DUE.UPDATE_STATE)
  return outcome
}

function closeSlot(ctx: BusContext, slot: SlotId): Outcome {
  ctx.state.importingFrom.delete(slot)
  ctx.state.migratingTo.delete(slot)
  return OK
}

function openOrAssign(ctx: BusContext, slot: SlotId, kind: 'migrating' | 'importing' | 'node', id: NodeId): Outcome {
  const {state} = ctx
  const isMine = ownerOf(state, slot) === state.myself
  if (kind === 'migrating' && !isMine) return `I'm not the owner of hash slot ${slot}`
  if (kind === 'importing' && isMine) return `I'm already the owner of hash slot ${slot}`
  const node = state.nodes.get(id)
  if (node === undefined) return kind === 'node' ? `Unknown node ${id}` : `I don't know about node ${id}`
  if (isReplica(node)) return 'Target node is not a master'
  if (kind === 'node') return assignSlot(ctx, slot, node)
  if (kind === 'migrating') state.migratingTo.set(slot, node)
  else state.importingFrom.set(slot, node)
  return OK
}

function assignSlot(ctx: BusContext, slot: SlotId, node: ClusterNode): Outcome {
  const {state, host} = ctx
  const {myself} = state
  const wasMine = ownerOf(state, slot) === myself
  const keys = host.countKeysInSlot(slot)
  if (wasMine && node !== myself && keys !== 0) {
    return `Can't assign hashslot ${slot} to a different node while I still hold keys for this hash slot.`
  }
  if (keys === 0) state.migratingTo.delete(slot)
  giveSlot(state, node, slot)
  if (wasMine && node !== myself && myself.slotCount === 0 && ctx.config.allowReplicaMigration) {
    host.log('warning', `Configuration change detected. Reconfiguring myself as a replica of ${node.id}`)
    becomeReplicaOf(ctx, node)
  }
  if (node === myself && state.importingFrom.has(slot)) {
    // Moved by hand: without a new epoch the others would go on believing the old owner.
    if (bumpEpoch(ctx)) host.log('warning', `configEpoch updated after importing slot ${slot}`)
    state.importingFrom.delete(slot)
    broadcastPong(ctx, 'all')
  }
  return OK
}

/** The end of an atomic slot migration: all of the slots are mine from now on, under an epoch that no other claim has. */
export function claimSlots(ctx: BusContext, slots: Iterable<SlotId>): void {
  bumpEpoch(ctx)
  for (const slot of slots) giveSlot(ctx.state, ctx.state.myself, slot)
  needs(ctx.state, DUE.SAVE | DUE.UPDATE_STATE)
  broadcastPong(ctx, 'all')
}

/** The status of CLUSTER BUMPEPOCH: `BUMPED 7` or `STILL 7`. */
export function bumpEpochByOrder(ctx: BusContext): string {
  const bumped = bumpEpoch(ctx)
  return `${bumped ? 'BUMPED' : 'STILL'} ${ctx.state.myself.configEpoch}`
}

/** Only while the node is alone: later, collisions are what the cluster itself resolves. */
export function setConfigEpoch(ctx: BusContext, epoch: number): Outcome {
  const {state} = ctx
  if (epoch < 0) return `Invalid config epoch specified: ${epoch}`
  if (state.list.length > 1) {
    return 'The user can assign a config epoch only when the node does not know any other node.'
  }
  if (state.myself.configEpoch !== 0) return 'Node config epoch is already non-zero'
  state.myself.configEpoch = epoch
  ctx.host.log('warning', `configEpoch set to ${epoch} via CLUSTER SET-CONFIG-EPOCH`)
  if (state.currentEpoch < epoch) state.currentEpoch = epoch
  needs(state, DUE.SAVE | DUE.UPDATE_STATE)
  return OK
}

/**
 * After the data files are read, a primary looks at what it holds: keys of a slot of nobody make the slot its own, keys of
 * another's slot make it importing. Nothing is thrown away before somebody has looked.
 */
export function adoptLoadedKeys(ctx: BusContext, slotsWithKeys: Iterable<SlotId>): void {
  const {state, host} = ctx
  if (isReplica(state.myself)) return
  for (const slot of slotsWithKeys) {
    const owner = ownerOf(state, slot)
    if (owner === state.myself || state.importingFrom.has(slot)) continue
    needs(state, DUE.SAVE | DUE.UPDATE_STATE)
    if (owner === null) {
      host.log('warning', `I have keys for unassigned slot ${slot}. Taking responsibility for it.`)
      addSlot(state, state.myself, slot)
    } else {
      host.log(
        'warning',
        `I have keys for slot ${slot}, but the slot is assigned to another node. Setting it to importing state.`,
      )
      state.importingFrom.set(slot, owner)
    }
  }
}
