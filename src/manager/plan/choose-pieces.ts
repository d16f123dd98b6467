/** Which slots one primary gives to another, when their number is settled: those that leave the fewest ranges behind. */
import {assert} from '../../model/assert.js'
import type {SlotRange} from '../../model/slot-set.js'
import {fillExactly, type Parcel} from './fill-exactly.js'
import {lengthOf, NOBODY, type Owner, type SlotBoard} from './slot-board.js'

/** What one range less is worth. Hopes are worth less: they decide between choices that leave equally many. */
const RANGE = 16

export interface Gift {
  readonly giver: Owner
  readonly taker: Owner
  /** Slots; not more than the giver has. */
  readonly count: number
  /** -3 … 3: what may come of it later that a piece which is given away lies next to slots of this owner. Default: 0. */
  readonly hope?: (neighbour: Owner) => number
}

interface Whole extends Parcel {
  readonly run: SlotRange
}

/** A piece from one end of a run. */
interface End {
  readonly run: SlotRange
  readonly side: 'first' | 'last'
  readonly value: number
}

/**
 * Whole runs, chosen so that as many as can be lie next to what the taker has, and at most one piece of a run, if possible from an
 * end that touches the taker: a run that is given whole never costs a range, one that is cut costs one. Of equal choices the
 * one with the lowest slots. Adjacency is as the board has it before the gift; it is exact, because runs of one owner do not touch.
 */
export function choosePieces(board: SlotBoard, gift: Gift): SlotRange[] {
  const {giver, taker, count, hope = () => 0} = gift
  const runs = board.runsOf(giver)
  assert(count <= board.sizeOf(giver), 'nobody gives more than it has')
  if (count === board.sizeOf(giver)) return [...runs]
  const worth = (neighbour: Owner): number => (neighbour === taker ? RANGE : neighbour === NOBODY ? 0 : hope(neighbour))
  const wholes = runs.map((run): Whole => {
    const [first, last] = run
    return {run, size: lengthOf(run), value: worth(board.ownerAt(first - 1)) + worth(board.ownerAt(last + 1))}
  })
  const ends = runs.flatMap((run): End[] => [
    {run, side: 'first', value: worth(board.ownerAt(run[0] - 1)) - RANGE},
    {run, side: 'last', value: worth(board.ownerAt(run[1] + 1)) - RANGE},
  ])
  const kept = keptForCutting(ends)
  const choices = [chooseWholes(wholes, count)]
  if (kept !== undefined) choices.push(chooseWholes(wholes, count, kept))
  const best = choices.reduce((left, right) => (right.value > left.value ? right : left))
  return complete(best.runs, runs, ends, count)
}

/** The longest run that touches the taker: cut there, it costs no range. */
function keptForCutting(ends: readonly End[]): End | undefined {
  let kept: End | undefined
  for (const end of ends) {
    if (end.value >= 0 && (kept === undefined || lengthOf(end.run) > lengthOf(kept.run))) kept = end
  }
  return kept
}

/** @param kept not given whole: what is then missing is to be cut from it */
function chooseWholes(
  wholes: readonly Whole[],
  count: number,
  kept?: End,
): {readonly runs: readonly SlotRange[]; readonly value: number} {
  const fillings = fillExactly(
    wholes.filter(({run}) => run !== kept?.run),
    count,
  )
  let best = {filled: 0, value: -Infinity}
  for (let filled = fillings.largest; filled >= 0; filled--) {
    const value = fillings.valueOf(filled)
    if (value === undefined) continue
    const missing = count - filled
    if (kept !== undefined && missing >= lengthOf(kept.run)) continue
    const total = value + (missing === 0 ? 0 : (kept?.value ?? -RANGE))
    if (total > best.value) best = {filled, value: total}
  }
  return {runs: fillings.parcelsFor(best.filled).map(({run}) => run), value: best.value}
}

/** What is still missing is cut from the best end that is long enough; where no run is, the longest is given whole first. */
function complete(
  chosen: readonly SlotRange[],
  runs: readonly SlotRange[],
  ends: readonly End[],
  count: number,
): SlotRange[] {
  const pieces = [...chosen]
  const used = new Set(chosen)
  let missing = count - chosen.reduce((sum, run) => sum + lengthOf(run), 0)
  while (missing > 0) {
    const left = runs.filter((run) => !used.has(run))
    const longest = left.reduce((best, run) => (lengthOf(run) > lengthOf(best) ? run : best))
    if (lengthOf(longest) > missing) return [...pieces, cut(ends, used, missing)]
    pieces.push(longest)
    used.add(longest)
    missing -= lengthOf(longest)
  }
  return pieces
}

function cut(ends: readonly End[], used: ReadonlySet<SlotRange>, count: number): SlotRange {
  const able = ends.filter(({run}) => !used.has(run) && lengthOf(run) > count)
  const {run, side} = able.reduce((best, end) => (end.value > best.value ? end : best))
  const [first, last] = run
  return side === 'first' ? [first, first + count - 1] : [last - count + 1, last]
}
