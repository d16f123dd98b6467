/** For people: the plan, progress and advice on standard error, the result on standard output. */
import type {ManagerError} from '../../manager/error.js'
import type {Outcome} from '../../manager/execute/outcome.js'
import {namesIn, type NameOf} from '../../manager/plan/explain.js'
import type {Plan} from '../../manager/plan/plan.js'
import type {Finding} from '../../manager/check/finding.js'
import {shortId} from '../../model/node-id.js'
import type {VerificationReport} from '../verify/report.js'
import type {World} from '../world.js'
import {renderFindings, renderRefusal} from './findings.js'
import {count, formatBytes, formatDuration} from './numbers.js'
import {bigKeyNotes, describeBigKey, renderBigKeys} from './big-keys.js'
import {renderPlan} from './plan-table.js'
import {renderVerification} from './operation-check.js'
import type {Progress} from './progress.js'
import type {PlanNotes, Renderer} from './renderer.js'
import {themeFor, type Theme} from './theme.js'

const PAUSING = 'pausing: what is in hand (open slots, ranges that the servers move) is finished first'

export interface TextSettings {
  readonly quiet: boolean
  readonly color: boolean
}

export class TextRenderer implements Renderer {
  readonly #world: World
  readonly #quiet: boolean
  readonly #out: Theme
  readonly #err: Theme
  #progress: Progress | undefined
  #busy = false
  #isPaused = false
  #nameOf: NameOf = shortId

  constructor(world: World, {quiet, color}: TextSettings) {
    this.#world = world
    this.#quiet = quiet
    this.#out = themeFor(world.stdout, world.env, color)
    this.#err = themeFor(world.stderr, world.env, color)
  }

  busy(what: string): void {
    if (this.#quiet || !this.#world.stderr.isTerminal) return
    this.idle()
    this.#world.stderr.write(this.#err.faint(what.slice(0, this.#world.stderr.columns - 1)))
    this.#busy = true
  }

  idle(): void {
    if (this.#busy) this.#world.stderr.write('\r\u001b[K')
    this.#busy = false
  }

  note(message: string): void {
    if (!this.#quiet) this.#tell(message)
  }

  warn(message: string): void {
    this.#tell(`${this.#err.warning('warning')} ${message}`)
  }

  async plan(plan: Plan, notes: PlanNotes): Promise<void> {
    const output = notes.isResult ? this.#world.stdout : this.#world.stderr
    const theme = notes.isResult ? this.#out : this.#err
    if (this.#quiet && !notes.isResult) return
    this.#clear()
    output.write(await renderPlan(plan, output, theme, {explain: notes.explain, complete: notes.isResult}))
    for (const note of bigKeyNotes(plan)) output.write(`${theme.strong('note')} ${note}\n`)
    if (plan.bigKeys !== undefined) output.write(await renderBigKeys(plan, plan.bigKeys, output, theme, notes.isResult))
    for (const sentence of notes.consequences) output.write(`${theme.strong('note')} ${sentence}\n`)
    for (const loss of plan.risk.losses) output.write(`${theme.bad('data loss')} ${loss}\n`)
    if (notes.warnings.length > 0) output.write(renderFindings(notes.warnings, theme))
  }

  nothingToDo(why: string): void {
    this.#clear()
    this.#world.stdout.write(`${why}\n`)
  }

  refuse(why: readonly Finding[]): void {
    this.#clear()
    for (const finding of why) this.#world.stderr.write(renderRefusal(finding, this.#err))
  }

  async begin(plan: Plan): Promise<void> {
    this.#nameOf = namesIn(plan)
    if (this.#quiet) return
    const {Progress} = await import('./progress.js')
    this.#progress = new Progress(plan, this.#world.stderr, this.#world.clock, this.#err)
  }

  hint(text: string): boolean {
    this.#progress?.hint(text)
    return this.#progress !== undefined && this.#world.stderr.isTerminal
  }

  event(event: Parameters<Renderer['event']>[0]): void {
    if (event.kind === 'noted') this.note(event.message)
    if (event.kind === 'pace-changed') {
      if (event.paused && !this.#isPaused) this.note(PAUSING)
      this.#isPaused = event.paused
    }
    if (event.kind === 'big-key') this.note(describeBigKey(event, this.#nameOf))
    if (event.kind === 'undo-started') this.note(`${event.reason}: undoing what was done`)
    this.#progress?.event(event)
  }

  outcome(plan: Plan, outcome: Outcome, resume: string): void {
    this.#clear()
    this.#progress = undefined
    const summary = `${plan.operation}: ${achievements(outcome)} in ${formatDuration(outcome.elapsedMs)}`
    if (outcome.status === 'applied') {
      this.#world.stdout.write(`${this.#out.good('done')} ${summary}\n`)
      return
    }
    if (outcome.error !== undefined && outcome.error.code !== 'interrupted') this.error(outcome.error)
    const {stderr} = this.#world
    const label = outcome.status === 'stopped' ? this.#err.warning('stopped') : this.#err.bad('failed')
    if (!outcome.touched) stderr.write(`${label} ${plan.operation}: nothing was changed\n`)
    else if (outcome.undone) {
      const again = 'the same command may be given again'
      stderr.write(`${label} ${plan.operation}: what was done is undone, the nodes are as they were; ${again}\n`)
    } else if (outcome.slotsLeft !== undefined && outcome.stepsLeft === 0) {
      stderr.write(`${label} ${summary}; slots left: ${outcome.slotsLeft}\n`)
    } else stderr.write(`${label} ${summary}, ${count(outcome.stepsLeft, 'step')} left; to go on: ${resume}\n`)
  }

  verification({operation}: Plan, report: VerificationReport): void {
    this.#clear()
    this.#world.stdout.write(renderVerification(operation, report, this.#out))
  }

  findings(findings: readonly Finding[]): void {
    this.#clear()
    this.#world.stdout.write(renderFindings(findings, this.#out))
  }

  error(error: ManagerError): void {
    this.#clear()
    const node = error.node === undefined ? '' : `${error.node} `
    const hint = error.hint === undefined ? '' : ` (${error.hint})`
    this.#world.stderr.write(
      `${this.#err.bad('error')} ${node}${oneLine(error.message)}${hint} ${this.#err.faint(`[${error.code}]`)}\n`,
    )
  }

  suggest(command: string): void {
    if (this.#quiet || !this.#world.stdout.isTerminal) return
    this.#tell(this.#err.faint(`next: ${command}`))
  }

  close(): void {
    this.#clear()
  }

  #tell(line: string): void {
    this.#clear()
    this.#world.stderr.write(`${line}\n`)
  }

  #clear(): void {
    this.idle()
    this.#progress?.clear()
  }
}

function achievements({slotsMoved, keysMoved, bytesMoved, stepsDone}: Outcome): string {
  const bytes = bytesMoved > 0 ? ` (${formatBytes(bytesMoved)})` : ''
  if (slotsMoved > 0) return `${count(slotsMoved, 'slot')} and ${count(keysMoved, 'key')} moved${bytes}`
  if (keysMoved > 0) return `${count(keysMoved, 'key')} moved${bytes}`
  return count(stepsDone, 'step')
}

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ')
}
