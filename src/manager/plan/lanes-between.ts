/** Who gives which slots to whom, so that everyone has its share: few lanes, and a slot map with few ranges. */
import type {NodeId} from '../../model/node-id.js'
import {SlotSet, type SlotRange} from '../../model/slot-set.js'
import {SLOT_COUNT} from '../../model/slot.js'
import type {Topology} from '../view/topology.js'
import {choosePieces} from './choose-pieces.js'
import type {Lane} from './lanes.js'
import {SlotBoard, type Owner} from './slot-board.js'

/** So many slots are too many there (positive) or too few (negative). */
export interface Balance {
  readonly id: NodeId
  readonly surplus: number
}

/** `tidy`: those that leave the fewest ranges. `lowest`: every giver's lowest ones, as redis-cli does. */
export type SlotChoice = 'tidy' | 'lowest'

/**
 * From those with too many to those with too few; the surpluses add up to 0. No slot moves that need not, and each lane
 * settles one of its ends, so there are fewer lanes than nodes that give or take. Of several ways to do it the one with the fewest
 * ranges is taken; where none is better, every giver gives its lowest slots.
 */
export function lanesBetween(topology: Topology, balances: readonly Balance[], choice: SlotChoice = 'tidy'): Lane[] {
  const lowest = settle(topology, balances, {pair: biggestPair, choose: lowestSlots})
  if (choice === 'lowest') return lowest.lanes
  const pairs = [biggestPair, neighbouringPair, ...beginnings(balances)]
  const others = pairs.map((pair) => settle(topology, balances, {pair, choose: tidySlots}))
  return others.reduce((best, next) => (next.ranges < best.ranges ? next : best), lowest).lanes
}

/** More pairs than this are not tried one by one: the time would grow with the square of the nodes. */
const PAIRS_TRIED = 32

interface Party {
  readonly owner: Owner
  left: number
}

interface Pair {
  readonly giver: Party
  readonly taker: Party
}

/** What is still to be settled. */
interface Ledger {
  readonly board: SlotBoard
  /** As they were given; who is settled has nothing left. */
  readonly givers: readonly Party[]
  readonly takers: readonly Party[]
  /** The same by owner. */
  readonly giving: readonly (Party | undefined)[]
  readonly taking: readonly (Party | undefined)[]
}

interface Rules {
  /** Who is next; `undefined` when all are settled. */
  readonly pair: (ledger: Ledger) => Pair | undefined
  readonly choose: (ledger: Ledger, pair: Pair, count: number) => SlotRange[]
}

function settle(
  {primaries}: Topology,
  balances: readonly Balance[],
  {pair, choose}: Rules,
): {readonly lanes: Lane[]; readonly ranges: number} {
  const board = new SlotBoard(primaries)
  const ownerOf = new Map(board.ids.map((id, owner) => [id, owner]))
  const parties = (sign: 1 | -1): Party[] =>
    balances
      .filter(({surplus}) => surplus * sign > 0)
      .map(({id, surplus}) => ({owner: ownerOf.get(id)!, left: surplus * sign}))
  const [givers, takers] = [parties(1), parties(-1)]
  const ledger: Ledger = {board, givers, takers, giving: byOwner(board, givers), taking: byOwner(board, takers)}
  const lanes: Lane[] = []
  for (let next = pair(ledger); next !== undefined; next = pair(ledger)) {
    const {giver, taker} = next
    const count = Math.min(giver.left, taker.left)
    const pieces = choose(ledger, next, count)
    for (const piece of pieces) board.give(piece, taker.owner)
    giver.left -= count
    taker.left -= count
    const [source, target] = [board.ids[giver.owner]!, board.ids[taker.owner]!]
    lanes.push({source, target, slots: SlotSet.fromRanges(pieces)})
  }
  return {lanes, ranges: board.ranges}
}

function lowestSlots({board}: Ledger, {giver}: Pair, count: number): SlotRange[] {
  return SlotSet.fromRanges(board.runsOf(giver.owner)).lowest(count).ranges()
}

