/**
 * Slots that nobody serves. Those of a dead primary go to its best replica, which loses nothing; without one they can only be
 * given to others empty, which loses its keys. Slots of nobody go to who holds their keys, or to who has the fewest slots.
 */
import type {NodeId} from '../../model/node-id.js'
import type {SlotId} from '../../model/slot.js'
import {SlotSet} from '../../model/slot-set.js'
import {uncoveredSlots} from '../check/coverage.js'
import {counted, groupBy, nameOf} from '../check/naming.js'
import {linesOf} from '../view/lines.js'
import {fillUp} from './apportion.js'
import {lossless, type FixAction, type FixCase, type Remedy, type Withheld} from './fix-action.js'
import {
  hasMarker,
  keysOn,
  mayHoldKeys,
  mustBeTold,
  type AbsentPrimary,
  type Actor,
  type FixPicture,
} from './fix-picture.js'
import type {Step} from './step.js'

export interface CoverageRequest {
  readonly acceptDataLoss: boolean
  readonly withUnreachablePrimaries: boolean
}

const ANSWERS = ['slots-uncovered', 'slot-migrating', 'slot-importing', 'slots-disagree']

/** Promotions first, then what loses nothing, then what does. */
export function fixCoverage(picture: FixPicture, request: CoverageRequest): Remedy[] {
  const {view, absent} = picture
  const held = absent.reduce((slots, each) => slots.union(each.slots), SlotSet.EMPTY)
  const free = chooseClaims(picture, uncoveredSlots(view).minus(held), levelsOf(picture))
  const levels = raise(levelsOf(picture), picture, free)
  const lost = absent.filter(({heir}) => heir === null)
  return [
    ...absent.filter(({heir}) => heir !== null).map((each) => promote(picture, each)),
    ...group(picture, free),
    ...takeOver(picture, lost, levels, request),
  ]
}

/** Who is to serve one uncovered slot. */
interface Claim {
  readonly slot: SlotId
  readonly case: FixCase
  readonly claimer: Actor
  /** Others that hold keys of it. */
  readonly collect: readonly Actor[]
  /** Others with a marker and without keys. */
  readonly close: readonly Actor[]
}

/** @param levels slots per actor, in the order of `picture.actors` */
function chooseClaims(picture: FixPicture, slots: SlotSet, levels: readonly number[]): Claim[] {
  const homeless: SlotId[] = []
  const chosen = new Map<SlotId, Actor>()
  for (const slot of slots) {
    const claimer = natural(picture, slot)
    if (claimer === undefined) homeless.push(slot)
    else chosen.set(slot, claimer)
  }
  spread(picture.actors, homeless, levels).forEach((actor, index) => chosen.set(homeless[index]!, actor))
  return [...slots].flatMap((slot) => {
    const claimer = chosen.get(slot)
    return claimer === undefined ? [] : [toClaim(picture, slot, claimer)]
  })
}

/** Who has most keys; else who is believed to be the owner; else who was about to receive the slot. */
function natural(picture: FixPicture, slot: SlotId): Actor | undefined {
  const keys = (actor: Actor): number => keysOn(picture, slot, actor.id) ?? 0
  const believed = new Set(
    picture.view.nodes.flatMap((node) =>
      linesOf(node)
        .filter((line) => line.slots.has(slot))
        .map(({id}) => id),
    ),
  )
  const rank = (actor: Actor): number => (believed.has(actor.id) ? 2 : actor.importing.has(slot) ? 1 : 0)
  const candidates = picture.actors.filter((actor) => keys(actor) > 0 || rank(actor) > 0)
  return candidates.sort((a, b) => keys(b) - keys(a) || rank(b) - rank(a) || (a.id < b.id ? -1 : 1))[0]
}

/** The claimer of each slot: in runs as long as possible, so that in the end the emptiest have as many as they can get. */
function spread(actors: readonly Actor[], slots: readonly SlotId[], levels: readonly number[]): Actor[] {
  if (actors.length === 0) return []
  return fillUp(slots.length, levels).flatMap((count, index) => new Array<Actor>(count).fill(actors[index]!))
}

function toClaim(picture: FixPicture, slot: SlotId, claimer: Actor): Claim {
  const others = picture.actors.filter((actor) => actor !== claimer)
  const collect = others.filter((actor) => mayHoldKeys(picture, slot, actor))
  const close = others.filter((actor) => hasMarker(actor, slot) && !collect.includes(actor))
  return {slot, case: nameCase(picture, slot, claimer, collect), claimer, collect, close}
}

function nameCase(picture: FixPicture, slot: SlotId, claimer: Actor, collect: readonly Actor[]): FixCase {
  if (picture.actors.some((actor) => hasMarker(actor, slot))) return 'no-owner'
  if (collect.length > 0) return 'uncovered-several-nodes'
  return (keysOn(picture, slot, claimer.id) ?? 0) > 0 ? 'uncovered-one-node' : 'uncovered-no-keys'
}

/** One remedy for all slots in the same situation: those without keys together, however many claim them. */
function group(picture: FixPicture, claims: readonly Claim[]): Remedy[] {
  return [...groupBy(claims, (claim) => claim.case).values()].map((alike) => ({
    action: lossless({...summary(picture, alike), title: describe(picture, alike), case: alike[0]!.case}),
    codes: ANSWERS,
    nodes: [],
  }))
}

function summary(
  picture: FixPicture,
  claims: readonly Claim[],
): Pick<FixAction, 'slots' | 'keysMoved' | 'steps' | 'owner'> {
  const keysMoved = claims
    .flatMap(({slot, collect}) => collect.map(({id}) => keysOn(picture, slot, id) ?? 0))
    .reduce((sum, keys) => sum + keys, 0)
  const claimers = new Set(claims.map(({claimer}) => claimer.id))
  return {
    slots: slotsOf(claims).toString(),
    keysMoved,
    steps: stepsFor(claims),
    owner: claimers.size === 1 ? [...claimers][0]! : null,
  }
}

