/** From what happens to lines of the journal. Slots are gathered: thousands of empty ones move in a second. */
import type {SlotId} from '../../../model/slot.js'
import {SlotSet} from '../../../model/slot-set.js'
import type {ManagerClock} from '../../ports.js'
import type {ExecutionEvent, StepId} from '../event.js'
import type {Outcome} from '../outcome.js'
import type {EndLine, EndState, ProgressLine, Purpose} from './lines.js'

/** Slots that moved are written down when this long has passed since the last ones, and with whatever else is written. */
const GATHER_MS = 250

/** Where lines go. Must not throw: what cannot be written is its own to tell. */
export type WriteLine = (line: ProgressLine) => void

export class Recorder {
  readonly #write: WriteLine
  readonly #clock: ManagerClock
  readonly #wallClockMs: () => number
  readonly #slots = new Map<StepId, SlotId[]>()
  #gatheredAtMs: number

  /** @param wallClockMs the time of day, for the stamps, Unix ms */
  constructor(write: WriteLine, clock: ManagerClock, wallClockMs: () => number) {
    this.#write = write
    this.#clock = clock
    this.#wallClockMs = wallClockMs
    this.#gatheredAtMs = clock.nowMs()
  }

  event(event: ExecutionEvent): void {
    switch (event.kind) {
      case 'slot-moved':
        return this.#gather(event.step, event.slot)
      case 'step-started':
        return this.#step(event.step, 'started')
      case 'step-finished':
        return this.#step(event.step, 'finished')
      case 'step-failed':
        return this.#step(event.step, 'failed', event.error.message)
      case 'undo-started':
        return this.#tell({line: 'undo', atMs: this.#wallClockMs(), reason: event.reason})
      default:
        return undefined
    }
  }

  /** What was gathered is written; the last line is handed back, for its writer does more than write it. */
  endOf(outcome: Outcome, purpose: Purpose): EndLine {
    this.#flush()
    return endOf(outcome, purpose, this.#wallClockMs())
  }

  #gather(step: StepId, slot: SlotId): void {
    const slots = this.#slots.get(step)
    if (slots === undefined) this.#slots.set(step, [slot])
    else slots.push(slot)
    if (this.#clock.nowMs() - this.#gatheredAtMs >= GATHER_MS) this.#flush()
  }

  #step(step: StepId, is: 'started' | 'finished' | 'failed', message?: string): void {
    this.#tell({line: 'step', atMs: this.#wallClockMs(), step, is, ...(message !== undefined && {message})})
  }

  #tell(line: ProgressLine): void {
    this.#flush()
    this.#write(line)
  }

  #flush(): void {
    for (const [step, slots] of this.#slots) this.#write({line: 'slots', step, slots: SlotSet.of(slots).toString()})
    this.#slots.clear()
    this.#gatheredAtMs = this.#clock.nowMs()
  }
}

/**
 * Where nothing was touched, all was undone, the nodes did not permit the very first thing, or only big keys were left as was asked
 * for, nothing is to be continued.
 */
export function endOf(outcome: Outcome, purpose: Purpose, atMs: number): EndLine {
  const {status, error, touched, undone, slotsLeft, stepsLeft} = outcome
  const isAborted = purpose === 'abort' && status === 'applied'
  const state: EndState = isAborted ? 'aborted' : undone ? 'undone' : status
  const leftAsAsked = slotsLeft !== undefined && stepsLeft === 0
  const isUnheard = purpose === 'apply' && (!touched || wasForbidden(outcome))
  const final = status === 'applied' || undone || leftAsAsked || isUnheard
  return {line: 'end', atMs, state, final, ...(error !== undefined && {message: error.message})}
}

function wasForbidden({error, stepsDone, slotsMoved, keysMoved}: Outcome): boolean {
  return error?.code === 'not-permitted' && stepsDone === 0 && slotsMoved === 0 && keysMoved === 0
}
