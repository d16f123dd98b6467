/**
 * Slots that have an owner, and yet something is wrong: markers of an unfinished move, keys on other nodes, or more than one
 * owner. The table of redis-cli's fix (cases 1 to 4), with three differences: the recorded peers decide, not the numbers of
 * keys; an unfinished move is finished rather than rolled back; and no situation is given up.
 */
import {shortId, type NodeId} from '../../model/node-id.js'
import type {SlotId} from '../../model/slot.js'
import {SlotSet} from '../../model/slot-set.js'
import {contestedSlots, doubtfulSlots, openSlots} from '../check/doubtful-slots.js'
import {counted, groupBy, listNames, nameOf} from '../check/naming.js'
import {findStrayKeys} from '../check/owners.js'
import {lossless, type FixCase, type Remedy, type Withheld} from './fix-action.js'
import {
  claimants,
  hasMarker,
  keysOn,
  mayHoldKeys,
  mustBeTold,
  whereabouts,
  winner,
  type Actor,
  type FixPicture,
} from './fix-picture.js'
import type {Step} from './step.js'

export interface OpenSlotRequest {
  readonly withUnreachablePrimaries: boolean
  readonly searchMultipleOwners: boolean
  /** Overwrite a key that the owner already has. */
  readonly replace: boolean
}

/** What becomes of one slot. */
interface Decision {
  readonly slot: SlotId
  readonly case: FixCase
  /** Who serves the slot in the end. */
  readonly owner: Actor
  /** Moves with everything: the owner's own, on its way to the recorded target, and those of losing claimants. */
  readonly moves: readonly Actor[]
  /** Losing claimants without keys, and importers with keys that know of another owner. */
  readonly assign: readonly Actor[]
  /** Whom they are told of: the owner of now, which may yet move the slot. */
  readonly presentOwner: Actor
  /** Markers without keys behind them. */
  readonly close: readonly Actor[]
  /** Non-owners whose keys go to the owner. */
  readonly collect: readonly Actor[]
  /** The recorded target does not answer. */
  readonly silentTarget: NodeId | null
}

const ANSWERS = [
  'slot-migrating',
  'slot-importing',
  'slots-contested',
  'stray-keys',
  'slots-disagree',
  // Keys that strayed on the replica which is promoted in place of a dead primary.
  'primary-unreachable',
]

/** One remedy per group of slots that are in the same situation. */
export function fixOpenSlots(picture: FixPicture, request: OpenSlotRequest): Remedy[] {
  const {view} = picture
  const stray = findStrayKeys(view, request.searchMultipleOwners).map(({slot}) => slot)
  const doubtful = openSlots(view)
    .union(contestedSlots(view))
    .union(SlotSet.of(stray))
    .union(strayOnHeirs(picture, request.searchMultipleOwners))
  const decisions = [...doubtful].flatMap((slot) => decide(picture, slot) ?? [])
  return [...groupBy(decisions, situation).values()].map((group) => toRemedy(picture, group, request))
}

/**
 * Slots of which a replica that is to be promoted has keys, and another node serves them or will: a move of its dead primary was
 * not finished. Replicas of Redis do not know the marks of their primaries, so that nothing else tells of it.
 */
function strayOnHeirs(picture: FixPicture, everywhere: boolean): SlotSet {
  const {actors, absent, view} = picture
  const heirs = new Set(absent.map(({heir}) => heir?.id))
  const promoted = actors.filter(({id}) => heirs.has(id))
  if (promoted.length === 0) return SlotSet.EMPTY
  const judged = everywhere ? SlotSet.ALL : doubtfulSlots(view)
  const strays = [...view.keysInSlot.keys()].filter(
    (slot) =>
      judged.has(slot) &&
      claimants(picture, slot).length > 0 &&
      promoted.some((heir) => !heir.claims.has(slot) && (keysOn(picture, slot, heir.id) ?? 0) > 0),
  )
  return SlotSet.of(strays)
}

