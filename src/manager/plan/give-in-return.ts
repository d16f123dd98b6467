/** What comes back for a run that a primary gave to its neighbour: as many slots, at the price of few ranges. */
import type {SlotRange} from '../../model/slot-set.js'
import type {SlotId} from '../../model/slot.js'
import {lengthOf, NOBODY, type Owner, type SlotBoard} from './slot-board.js'

export interface Move {
  readonly piece: SlotRange
  readonly to: Owner
}

export interface Return {
  readonly moves: readonly Move[]
  /** Ranges that it saves; -1: it costs one. */
  readonly saved: number
}

/** How many runs of a neighbour are looked at: a bound for the time that it takes. */
const LOOKED_AT = 512

/** From the neighbour itself: a whole run, or an end of one, at best next to what the owner has. */
export function directReturn(board: SlotBoard, run: SlotRange, neighbour: Owner): Return | undefined {
  const owner = board.ownerAt(run[0])
  const length = lengthOf(run)
  const isOwners = (slot: SlotId): number => (board.ownerAt(slot) === owner ? 1 : 0)
  let best: Return | undefined
  const propose = (piece: SlotRange, saved: number): void => {
    if (saved > (best?.saved ?? -Infinity)) best = {moves: [{piece, to: owner}], saved}
  }
  const runs = board.runsOf(neighbour)
  for (let index = 0; index < Math.min(runs.length, LOOKED_AT); index++) {
    const [first, last] = runs[index]!
    if (last - first + 1 < length) continue
    const [isAfter, isBefore] = [first === run[1] + 1, last === run[0] - 1]
    if (last - first + 1 === length && !isAfter && !isBefore) {
      propose([first, last], isOwners(first - 1) + isOwners(last + 1))
      continue
    }
    // Of a run next to ours only the far end: the near one would part what the gift has joined.
    if (!isAfter) propose([first, first + length - 1], isOwners(first - 1) - 1)
    if (!isBefore) propose([last - length + 1, last], isOwners(last + 1) - 1)
    if (best?.saved === 2) break
  }
  return best
}

/**
 * By way of others, where owner and neighbour meet nowhere else: each shifts its border with the next one by as many slots,
 * which costs no range. The shortest way is taken.
 *
 * @param mostMoves no longer way is looked for
 */
export function returnByOthers(
  board: SlotBoard,
  run: SlotRange,
  neighbour: Owner,
  mostMoves: number,
): Return | undefined {
  const owner = board.ownerAt(run[0])
  const reachedBy = new Map<Owner, {readonly move: Move; readonly from: Owner}>()
  let givers = [neighbour]
  for (let moves = 1; moves <= mostMoves && givers.length > 0; moves++) {
    const next: Owner[] = []
    for (const from of givers) {
      for (const move of shifts(board, from, run)) {
        if (move.to === neighbour || reachedBy.has(move.to)) continue
        reachedBy.set(move.to, {move, from})
        next.push(move.to)
      }
    }
    if (reachedBy.has(owner)) break
    givers = next
  }
  const way: Move[] = []
  for (let step = reachedBy.get(owner); step !== undefined; step = reachedBy.get(step.from)) way.push(step.move)
  return way.length === 0 ? undefined : {moves: way, saved: 0}
}

/** Ends of runs that are longer than this one, each for whom it touches; not what touches the run itself. */
function shifts(board: SlotBoard, giver: Owner, run: SlotRange): Move[] {
  const length = lengthOf(run)
  const moves: Move[] = []
  for (const [first, last] of board.runsOf(giver)) {
    if (last - first + 1 <= length) continue
    const [before, after] = [board.ownerAt(first - 1), board.ownerAt(last + 1)]
    if (before !== NOBODY && first - 1 !== run[1]) moves.push({piece: [first, first + length - 1], to: before})
    if (after !== NOBODY && last + 1 !== run[0]) moves.push({piece: [last - length + 1, last], to: after})
  }
  return moves
}
