/** What a command tells while it works. Text for people, JSON for programs: the only readers of events. */
import type {Finding} from '../../manager/check/finding.js'
import type {ManagerError} from '../../manager/error.js'
import type {ExecutionEvent} from '../../manager/execute/event.js'
import type {Outcome} from '../../manager/execute/outcome.js'
import type {Plan} from '../../manager/plan/plan.js'
import type {VerificationReport} from '../verify/report.js'

export interface PlanNotes {
  /** Sentences about what will follow from the plan: roles that change, and the like. */
  readonly consequences: readonly string[]
  readonly warnings: readonly Finding[]
  /** Show the commands of each step. */
  readonly explain: boolean
  /** The plan is what was asked for (--dry-run), not a step on the way. */
  readonly isResult: boolean
}

export interface Renderer {
  /** Something is being waited for: a line on a terminal, until `idle` or the next message takes it away. */
  busy(what: string): void
  idle(): void
  note(message: string): void
  warn(message: string): void
  plan(plan: Plan, notes: PlanNotes): Promise<void>
  nothingToDo(why: string): void
  refuse(why: readonly Finding[]): void
  /** @param plan so that progress can be told as a part of the whole */
  begin(plan: Plan): Promise<void> | void
  /**
   * A line beside progress: which keys are heard. '' takes it away.
   * @returns whether a person sees it
   */
  hint(text: string): boolean
  event(event: ExecutionEvent): void
  outcome(plan: Plan, outcome: Outcome, resume: string): void
  /** What `--verify` found. */
  verification(plan: Plan, report: VerificationReport): void
  findings(findings: readonly Finding[]): void
  error(error: ManagerError): void
  /** The next useful command, once, on a terminal only. */
  suggest(command: string): void
  /** Takes back what was drawn and would be in the way. */
  close(): void
}
