/**
 * Moves slots with their keys while clients read and write: SETSLOT IMPORTING and MIGRATING, MIGRATE, SETSLOT NODE
 * (cluster specification, "Live reconfiguration"). A window of slots is open at a time, so that the round trips and the
 * config writes of many slots are paid once. Forward is the only safe direction: clients may have written to the target
 * from the moment a slot was opened, so an open slot is always finished, never taken back.
 */
import {formatAddress} from '../../../model/address.js'
import type {SlotId} from '../../../model/slot.js'
import {type SlotSet} from '../../../model/slot-set.js'
import {ManagerError} from '../../error.js'
import type {StepOf} from '../../plan/step.js'
import {Handover} from '../migration/handover.js'
import {moveKeys, openLane, type Lane} from '../migration/lane.js'
import {countKeysInSlots} from '../../slot-counts.js'
import {checkpoint, isStopping, type StepContext} from '../step-context.js'
import {slotsOf} from './node-commands.js'

/** More saves nothing and makes the target stall on its broadcasts. */
const WINDOW_SLOTS = 64
/** So that a stop, which finishes the window, comes within about a second. */
const WINDOW_KEYS = 50_000

export async function moveSlots(step: StepOf<'move-slots'>, context: StepContext): Promise<void> {
  const lane = await openLane(step.source, step.target, context)
  const handover = new Handover(lane)
  try {
    await moveAll(lane, handover, slotsToMove(slotsOf(step.slots), lane))
  } catch (error) {
    throw leftOpen(error, lane, handover.open)
  } finally {
    await handover.announced
  }
}

/** The slots of a window change hands with the same commands that open the next one's. */
async function moveAll(lane: Lane, handover: Handover, slots: SlotSet): Promise<void> {
  let todo = [...slots]
  while (todo.length > 0 && !isStopping(lane.context)) {
    const window = await nextWindow(lane, todo)
    todo = todo.slice(window.slots.length)
    await handover.andOpen(window.slots)
    const {moved, failed} = await moveKeys(lane, window.slots, window.counts)
    handover.add(moved, failed)
    const [first] = failed
    if (first === undefined) continue
    await handover.andOpen([])
    throw first[1]
  }
  await handover.andOpen([])
  if (todo.length > 0) checkpoint(lane.context)
}

interface Window {
  readonly slots: readonly SlotId[]
  /** Keys per slot when the window was chosen. */
  readonly counts: readonly number[]
}

/** What the source still owns. A slot that the target has already is done; one that neither has is another's now. */
function slotsToMove(wanted: SlotSet, {source, target}: Lane): SlotSet {
  const lost = wanted.minus(source.line.slots).minus(target.line.slots)
  if (lost.size > 0) {
    throw new ManagerError('stale-plan', `does not own slots ${lost} any more`, {
      node: formatAddress(source.address),
      hint: 'run the command again: it plans anew',
    })
  }
  return wanted.intersection(source.line.slots)
}

async function nextWindow(lane: Lane, todo: readonly SlotId[]): Promise<Window> {
  const slots = todo.slice(0, WINDOW_SLOTS)
  const counts = new Array<number>(slots.length).fill(0)
  for (const {counter} of lane.databases) {
    const found = await countKeysInSlots(counter, slots)
    found.forEach((keys, index) => (counts[index]! += keys))
  }
  let keys = 0
  const fitting = counts.findIndex((count, index) => (keys += count) > WINDOW_KEYS && index > 0)
  return fitting < 0 ? {slots, counts} : {slots: slots.slice(0, fitting), counts: counts.slice(0, fitting)}
}

/** The same error, saying also what it leaves behind and which command repairs that. */
function leftOpen(error: unknown, lane: Lane, open: SlotSet): unknown {
  if (!(error instanceof ManagerError) || open.size === 0) return error
  const lostRole = /not a master|only with (masters|primaries)/.test(error.reply ?? '')
  const why = lostRole ? 'a replica was promoted in place of the source or the target' : error.hint
  const advice = `open: ${open.size === 1 ? 'slot' : 'slots'} ${open}; run \`tscluster fix ${lane.context.entry}\``
  return new ManagerError(error.code, error.message, {
    node: error.node,
    reply: error.reply,
    cause: error.cause,
    hint: why === undefined ? advice : `${why}; ${advice}`,
  })
}
