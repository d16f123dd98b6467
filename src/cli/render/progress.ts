/** How far a plan is: a few lines, redrawn, on a terminal; one line every few seconds elsewhere. */
import type {ExecutionEvent} from '../../manager/execute/event.js'
import type {Plan} from '../../manager/plan/plan.js'
import type {ManagerClock} from '../../manager/ports.js'
import {ProgressTally} from '../progress-tally.js'
import type {Output} from '../world.js'
import {progressLines} from './progress-lines.js'
import type {Theme} from './theme.js'

const REDRAW_MS = 100
const LINE_EVERY_MS = 3_000

export class Progress {
  readonly #output: Output
  readonly #clock: ManagerClock
  readonly #theme: Theme
  readonly #tally: ProgressTally
  #drawnMs: number
  #linesDrawn = 0
  #hint = ''

  constructor(plan: Plan, output: Output, clock: ManagerClock, theme: Theme) {
    this.#output = output
    this.#clock = clock
    this.#theme = theme
    this.#tally = new ProgressTally(plan, clock.nowMs())
    this.#drawnMs = output.isTerminal ? -Infinity : clock.nowMs()
  }

  /** A line below the others, on a terminal: which keys are heard. */
  hint(text: string): void {
    this.#hint = text
  }

  event(event: ExecutionEvent): void {
    const nowMs = this.#clock.nowMs()
    this.#tally.event(event, nowMs)
    const interval = this.#output.isTerminal ? REDRAW_MS : LINE_EVERY_MS
    // Who has just pressed a key wants to see it; nothing may follow for as long as a pause lasts.
    if (nowMs - this.#drawnMs >= interval || event.kind === 'pace-changed') this.#draw(nowMs)
  }

  /** Takes the lines away, so that something else can be written. */
  clear(): void {
    if (this.#linesDrawn > 0) this.#output.write(`${toTheTop(this.#linesDrawn)}\r\u001b[J`)
    this.#linesDrawn = 0
  }

  #draw(nowMs: number): void {
    this.#drawnMs = nowMs
    const {isTerminal, columns} = this.#output
    const report = this.#tally.report(nowMs)
    if (!isTerminal) {
      const [whole] = progressLines(report, {theme: this.#theme, columns: Infinity, hint: ''})
      return this.#output.write(`${whole!}\n`)
    }
    // The last column stays free: a line that fills it makes some terminals wrap.
    const lines = progressLines(report, {theme: this.#theme, columns: Math.max(20, columns - 1), hint: this.#hint})
    const erased = lines.map((line) => `\r\u001b[K${line}`).join('\n')
    // What was drawn before may have had more lines.
    this.#output.write(`${toTheTop(this.#linesDrawn)}${erased}\u001b[J`)
    this.#linesDrawn = lines.length
  }
}

function toTheTop(lines: number): string {
  return lines > 1 ? `\u001b[${lines - 1}A` : ''
}
