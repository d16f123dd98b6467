/** Merges ranges of a slot map: short runs go to their neighbours, and everyone keeps its share. */
import {assert} from '../../model/assert.js'
import {SlotSet, type SlotRange} from '../../model/slot-set.js'
import {SLOT_COUNT, type SlotId} from '../../model/slot.js'
import {groupBy} from '../check/naming.js'
import type {Topology} from '../view/topology.js'
import {directReturn, returnByOthers, type Move, type Return} from './give-in-return.js'
import type {Lane} from './lanes.js'
import {lengthOf, NOBODY, SlotBoard, type Owner} from './slot-board.js'

export interface DefragmentOptions {
  /** Slots that move in addition to those that move anyway, at most. */
  readonly budget: number
  /** Whether this primary may have so many slots. What it has it may always keep. */
  readonly mayHave: (id: string, slots: number) => boolean
}

/** @param lanes what moves anyway @returns these and the others together, each slot at most once; the biggest first */
export function defragmentedLanes(topology: Topology, lanes: readonly Lane[], options: DefragmentOptions): Lane[] {
  const [home, board] = [new SlotBoard(topology.primaries), new SlotBoard(topology.primaries)]
  const ownerOf = new Map(board.ids.map((id, owner) => [id, owner]))
  for (const {slots, target} of lanes) {
    for (const range of slots.ranges()) board.give(range, ownerOf.get(target)!)
  }
  new Defragmentation(home, board, options).run()
  return difference(home, board)
}

function difference(home: SlotBoard, board: SlotBoard): Lane[] {
  const moved: SlotId[] = []
  for (let slot = 0; slot < SLOT_COUNT; slot++) if (home.ownerAt(slot) !== board.ownerAt(slot)) moved.push(slot)
  const lanes = groupBy(moved, (slot) => `${home.ownerAt(slot)} ${board.ownerAt(slot)}`)
  return [...lanes.values()]
    .map((slots): Lane => {
      const [source, target] = [home.ownerAt(slots[0]!), board.ownerAt(slots[0]!)]
      return {source: home.ids[source]!, target: home.ids[target]!, slots: SlotSet.of(slots)}
    })
    .sort((a, b) => b.slots.size - a.slots.size)
}

/** Moves that together save ranges: a run for its neighbour and, where shares demand it, as many slots in return. */
interface Proposal {
  readonly moves: readonly Move[]
  readonly saved: number
  /** Slots to move; 0 or less when slots come home that were to be moved. */
  readonly cost: number
}

/** Ranges saved for a slot, at best: one slot between two runs of one owner. */
const BEST_RATIO = 2
/** The longest run is given, and as many slots come back. */
const WORST_RATIO = 1 / (2 * SLOT_COUNT)
/** What a round demands of a proposal, relative to the round before. */
const NEXT_ROUND = 0.7

/**
 * What saves the most ranges for each slot that moves comes first, by rounds: a round does all that saves at least so much, in the
 * order of the slots; the next one demands less. Each change leaves fewer ranges, so there is an end.
 */
class Defragmentation {
  readonly #home: SlotBoard
  readonly #board: SlotBoard
  readonly #options: DefragmentOptions
  #left: number
  #ratio = BEST_RATIO

  constructor(home: SlotBoard, board: SlotBoard, options: DefragmentOptions) {
    this.#home = home
    this.#board = board
    this.#options = options
    this.#left = options.budget
  }

