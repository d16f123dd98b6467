/**
 * Moves slots with their keys while clients read and write: SETSLOT IMPORTING and MIGRATING, MIGRATE, SETSLOT NODE
 * (cluster specification, "Live reconfiguration"). A window of slots is open at a time, so that the round trips and the
 * config writes of many slots are paid once. Forward is the only safe direction: clients may have written to the target
 * from the moment a slot was opened, so an open slot is always finished, never taken back.
 */
import {formatAddress} from '../../../model/address.js'
import type {SlotId} from '../../../model/slot.js'
import {SlotSet} from '../../../model/slot-set.js'
import {ManagerError} from '../../error.js'
import {readNode} from '../../observe.js'
import {bigSlotsLast} from '../../plan/big-keys.js'
import type {StepOf} from '../../plan/step.js'
import {migrateWhole} from '../atomic/migrate-whole.js'
import {Handover} from '../migration/handover.js'
import {moveKeys, openLane, type Lane} from '../migration/lane.js'
import {surveyWindow} from '../migration/survey-window.js'
import {countKeysInSlots} from '../../slot-counts.js'
import {checkpoint, isStopping, type StepContext} from '../step-context.js'
import {slotsOf} from './node-commands.js'

/** More saves nothing and makes the target stall on its broadcasts. */
const WINDOW_SLOTS = 64
/** So that a stop, which finishes the window, comes within about a second. */
const WINDOW_KEYS = 50_000
/** Slots whose keys are counted in one write. */
const COUNTED_AT_ONCE = 1_024

export async function moveSlots(step: StepOf<'move-slots'>, context: StepContext): Promise<void> {
  const big = step.bigKeySlots === undefined ? SlotSet.EMPTY : slotsOf(step.bigKeySlots)
  let todo = slotsOf(step.slots)
  let aside = SlotSet.EMPTY
  for (let isFirst = true; todo.size > 0; isFirst = false) {
    checkpoint(context)
    // After a pause everything is looked at anew: the cluster may be another by then.
    const lane = await openLane(step.source, step.target, context)
    const slots = slotsToMove(todo, lane)
    const counts = await countKeys(lane, [...slots])
    if (isFirst && slots.size > 0) {
      const keys = [...counts.values()].reduce((sum, each) => sum + each, 0)
      context.emit({kind: 'keys-counted', step: context.id, keys})
    }
    const progress = await moveUntilPaused(lane, slots, counts, big)
    todo = progress.left
    aside = aside.union(progress.aside)
    if (todo.size > 0) await context.pace.atBorder()
  }
  // What is skipped was told: the outcome names it.
  if (aside.size > 0 && context.settings.bigKeys?.handling === 'atomic') await moveWhole(step, aside, context)
}

/** Slots with big keys, the other way: by the servers. */
async function moveWhole({source, target}: StepOf<'move-slots'>, slots: SlotSet, context: StepContext): Promise<void> {
  const {server} = await readNode(await context.connect(source))
  const asks = server.capabilities.has('slot-migration-export') ? {} : ({asks: 'target'} as const)
  await migrateWhole({slots: slots.toString(), source, target, ...asks}, context)
}

interface Progress {
  /** What is left when the operator pauses: none of it is open. */
  readonly left: SlotSet
  /** What was not opened, because of the big keys in it. */
  readonly aside: SlotSet
}

async function moveUntilPaused(lane: Lane, slots: SlotSet, counts: KeyCounts, big: SlotSet): Promise<Progress> {
  const handover = new Handover(lane)
  try {
    return await moveAll(lane, handover, slots, counts, big)
  } catch (error) {
    throw leftOpen(error, lane, handover.open)
  } finally {
    await handover.announced
  }
}

/**
 * The slots of a window change hands with the same commands that open the next one's.
 * @param big slots in which big keys were found: they go last
 */
