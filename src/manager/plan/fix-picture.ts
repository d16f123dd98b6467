/**
 * The cluster as `fix` sees it: the primaries that slots can be given to, and what became of those that do not answer. A
 * replica that is to be promoted in place of its dead primary counts as a primary that claims that primary's slots.
 */
import type {NodeId} from '../../model/node-id.js'
import type {SlotId} from '../../model/slot.js'
import {SlotSet} from '../../model/slot-set.js'
import {uncoveredSlots} from '../check/coverage.js'
import {claimsOf} from '../check/doubtful-slots.js'
import {linesAbout} from '../check/naming.js'
import {isAliveToOthers, slotsOfAbsent} from '../check/reachability.js'
import type {ClusterView} from '../view/cluster-view.js'
import type {NodeView} from '../view/node-view.js'
import {distinctLines, linesOf} from '../view/lines.js'

export interface FixPicture {
  readonly view: ClusterView
  /** Primaries that answered, in the view's order, then the heirs. */
  readonly actors: readonly Actor[]
  readonly absent: readonly AbsentPrimary[]
}

export interface Actor {
  readonly node: NodeView
  readonly id: NodeId
  readonly claims: SlotSet
  readonly configEpoch: number
  readonly migrating: ReadonlyMap<SlotId, NodeId>
  readonly importing: ReadonlyMap<SlotId, NodeId>
}

/** A primary that does not answer and that still holds slots by somebody's account. No slot is listed twice. */
export interface AbsentPrimary {
  readonly id: NodeId
  readonly slots: SlotSet
  /** Other nodes are still in touch with it: it is out of our reach, not dead. */
  readonly alive: boolean
  /** The replica that has heard the most, if one answers and the primary is dead. */
  readonly heir: NodeView | null
}

/** Where a recorded peer of an open slot has gone: to an actor, out of reach, or out of the cluster. */
export type Whereabouts = {readonly actor: Actor} | 'silent' | 'gone'

export function toPicture(view: ClusterView): FixPicture {
  const absent = absentPrimaries(view)
  const primaries = view.nodes
    .filter(({line}) => !line.flags.has('replica'))
    .map((node) => toActor(node, claimsOf(node.line)))
  const heirs = absent.flatMap(({heir, slots}) => (heir === null ? [] : [toActor(heir, slots)]))
  return {view, actors: [...primaries, ...heirs], absent}
}

/** Keys of the slot on this node; `undefined` when nobody counted them. */
export function keysOn({view}: FixPicture, slot: SlotId, id: NodeId): number | undefined {
  return view.keysInSlot.get(slot)?.get(id)
}

export function claimants({actors}: FixPicture, slot: SlotId): Actor[] {
  return actors.filter(({claims}) => claims.has(slot))
}

export function hasMarker(actor: Actor, slot: SlotId): boolean {
  return actor.migrating.has(slot) || actor.importing.has(slot)
}

/** Keys were counted here, or were not counted although a marker says that there may be some. */
export function mayHoldKeys(picture: FixPicture, slot: SlotId, actor: Actor): boolean {
  return (keysOn(picture, slot, actor.id) ?? (hasMarker(actor, slot) ? 1 : 0)) > 0
}

/**
 * Markers name the node that was the peer when the slot was opened. Where it has become a replica since, its primary has
 * its data; where it is dead, its heir has.
 */
export function whereabouts(picture: FixPicture, id: NodeId): Whereabouts {
  const actor = findActor(picture, id)
  if (actor !== undefined) return {actor}
  const line = picture.view.nodes.find((node) => node.id === id)?.line ?? linesAbout(picture.view, id)[0]
  if (line === undefined) return 'gone'
  const successor = line.primaryId ?? picture.absent.find((each) => each.id === id)?.heir?.id
  const heir = successor === undefined ? undefined : (findActor(picture, successor) ?? heirOf(picture, successor))
  return heir === undefined ? 'silent' : {actor: heir}
}

/**
 * A node that imports a slot believes no gossip about it. When the owner it knows is dead, or unknown, it therefore takes the
 * slot for uncovered, refuses all commands, and has to be told by hand.
 */
export function mustBeTold(actor: Actor, slot: SlotId, owner: Actor): boolean {
  if (!actor.importing.has(slot)) return false
  return !linesOf(actor.node).some(({id, slots}) => id === owner.id && slots.has(slot))
}

/** Among several claimants the bus decides so: the highest config epoch, and on a tie the smaller id, which bumps first. */
export function winner(claiming: readonly Actor[]): Actor {
  return claiming.reduce((best, next) => {
    if (next.configEpoch !== best.configEpoch) return next.configEpoch > best.configEpoch ? next : best
    return next.id < best.id ? next : best
  })
}

function findActor({actors}: FixPicture, id: NodeId): Actor | undefined {
  return actors.find((actor) => actor.id === id)
}

function heirOf(picture: FixPicture, primary: NodeId): Actor | undefined {
  const heir = picture.absent.find(({id}) => id === primary)?.heir
  return heir === undefined || heir === null ? undefined : findActor(picture, heir.id)
}

function toActor(node: NodeView, claims: SlotSet): Actor {
  const {configEpoch, migrating, importing} = node.line
  return {node, id: node.id, claims, configEpoch, migrating, importing}
}

/** Highest config epoch first: where accounts name different owners, the latest is right. */
function absentPrimaries(view: ClusterView): AbsentPrimary[] {
  const answered = new Set(view.nodes.map(({id}) => id))
  const epochs = new Map<NodeId, number>()
  for (const {id, slots, configEpoch} of distinctLines(view.nodes)) {
    if (slots.size > 0 && !answered.has(id)) epochs.set(id, Math.max(configEpoch, epochs.get(id) ?? 0))
  }
  const ids = [...epochs.keys()].sort((a, b) => epochs.get(b)! - epochs.get(a)! || (a < b ? -1 : 1))
  const absent: AbsentPrimary[] = []
  let taken = SlotSet.ALL.minus(uncoveredSlots(view))
  for (const id of ids) {
    const slots = slotsOfAbsent(view, id).minus(taken)
    if (slots.size === 0) continue
    taken = taken.union(slots)
    const alive = isAliveToOthers(view, id)
    absent.push({id, slots, alive, heir: alive ? null : bestReplica(view, id)})
  }
  return absent
}

function bestReplica(view: ClusterView, primary: NodeId): NodeView | null {
  const replicas = view.nodes.filter(({line, server}) => line.primaryId === primary && !server.loading)
  const rank = (node: NodeView): number => node.server.replOffset
  return replicas.sort((a, b) => rank(b) - rank(a) || (a.id < b.id ? -1 : 1))[0] ?? null
}
