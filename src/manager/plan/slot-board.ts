/** Who owns each slot while a planner tries moves on paper, and each owner's runs of neighbouring slots. */
import {assert} from '../../model/assert.js'
import type {NodeId} from '../../model/node-id.js'
import {SLOT_COUNT, type SlotId} from '../../model/slot.js'
import {type SlotSet, type SlotRange} from '../../model/slot-set.js'

/** The owner of a slot that nobody has, and of what lies beyond both ends. */
export const NOBODY = -1

/** Owners are counted from 0, in the order in which they were given. */
export type Owner = number

export function lengthOf([first, last]: SlotRange): number {
  return last - first + 1
}

export class SlotBoard {
  readonly ids: readonly NodeId[]
  readonly #owners = new Int32Array(SLOT_COUNT).fill(NOBODY)
  /** By owner; lowest first. */
  readonly #runs: SlotRange[][]
  readonly #sizes: number[]
  #ranges = 0

  /** @param primaries whose slots do not overlap */
  constructor(primaries: readonly {readonly id: NodeId; readonly slots: SlotSet}[]) {
    this.ids = primaries.map(({id}) => id)
    this.#sizes = primaries.map(({slots}) => slots.size)
    this.#runs = primaries.map(({slots}) => slots.ranges())
    for (const [owner, runs] of this.#runs.entries()) {
      this.#ranges += runs.length
      for (const [first, last] of runs) this.#owners.fill(owner, first, last + 1)
    }
  }

  /** Runs of all owners together. */
  get ranges(): number {
    return this.#ranges
  }

  /** NOBODY also for the slots -1 and 16384, so that a run at an end has two neighbours like any other. */
  ownerAt(slot: SlotId): Owner {
    return this.#owners[slot] ?? NOBODY
  }

  sizeOf(owner: Owner): number {
    return this.#sizes[owner]!
  }

  /** Maximal, lowest first; another array after each move. */
  runsOf(owner: Owner): readonly SlotRange[] {
    return this.#runs[owner]!
  }

  /** Moves slots that are neighbours and have one owner. */
  give([first, last]: SlotRange, to: Owner): void {
    const from = this.ownerAt(first)
    assert(from !== NOBODY && from !== to, 'slots go from one owner to another')
    const [left, right] = [this.#runs[from]!, this.#runs[to]!]
    this.#ranges -= left.length + right.length
    cutOut(left, [first, last])
    putIn(right, [first, last])
    this.#ranges += left.length + right.length
    this.#owners.fill(to, first, last + 1)
    this.#sizes[from]! -= last - first + 1
    this.#sizes[to]! += last - first + 1
  }
}

/** Index of the first run that begins after `slot`. */
function indexAfter(runs: readonly SlotRange[], slot: SlotId): number {
  let [low, high] = [0, runs.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (runs[middle]![0] > slot) high = middle
    else low = middle + 1
  }
  return low
}

function cutOut(runs: SlotRange[], [first, last]: SlotRange): void {
  const index = indexAfter(runs, first) - 1
  const run = runs[index]
  assert(run !== undefined && last <= run[1], 'the slots that are cut out lie in one run')
  const rest: SlotRange[] = []
  if (run[0] < first) rest.push([run[0], first - 1])
  if (last < run[1]) rest.push([last + 1, run[1]])
  runs.splice(index, 1, ...rest)
}

function putIn(runs: SlotRange[], [first, last]: SlotRange): void {
  const index = indexAfter(runs, first)
  const [before, after] = [runs[index - 1], runs[index]]
  const joinsBefore = before !== undefined && before[1] === first - 1
  const joinsAfter = after !== undefined && after[0] === last + 1
  const joined: SlotRange = [joinsBefore ? before[0] : first, joinsAfter ? after[1] : last]
  runs.splice(index - (joinsBefore ? 1 : 0), (joinsBefore ? 1 : 0) + (joinsAfter ? 1 : 0), joined)
}
