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
import type {StepOf} from '../../plan/step.js'
import {moveKeys, openLane, type Lane} from '../migration/lane.js'
import {setSlots} from '../migration/set-slots.js'
import {countKeysInSlots} from '../../slot-counts.js'
import {checkpoint} from '../step-context.js'
import type {StepContext} from '../step-context.js'
import {NOT_A_PRIMARY, slotsOf} from './node-commands.js'

/** More saves nothing and makes the target stall on its broadcasts. */
const WINDOW_SLOTS = 64
/** So that a stop, which finishes the window, comes within about a second. */
const WINDOW_KEYS = 50_000

export async function moveSlots(step: StepOf<'move-slots'>, context: StepContext): Promise<void> {
  const lane = await openLane(step.source, step.target, context)
  let todo = [...slotsToMove(slotsOf(step.slots), lane)]
  let announced: Promise<void> = Promise.resolve()
  try {
    while (todo.length > 0) {
      checkpoint(context)
      const window = await nextWindow(lane, todo)
      todo = todo.slice(window.slots.length)
      await moveWindow(lane, window)
      await announced
      announced = announce(lane, window.slots)
    }
  } finally {
    await announced
  }
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
  for (const {scout} of lane.databases) {
    const found = await countKeysInSlots(scout, slots)
    found.forEach((keys, index) => (counts[index]! += keys))
  }
  let keys = 0
  const fitting = counts.findIndex((count, index) => (keys += count) > WINDOW_KEYS && index > 0)
  return fitting < 0 ? {slots, counts} : {slots: slots.slice(0, fitting), counts: counts.slice(0, fitting)}
}

async function moveWindow(lane: Lane, {slots, counts}: Window): Promise<void> {
  const {context, source, target} = lane
  let open = SlotSet.of(slots)
  try {
    await openSlots(lane, slots)
    const {moved, failed} = await moveKeys(lane, slots, counts)
    const done = slots.filter((slot) => !failed.has(slot))
    await handOver(lane, done)
    open = open.minus(SlotSet.of(done))
    for (const slot of done) {
      context.emit({
        kind: 'slot-moved',
        step: context.id,
        slot,
        source: source.id,
        target: target.id,
        keys: moved.get(slot)!,
      })
    }
    const [first] = failed
    if (first !== undefined) throw first[1]
  } catch (error) {
    throw leftOpen(error, lane, open)
  }
}

/** The target first: were the source to redirect before it expects them, clients would be sent in circles. */
async function openSlots({context, source, target}: Lane, slots: readonly SlotId[]): Promise<void> {
  const unclaimed = slots.filter((slot) => !target.line.slots.has(slot))
  const importing = unclaimed.map((slot) => ['CLUSTER', 'SETSLOT', slot, 'IMPORTING', source.id])
  const migrating = slots.map((slot) => ['CLUSTER', 'SETSLOT', slot, 'MIGRATING', target.id])
  await setSlots(context, {id: target.id, witness: target}, importing)
  await setSlots(context, {id: source.id, witness: source}, migrating)
}

/**
 * The target first. Were it to crash before it hears that the slot is its own, every other node would redirect to it, and it
 * would redirect back.
 */
async function handOver({context, source, target}: Lane, slots: readonly SlotId[]): Promise<void> {
  const commands = slots.map((slot) => ['CLUSTER', 'SETSLOT', slot, 'NODE', target.id])
  await setSlots(context, {id: target.id, witness: target}, commands)
  // A source that gave away its last slot may already follow the target; that refusal is no failure.
  await setSlots(context, {id: source.id, witness: source}, commands, NOT_A_PRIMARY)
}

/** Tells the other primaries; a replica hears it from its primary. One that does not listen hears it by gossip. */
async function announce({context, source, target}: Lane, slots: readonly SlotId[]): Promise<void> {
  const others = context.primaries.filter((id) => id !== source.id && id !== target.id)
  const commands = slots.map((slot) => ['CLUSTER', 'SETSLOT', slot, 'NODE', target.id])
  await Promise.all(
    others.map(async (id) => {
      try {
        await setSlots(context, {id, witness: source}, commands, /./)
      } catch {
        const name = formatAddress(context.addressOf(id))
        context.emit({kind: 'noted', step: context.id, message: `${name} could not be told; it will hear by gossip`})
      }
    }),
  )
}

/** The same error, saying also what it leaves behind and which command repairs that. */
function leftOpen(error: unknown, lane: Lane, open: SlotSet): unknown {
  if (!(error instanceof ManagerError)) return error
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