async function moveAll(
  lane: Lane,
  handover: Handover,
  slots: SlotSet,
  counts: KeyCounts,
  big: SlotSet,
): Promise<Progress> {
  const {context, source, target} = lane
  let todo = bigSlotsLast([...slots], big)
  let aside = SlotSet.EMPTY
  while (todo.length > 0 && !isStopping(context) && !context.pace.isPaused) {
    await context.stalls.untilClear([source.id, target.id])
    const next = nextWindow(lane, todo, counts)
    todo = todo.slice(next.slots.length)
    const held = await setAside(lane, handover, next.slots, big)
    aside = aside.union(held)
    const window = without(next, held)
    await handover.andOpen(window.slots)
    const {moved, failed} = await moveKeys(lane, window.slots, window.counts)
    handover.add(moved, failed)
    const [first] = failed
    if (first === undefined) continue
    await handover.andOpen([])
    throw first[1]
  }
  await context.stalls.untilClear([source.id, target.id])
  await handover.andOpen([])
  if (todo.length > 0) checkpoint(context)
  return {left: SlotSet.of(todo), aside}
}

/** Slots that are not to be opened. Before sizes are looked at, what is open is handed over: a look takes its time, or fails. */
async function setAside(lane: Lane, handover: Handover, slots: readonly SlotId[], big: SlotSet): Promise<SlotSet> {
  const asksForNone = lane.bigKeys.settings.handling === 'as-they-come'
  const looks = lane.looksFirst || (!asksForNone && slots.some((slot) => big.has(slot)))
  if (!looks) return SlotSet.EMPTY
  await handover.andOpen([])
  return surveyWindow(lane, slots)
}

function without(window: Window, held: SlotSet): Window {
  if (held.size === 0) return window
  const stays = (index: number): boolean => !held.has(window.slots[index]!)
  return {
    slots: window.slots.filter((_, index) => stays(index)),
    counts: window.counts.filter((_, index) => stays(index)),
  }
}

/** By slot, in all databases. Wrong ones cost only speed. */
type KeyCounts = ReadonlyMap<SlotId, number>

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

/** Once for the lane: for the size of windows, and for what there is to do. */
async function countKeys(lane: Lane, slots: readonly SlotId[]): Promise<KeyCounts> {
  const counts = new Map<SlotId, number>()
  for (const {counter} of lane.databases) {
    for (let from = 0; from < slots.length; from += COUNTED_AT_ONCE) {
      const part = slots.slice(from, from + COUNTED_AT_ONCE)
      const found = await countKeysInSlots(counter, part)
      part.forEach((slot, index) => counts.set(slot, (counts.get(slot) ?? 0) + found[index]!))
    }
  }
  return counts
}

function nextWindow(lane: Lane, todo: readonly SlotId[], known: KeyCounts): Window {
  const slots = todo.slice(0, WINDOW_SLOTS)
  const counts = slots.map((slot) => known.get(slot) ?? 0)
  const mostKeys = Math.min(WINDOW_KEYS, lane.context.pace.windowKeys)
  let keys = 0
  const fitting = counts.findIndex((count, index) => (keys += count) > mostKeys && index > 0)
  return fitting < 0 ? {slots, counts} : {slots: slots.slice(0, fitting), counts: counts.slice(0, fitting)}
}

/** The same error, saying also what it leaves behind and which command repairs that. */
function leftOpen(error: unknown, lane: Lane, open: SlotSet): unknown {
  if (!(error instanceof ManagerError) || open.size === 0) return error
  const lostRole = /not a master|only with (masters|primaries)/.test(error.reply ?? '')
  const why = lostRole ? 'a replica was promoted in place of the source or the target' : error.hint
  // The outcome names `resume`, where there is a journal; one command is enough, and this is the other case.
  const fix = `without its journal: \`tscluster fix ${lane.context.entry}\``
  const advice = `open: ${open.size === 1 ? 'slot' : 'slots'} ${open}; ${fix}`
  return new ManagerError(error.code, error.message, {
    node: error.node,
    reply: error.reply,
    cause: error.cause,
    hint: why === undefined ? advice : `${why}; ${advice}`,
  })
}
