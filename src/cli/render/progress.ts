/** How far a plan is: one line, redrawn, on a terminal; one line every few seconds elsewhere. */
import type {ExecutionEvent} from '../../manager/execute/event.js'
import {stepCount, type Plan} from '../../manager/plan/plan.js'
import {SlotSet} from '../../model/slot-set.js'
import type {ManagerClock} from '../../manager/ports.js'
import type {Output} from '../world.js'
import {count, formatCount, formatDuration} from './numbers.js'
import type {Theme} from './theme.js'

const REDRAW_MS = 100
const LINE_EVERY_MS = 3_000
const BAR_WIDTH = 24

export class Progress {
  readonly #output: Output
  readonly #clock: ManagerClock
  readonly #theme: Theme
  readonly #steps: number
  readonly #slots: number
  readonly #startedMs: number
  #drawnMs: number
  #drawn = false
  #phase = ''
  #waiting = ''
  #stepsDone = 0
  #slotsDone = 0
  #keysDone = 0
  #keysExpected = 0

  constructor(plan: Plan, output: Output, clock: ManagerClock, theme: Theme) {
    this.#output = output
    this.#clock = clock
    this.#theme = theme
    this.#steps = stepCount(plan)
    this.#slots = slotsToMove(plan)
    this.#startedMs = clock.nowMs()
    this.#drawnMs = output.isTerminal ? -Infinity : this.#startedMs
  }

  event(event: ExecutionEvent): void {
    switch (event.kind) {
      case 'phase-started':
        this.#phase = event.title
        this.#waiting = ''
        break
      case 'step-finished':
        this.#stepsDone++
        break
      case 'slot-moved':
        this.#slotsDone++
        break
      case 'keys-moved':
        this.#keysDone += event.keys
        break
      case 'keys-counted':
        this.#keysExpected += event.keys
        break
      case 'waiting':
        this.#waiting = event.reason
        break
      default:
        break
    }
    this.#draw()
  }

  /** Takes the line away, so that something else can be written. */
  clear(): void {
    if (!this.#drawn) return
    this.#output.write('\r\u001b[K')
    this.#drawn = false
  }

  #draw(): void {
    const nowMs = this.#clock.nowMs()
    const interval = this.#output.isTerminal ? REDRAW_MS : LINE_EVERY_MS
    if (nowMs - this.#drawnMs < interval) return
    this.#drawnMs = nowMs
    const line = this.#line(nowMs - this.#startedMs)
    if (!this.#output.isTerminal) return this.#output.write(`${line}\n`)
    this.#output.write(`\r\u001b[K${line.slice(0, Math.max(20, this.#output.columns - 1))}`)
    this.#drawn = true
  }

  #line(elapsedMs: number): string {
    if (this.#waiting !== '') return `${this.#phase}: ${this.#waiting}`
    const {done, all, unit} = this.#measure()
    const bar = this.#output.isTerminal ? `${this.#bar(all === 0 ? 0 : done / all)} ` : ''
    const keys = this.#keysDone === 0 ? '' : `, ${count(this.#keysDone, 'key')}`
    const rate = this.#keysDone === 0 ? '' : `, ${formatCount((this.#keysDone * 1000) / Math.max(1, elapsedMs))} keys/s`
    const left = done === 0 || done >= all ? '' : `, ${formatDuration((elapsedMs * (all - done)) / done)} left`
    return `${this.#phase}: ${bar}${formatCount(done)} of ${formatCount(all)} ${unit}${keys}${rate}${left}`
  }

  #measure(): {done: number; all: number; unit: string} {
    if (this.#keysExpected > 0) return {done: this.#keysDone, all: this.#keysExpected, unit: 'keys copied'}
    if (this.#slots > 0) return {done: this.#slotsDone, all: this.#slots, unit: 'slots'}
    return {done: this.#stepsDone, all: this.#steps, unit: 'steps'}
  }

  #bar(part: number): string {
    const full = Math.round(Math.min(1, part) * BAR_WIDTH)
    return this.#theme.accent('█'.repeat(full)) + this.#theme.faint('░'.repeat(BAR_WIDTH - full))
  }
}

function slotsToMove(plan: Plan): number {
  let slots = 0
  for (const step of plan.phases.flatMap((phase) => phase.steps)) {
    if (step.kind === 'move-slots' || step.kind === 'migrate-slots') slots += SlotSet.parse(step.slots)?.size ?? 0
  }
  return slots
}