/** `undefined`: nobody claims the slot, or its markers are no primary's. */
function decide(picture: FixPicture, slot: SlotId): Decision | undefined {
  const claiming = claimants(picture, slot)
  if (claiming.length === 0) return undefined
  const owner = winner(claiming)
  const losers = claiming.filter((actor) => actor !== owner)
  const others = picture.actors.filter(
    (actor) => !claiming.includes(actor) && (hasMarker(actor, slot) || mayHoldKeys(picture, slot, actor)),
  )
  if (losers.length === 0 && others.length === 0 && !hasMarker(owner, slot)) return undefined
  const target = forwardTarget(picture, slot, owner, losers)
  const rest = others.filter((actor) => actor !== target)
  const holds = (actor: Actor): boolean => mayHoldKeys(picture, slot, actor)
  const receivers = others.filter((actor) => actor === target || holds(actor))
  const closesOwner = target === undefined && hasMarker(owner, slot)
  return {
    slot,
    case: nameCase(slot, {owner, target, losers, others, withKeys: rest.some(holds)}),
    owner: target ?? owner,
    moves: [...(target === undefined ? [] : [owner]), ...losers.filter(holds)],
    assign: [
      ...losers.filter((actor) => !holds(actor)),
      ...receivers.filter((actor) => mustBeTold(actor, slot, owner)),
    ],
    presentOwner: owner,
    // A target that also marks the slot as leaving would turn away the keys that come once it serves it.
    close: [
      ...(closesOwner ? [owner] : []),
      ...(target?.migrating.has(slot) ? [target] : []),
      ...rest.filter((actor) => !holds(actor)),
    ],
    collect: rest.filter(holds),
    silentTarget: closesOwner ? silentPeer(picture, owner.migrating.get(slot)) : null,
  }
}

/**
 * The node to which the owner's unfinished move is completed: the recorded one, if it takes part in the move (its marker, or
 * keys that have arrived). While another claimant has keys to hand over first, the owner must stay where it is: a slot on
 * its way out accepts no keys.
 */
function forwardTarget(picture: FixPicture, slot: SlotId, owner: Actor, losers: readonly Actor[]): Actor | undefined {
  const recorded = owner.migrating.get(slot)
  if (recorded === undefined || losers.some((actor) => mayHoldKeys(picture, slot, actor))) return undefined
  const where = whereabouts(picture, recorded)
  if (typeof where === 'string' || where.actor === owner || losers.includes(where.actor)) return undefined
  const takesPart = where.actor.importing.has(slot) || mayHoldKeys(picture, slot, where.actor)
  return takesPart ? where.actor : undefined
}

function silentPeer(picture: FixPicture, peer: NodeId | undefined): NodeId | null {
  return peer !== undefined && whereabouts(picture, peer) === 'silent' ? peer : null
}

interface Sides {
  readonly owner: Actor
  readonly target: Actor | undefined
  readonly losers: readonly Actor[]
  /** Everyone but the claimants who has a marker or keys. */
  readonly others: readonly Actor[]
  /** Some of the others, the target apart, may have keys. */
  readonly withKeys: boolean
}

/** Which row of redis-cli's table this is. */
function nameCase(slot: SlotId, {owner, target, losers, others, withKeys}: Sides): FixCase {
  if (losers.length > 0) return 'several-owners'
  if (others.some((actor) => actor.migrating.has(slot))) {
    // It has handed the slot over and was not told.
    return others.length === 1 && !withKeys && !hasMarker(owner, slot) ? 'case-4' : 'many-sided'
  }
  if (!owner.migrating.has(slot)) return others.some((actor) => actor.importing.has(slot)) ? 'case-2' : 'stray-keys'
  if (others.length === 0) return 'case-4'
  if (target !== undefined && others.length === 1) return 'case-1'
  if (withKeys) return 'many-sided'
  return target === undefined ? 'case-3-close' : 'case-3-move'
}

/** Equal for slots that can be repaired by the same steps. */
function situation(decision: Decision): string {
  const ids = (actors: readonly Actor[]): string => actors.map(({id}) => id).join(',')
  const {owner, presentOwner, moves, assign, close, collect, silentTarget} = decision
  return [
    decision.case,
    owner.id,
    presentOwner.id,
    ids(moves),
    ids(assign),
    ids(close),
    ids(collect),
    silentTarget ?? '',
  ].join(' ')
}

