/**
 * A journal is a file of JSON lines: what was decided, then what became of it. Whoever continues the operation works from the plan
 * and from the cluster itself; the other lines are for people, and for what leaves no trace in a cluster. Lines are only ever
 * appended, so that a process which is killed in the middle of one spoils nothing but that one.
 */
import type {Plan} from '../../plan/plan.js'
import {planFromJson} from '../../plan/plan-json.js'
import type {Shard} from '../../plan/resume/truth.js'

export const JOURNAL_SCHEMA = 'tscluster.journal/1'

/** The first line. */
export interface OperationLine {
  readonly line: 'operation'
  readonly schema: typeof JOURNAL_SCHEMA
  readonly id: string
  /** The command: `reshard`. */
  readonly operation: string
  /** As it was typed, without secrets. */
  readonly command: string
  /** `host:port` through which the cluster was entered. */
  readonly entry: string
  /** Unix ms. */
  readonly startedMs: number
  readonly steps: number
  /** That are to move; 0 where none are. */
  readonly slots: number
}

/** The second line: all that has to be known to go on. */
export interface PlanLine {
  readonly line: 'plan'
  readonly plan: Plan
  readonly shards: readonly Shard[]
}

export type Purpose = 'apply' | 'resume' | 'abort'

/** Who carries it out from here on. */
export interface RunLine {
  readonly line: 'run'
  readonly atMs: number
  readonly purpose: Purpose
  readonly pid: number
  /** Tells the process from a later one with the same number, where the system lets us know. */
  readonly mark: string | null
  readonly host: string
  /** What was left to do; absent: the plan of the second line. */
  readonly plan?: Plan
}

export interface StepLine {
  readonly line: 'step'
  readonly atMs: number
  /** As in events: `phase.step` of the run's plan. */
  readonly step: string
  readonly is: 'started' | 'finished' | 'failed'
  readonly message?: string
}

/** They have a new owner, for good. */
export interface SlotsLine {
  readonly line: 'slots'
  readonly step: string
  readonly slots: string
}

export interface UndoLine {
  readonly line: 'undo'
  readonly atMs: number
  readonly reason: string
}

/** How a run, or with `final` the operation, ended. */
export type EndState = 'applied' | 'stopped' | 'failed' | 'undone' | 'aborted'

export interface EndLine {
  readonly line: 'end'
  readonly atMs: number
  readonly state: EndState
  /** Nothing is left to continue. */
  readonly final: boolean
  readonly message?: string
}

export type ProgressLine = RunLine | StepLine | SlotsLine | UndoLine | EndLine
export type JournalLine = OperationLine | PlanLine | ProgressLine

export interface Journal {
  readonly head: OperationLine
  readonly plan: Plan
  readonly shards: readonly Shard[]
  readonly progress: readonly ProgressLine[]
}

export function encodeLine(line: JournalLine): string {
  return `${JSON.stringify(line)}\n`
}

export type ParsedJournal =
  {readonly ok: true; readonly journal: Journal} | {readonly ok: false; readonly problem: string}

/** The plan is read as one that was saved is: it may come from anywhere. What was cut off at the end counts for nothing. */
export function parseJournal(text: string): ParsedJournal {
  const [first, second, ...rest] = wholeLines(text)
  const head = parseHead(first)
  if (head === undefined) return {ok: false, problem: `it does not begin as a journal (${JOURNAL_SCHEMA}) does`}
  const body = parseLine(second ?? '') as Partial<PlanLine> | undefined
  if (body?.line !== 'plan') return {ok: false, problem: 'it has no plan'}
  const parsed = planFromJson(JSON.stringify(body.plan))
  if (!parsed.ok) return {ok: false, problem: `its plan cannot be read: ${parsed.problems[0]!}`}
  const shards = body.shards ?? []
  return {ok: true, journal: {head, plan: parsed.plan, shards, progress: progressIn(rest)}}
}

/** Without its plan, which may be long: for lists. */
export function parseHeadAndProgress(
  text: string,
): {readonly head: OperationLine; readonly progress: readonly ProgressLine[]} | undefined {
  const [first, , ...rest] = wholeLines(text)
  const head = parseHead(first)
  return head === undefined ? undefined : {head, progress: progressIn(rest)}
}

function wholeLines(text: string): string[] {
  return text.split('\n').slice(0, -1)
}

function parseHead(text: string | undefined): OperationLine | undefined {
  const head = parseLine(text ?? '') as Partial<OperationLine> | undefined
  const isHead = head?.line === 'operation' && head.schema === JOURNAL_SCHEMA && typeof head.id === 'string'
  return isHead ? (head as OperationLine) : undefined
}

const PROGRESS: ReadonlySet<unknown> = new Set<ProgressLine['line']>(['run', 'step', 'slots', 'undo', 'end'])

/** A line that a bad disk has spoiled is passed over. */
function progressIn(lines: readonly string[]): ProgressLine[] {
  return lines.flatMap((text) => {
    const line = parseLine(text)
    return line !== undefined && PROGRESS.has(line.line) ? [line as unknown as ProgressLine] : []
  })
}

function parseLine(text: string): {readonly line?: unknown} | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