function stepsFor(claims: readonly Claim[]): Step[] {
  const byClaimer = groupBy(claims, ({claimer}) => claimer.id)
  const telling = claims.flatMap(({slot, claimer, collect}) =>
    collect.filter((actor) => mustBeTold(actor, slot, claimer)).map(({id}) => ({id, slot, owner: claimer.id})),
  )
  const closing = claims.flatMap((claim) => claim.close.map(({id}) => ({id, slot: claim.slot})))
  return [
    ...[...byClaimer].map(([node, mine]): Step => ({kind: 'claim-slots', node, slots: slotsOf(mine).toString()})),
    ...[...groupBy(telling, ({id, owner}) => `${id} ${owner}`).values()].map((mine): Step => ({
      kind: 'assign-slots',
      node: mine[0]!.id,
      slots: slotsOf(mine).toString(),
      owner: mine[0]!.owner,
    })),
    ...[...groupBy(closing, ({id}) => id)].map(([node, mine]): Step => ({
      kind: 'close-slots',
      node,
      slots: slotsOf(mine).toString(),
    })),
    ...claims.flatMap(({slot, claimer, collect}) =>
      collect.map(({id}): Step => ({kind: 'collect-keys', slot, source: id, target: claimer.id})),
    ),
  ]
}

function describe({view}: FixPicture, claims: readonly Claim[]): string {
  const shares = [...groupBy(claims, ({claimer}) => claimer.id)].map(
    ([id, mine]) => `${slotsOf(mine).size === 1 ? 'slot' : 'slots'} ${slotsOf(mine)} to ${nameOf(view, id)}`,
  )
  const why = {
    'uncovered-no-keys': 'nobody has keys of them',
    'uncovered-one-node': 'it holds their keys',
    'uncovered-several-nodes': 'it holds most of their keys, and gets the others',
  }
  const reason = why[claims[0]!.case as keyof typeof why] ?? 'nobody claims what was being moved'
  return `give ${shares.join(', ')}: ${reason}`
}

function promote(picture: FixPicture, {id, slots, heir}: AbsentPrimary): Remedy {
  const {view, absent} = picture
  const voters = picture.actors.filter(
    (actor) => actor.claims.size > 0 && !absent.some((each) => each.heir?.id === actor.id),
  ).length
  // Half of the votes is no majority: then only TAKEOVER, which asks nobody, can promote.
  const mode = voters * 2 > voters + absent.length ? 'force' : 'takeover'
  const action = lossless({
    title: `promote ${nameOf(view, heir!.id)}, the replica of the dead ${nameOf(view, id)} that has heard the most: ${counted(slots.size, 'slot')}`,
    case: 'dead-primary-replica',
    slots: slots.toString(),
    source: id,
    owner: heir!.id,
    steps: [{kind: 'failover', replica: heir!.id, mode}],
  })
  return {action, codes: ['primary-unreachable', 'slots-uncovered'], nodes: [id]}
}

/** Slots whose owner is out of reach and has no replica: what it held is lost to whoever takes them. */
function takeOver(
  picture: FixPicture,
  lost: readonly AbsentPrimary[],
  levels: readonly number[],
  request: CoverageRequest,
): Remedy[] {
  let rising = levels
  return lost.map((primary) => {
    const claims = primary.alive ? [] : chooseClaims(picture, primary.slots, rising)
    rising = raise(rising, picture, claims)
    const name = nameOf(picture.view, primary.id)
    const action: FixAction = {
      ...lossless({
        ...summary(picture, claims),
        title: `give up the keys of the dead ${name}: its ${counted(primary.slots.size, 'slot')} to the others`,
        case: 'dead-primary',
      }),
      slots: primary.slots.toString(),
      effect: 'lossy',
      keysAtStake: null,
      source: primary.id,
      withheld: withhold(name, primary, request),
    }
    return {
      action,
      codes: ['primary-unreachable', 'slots-uncovered', 'slot-importing', 'slot-migrating'],
      nodes: [primary.id, ...markedNodes(picture, primary.slots)],
    }
  })
}

function withhold(name: string, {alive}: AbsentPrimary, request: CoverageRequest): Withheld | null {
  if (alive) {
    return {
      code: 'primary-alive',
      reason: `${name} does not answer us, but the other nodes still talk to it: make it reachable from here`,
    }
  }
  const missing = [
    ...(request.withUnreachablePrimaries ? [] : ['--with-unreachable-primaries']),
    ...(request.acceptDataLoss ? [] : ['--accept-data-loss']),
  ]
  if (missing.length === 0) return null
  return {
    code: request.withUnreachablePrimaries ? 'needs-accept-data-loss' : 'needs-unreachable-primaries',
    reason: `all keys of ${name} would be lost: start it again or, if it cannot come back, add ${missing.join(' and ')}`,
  }
}

function markedNodes({actors}: FixPicture, slots: SlotSet): NodeId[] {
  const marks = (actor: Actor): boolean =>
    [...actor.migrating.keys(), ...actor.importing.keys()].some((slot) => slots.has(slot))
  return actors.filter(marks).map(({id}) => id)
}

function levelsOf({actors}: FixPicture): number[] {
  return actors.map(({claims}) => claims.size)
}

function raise(levels: readonly number[], {actors}: FixPicture, claims: readonly Claim[]): number[] {
  return levels.map((level, index) => level + claims.filter(({claimer}) => claimer === actors[index]).length)
}

function slotsOf(claims: readonly {readonly slot: SlotId}[]): SlotSet {
  return SlotSet.of(claims.map(({slot}) => slot))
}