function toRemedy(picture: FixPicture, group: readonly Decision[], request: OpenSlotRequest): Remedy {
  const decision = group[0]!
  const slots = SlotSet.of(group.map(({slot}) => slot))
  const sources = [...decision.moves, ...decision.collect]
  const keysMoved = [...slots].reduce((sum, slot) => sum + sumKeys(picture, slot, sources), 0)
  const action = lossless({
    title: describe(picture, decision, slots, keysMoved, request.replace),
    case: decision.case,
    keysMoved,
    slots: slots.toString(),
    source: (sources[0] ?? decision.assign[0] ?? decision.close[0])?.id ?? null,
    owner: decision.owner.id,
    steps: stepsFor(decision, slots),
    withheld: withholdFor(picture, decision, request),
  })
  return {action, codes: ANSWERS, nodes: []}
}

function sumKeys(picture: FixPicture, slot: SlotId, actors: readonly Actor[]): number {
  return actors.reduce((sum, actor) => sum + (keysOn(picture, slot, actor.id) ?? 0), 0)
}

function stepsFor({owner, presentOwner, moves, assign, close, collect}: Decision, set: SlotSet): Step[] {
  const slots = set.toString()
  return [
    ...assign.map(({id}): Step => ({kind: 'assign-slots', node: id, slots, owner: presentOwner.id})),
    ...close.map(({id}): Step => ({kind: 'close-slots', node: id, slots})),
    ...moves.map(({id}): Step => ({kind: 'move-slots', slots, source: id, target: owner.id})),
    ...collect.flatMap(({id}) =>
      [...set].map((slot): Step => ({kind: 'collect-keys', slot, source: id, target: owner.id})),
    ),
  ]
}

function describe(picture: FixPicture, decision: Decision, set: SlotSet, keys: number, replace: boolean): string {
  const name = (actor: Actor): string => nameOf(picture.view, actor.id)
  const {owner, moves, close, collect} = decision
  const slots = `${set.size === 1 ? 'slot' : 'slots'} ${set}`
  const overwriting = replace && moves.length + collect.length > 0 ? ', overwriting keys that it already has' : ''
  if (decision.case === 'several-owners') {
    return `leave ${slots} to ${name(owner)}, which has the highest config epoch${overwriting}`
  }
  const rest = [
    ...(collect.length === 0 ? [] : [`bring the keys on ${collect.map(name).join(', ')} to it`]),
    ...(close.length === 0 ? [] : [`close it on ${close.map(name).join(', ')}`]),
  ]
  if (moves.length > 0) {
    return [`finish moving ${slots} from ${name(moves[0]!)} to ${name(owner)}${overwriting}`, ...rest].join('; ')
  }
  if (collect.length === 0) return `close ${slots} on ${close.map(name).join(', ')}: it stays with ${name(owner)}`
  return `bring ${counted(keys, 'key')} of ${slots} from ${collect.map(name).join(', ')} to ${name(owner)}, which serves ${set.size === 1 ? 'it' : 'them'}${overwriting}`
}

function withholdFor(picture: FixPicture, decision: Decision, request: OpenSlotRequest): Withheld | null {
  return withholdForSilence(picture, decision, request) ?? withholdForCut(picture, decision)
}

/** Keys that have reached a target which does not answer would be out of sight once the slot is closed. */
function withholdForSilence({view}: FixPicture, {silentTarget}: Decision, request: OpenSlotRequest): Withheld | null {
  if (silentTarget === null || request.withUnreachablePrimaries) return null
  const known = nameOf(view, silentTarget)
  return {
    code: 'needs-unreachable-primaries',
    reason: `${known === shortId(silentTarget) ? `node ${known}` : known}, to which the slot was moving, does not answer: start it, or add --with-unreachable-primaries`,
  }
}

/** An old primary that was cut off believes its successor to be its replica still: it would refuse what we tell it. */
function withholdForCut({view}: FixPicture, {owner, presentOwner, moves, assign, collect}: Decision): Withheld | null {
  const apart = [...moves, ...assign, ...collect].find((actor) =>
    [owner, presentOwner].some((other) => other !== actor && areApart(actor, other)),
  )
  if (apart === undefined) return null
  const names = listNames([apart, owner].map(({id}) => nameOf(view, id)))
  return {
    code: 'nodes-apart',
    reason: `${names} do not hear each other: let each reach the other's bus port, then they settle most of it themselves`,
  }
}

/** One has given the other up, or has not heard that it is a primary now. */
function areApart(one: Actor, other: Actor): boolean {
  return givesUp(one, other) || givesUp(other, one)
}

function givesUp({node}: Actor, {id}: Actor): boolean {
  return node.peers.some((line) => line.id === id && line.flags.has('fail'))
}