  run(): void {
    for (; this.#ratio > WORST_RATIO && this.#left > 0; this.#ratio *= NEXT_ROUND) this.#sweep()
    while (this.#left > 0 && this.#sweep()) continue
  }

  /** @returns whether anything was changed */
  #sweep(): boolean {
    let changed = false
    for (let slot = 0; slot < SLOT_COUNT;) {
      const run = this.#runAt(slot)
      slot = run[1] + 1
      const proposal = this.#best(run)
      if (proposal === undefined) continue
      const {ranges} = this.#board
      for (const {piece, to} of proposal.moves) this.#board.give(piece, to)
      assert(this.#board.ranges === ranges - proposal.saved, 'a proposal saves what it says, or there would be no end')
      this.#left -= proposal.cost
      changed = true
    }
    return changed
  }

  #runAt(slot: SlotId): SlotRange {
    const owner = this.#board.ownerAt(slot)
    let [first, last] = [slot, slot]
    while (first > 0 && this.#board.ownerAt(first - 1) === owner) first--
    while (last < SLOT_COUNT - 1 && this.#board.ownerAt(last + 1) === owner) last++
    return [first, last]
  }

  /** The best that this round accepts of all that can be done with a run. */
  #best(run: SlotRange): Proposal | undefined {
    const owner = this.#board.ownerAt(run[0])
    if (owner === NOBODY) return undefined
    const [before, after] = [this.#board.ownerAt(run[0] - 1), this.#board.ownerAt(run[1] + 1)]
    let best: Proposal | undefined
    for (const neighbour of new Set([before, after])) {
      if (neighbour === NOBODY) continue
      const joined = (before === neighbour ? 1 : 0) + (after === neighbour ? 1 : 0)
      const proposals = [this.#gift, this.#exchange, this.#rotation].map((propose) =>
        propose.call(this, run, neighbour, joined),
      )
      for (const proposal of proposals) {
        if (proposal === undefined || !this.#accepts(proposal)) continue
        if (best === undefined || isBetter(proposal, best)) best = proposal
      }
    }
    return best
  }

  /** The run for its neighbour, where both may have so many slots then. */
  #gift(run: SlotRange, neighbour: Owner, saved: number): Proposal | undefined {
    const owner = this.#board.ownerAt(run[0])
    if (saved < this.#ratio * lengthOf(run)) return undefined
    if (!this.#mayChange(owner, -lengthOf(run)) || !this.#mayChange(neighbour, lengthOf(run))) return undefined
    const move: Move = {piece: run, to: neighbour}
    return {moves: [move], saved, cost: this.#costOf(move)}
  }

  /** The run for its neighbour, and as many slots from it in return. */
  #exchange(run: SlotRange, neighbour: Owner, joined: number): Proposal | undefined {
    // In return at most two ranges are saved: what could not pay off even so is not looked at before a later round.
    if (joined + 2 < this.#ratio * 2 * lengthOf(run)) return undefined
    return this.#withReturn(run, neighbour, joined, directReturn(this.#board, run, neighbour))
  }

  /** The run for its neighbour, and as many slots in return by way of others. */
  #rotation(run: SlotRange, neighbour: Owner, joined: number): Proposal | undefined {
    const most = Math.min(joined / this.#ratio, this.#left) / lengthOf(run) - 1
    if (most < 2) return undefined
    return this.#withReturn(run, neighbour, joined, returnByOthers(this.#board, run, neighbour, most))
  }

  #withReturn(run: SlotRange, to: Owner, joined: number, inReturn: Return | undefined): Proposal | undefined {
    if (inReturn === undefined) return undefined
    const moves: Move[] = [{piece: run, to}, ...inReturn.moves]
    const cost = moves.reduce((sum, move) => sum + this.#costOf(move), 0)
    return {moves, saved: joined + inReturn.saved, cost}
  }

  #accepts({saved, cost}: Proposal): boolean {
    return saved > 0 && cost <= this.#left && saved >= this.#ratio * cost
  }

  #mayChange(owner: Owner, by: number): boolean {
    return this.#options.mayHave(this.#board.ids[owner]!, this.#board.sizeOf(owner) + by)
  }

  #costOf({piece: [first, last], to}: Move): number {
    let cost = 0
    for (let slot = first; slot <= last; slot++) {
      const home = this.#home.ownerAt(slot)
      if (home !== to) cost++
      if (home !== this.#board.ownerAt(slot)) cost--
    }
    return cost
  }
}

/** More ranges for each slot. */
function isBetter(proposal: Proposal, other: Proposal): boolean {
  return proposal.saved * Math.max(other.cost, 0) > other.saved * Math.max(proposal.cost, 0)
}