/**
 * Next to a giver that is not done yet a piece is well placed: the same taker may get what it touches there. Next to another
 * taker it is not, when this giver goes on giving: that taker would be glad of it.
 */
function tidySlots({board, giving, taking}: Ledger, {giver, taker}: Pair, count: number): SlotRange[] {
  const hope = (neighbour: Owner): number => {
    if (taker.left > count && isOpen(giving[neighbour])) return 1
    return giver.left > count && isOpen(taking[neighbour]) ? -2 : 0
  }
  return choosePieces(board, {giver: giver.owner, taker: taker.owner, count, hope})
}

function biggestPair({givers, takers}: Ledger): Pair | undefined {
  const [giver, taker] = [biggest(givers), biggest(takers)]
  return giver === undefined || taker === undefined ? undefined : {giver, taker}
}

/**
 * Those with the most common borders, for there pieces join what the taker has; among equals those that settle each other
 * (one lane less is a cut less), then the biggest.
 */
function neighbouringPair(ledger: Ledger): Pair | undefined {
  const {board, givers, takers} = ledger
  const [giver, taker] = [biggest(givers), biggest(takers)]
  if (giver === undefined || taker === undefined) return undefined
  const match = takers.find(({left}) => left === giver.left) ?? taker
  let best: Pair = {giver, taker: match}
  let most = rank(best, 0)
  const borders = new Map<number, number>()
  for (const pair of neighbours(ledger)) {
    const key = pair.giver.owner * board.ids.length + pair.taker.owner
    const count = (borders.get(key) ?? 0) + 1
    borders.set(key, count)
    const ranked = rank(pair, count)
    if (ranked <= most) continue
    best = pair
    most = ranked
  }
  return best
}

/** A pair for each border between one that still gives and one that still takes; looked for from the side with fewer of them. */
function neighbours({board, givers, takers, giving, taking}: Ledger): Pair[] {
  const fromGivers = givers.length <= takers.length
  const pairs: Pair[] = []
  for (const party of fromGivers ? givers : takers) {
    if (party.left === 0) continue
    for (const [first, last] of board.runsOf(party.owner)) {
      for (const owner of [board.ownerAt(first - 1), board.ownerAt(last + 1)]) {
        const other = (fromGivers ? taking : giving)[owner]
        if (isOpen(other)) pairs.push(fromGivers ? {giver: party, taker: other} : {giver: other, taker: party})
      }
    }
  }
  return pairs
}

function byOwner({ids}: SlotBoard, parties: readonly Party[]): (Party | undefined)[] {
  const places = new Array<Party | undefined>(ids.length).fill(undefined)
  for (const party of parties) places[party.owner] = party
  return places
}

function isOpen(party: Party | undefined): party is Party {
  return party !== undefined && party.left > 0
}

/** Each pair once as the first one, where they are few: the rest is the same rule, so a beginning is what can be varied. */
function beginnings(balances: readonly Balance[]): Rules['pair'][] {
  const givers = balances.filter(({surplus}) => surplus > 0).length
  const takers = balances.filter(({surplus}) => surplus < 0).length
  const pairs = givers * takers
  return pairs > PAIRS_TRIED ? [] : Array.from({length: pairs}, (_, number) => beginningWith(number))
}

/** Begins with the pair of this number, then goes on with neighbours. */
function beginningWith(number: number): Rules['pair'] {
  let begun = false
  return (ledger) => {
    if (begun) return neighbouringPair(ledger)
    begun = true
    const {givers, takers} = ledger
    return {giver: givers[Math.floor(number / takers.length)]!, taker: takers[number % takers.length]!}
  }
}

/** A lane can use no more borders than it has pieces. */
function rank({giver, taker}: Pair, borders: number): number {
  const count = Math.min(giver.left, taker.left)
  const usable = Math.min(borders, 2 * count)
  return (usable + (giver.left === taker.left ? 1 : 0)) * (SLOT_COUNT + 1) + count
}

/** The one with the most left; the first of equals; `undefined` when all are settled. */
function biggest(parties: readonly Party[]): Party | undefined {
  let best: Party | undefined
  for (const party of parties) if (party.left > (best?.left ?? 0)) best = party
  return best
}
