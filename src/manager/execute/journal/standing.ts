/** How an operation stands, read from its journal. */
import {SlotSet} from '../../../model/slot-set.js'
import type {Plan} from '../../plan/plan.js'
import {stepCount} from '../../plan/plan.js'
import type {Step} from '../../plan/step.js'
import type {EndLine, Journal, OperationLine, ProgressLine, RunLine} from './lines.js'

/** `interrupted`: stopped by the operator. `abandoned`: its process is gone without a word. */
export type OperationState = 'running' | 'interrupted' | 'failed' | 'abandoned' | 'applied' | 'undone' | 'aborted'

export interface Standing {
  readonly state: OperationState
  /** It waits to be finished or aborted. */
  readonly isUnfinished: boolean
  readonly stepsDone: number
  readonly slotsMoved: number
  /** When something was last noted, Unix ms. */
  readonly atMs: number
  /** Of the last failure. */
  readonly message: string | null
  readonly run: RunLine | undefined
}

/** @param isAlive whether the process of this run still runs */
export function standingOf(
  {head, progress}: {readonly head: OperationLine; readonly progress: readonly ProgressLine[]},
  isAlive: (run: RunLine) => boolean,
): Standing {
  const last = progress.findLastIndex(({line}) => line === 'run')
  const run = progress[last] as RunLine | undefined
  const since = progress.slice(last + 1)
  const end = since.findLast((line): line is EndLine => line.line === 'end')
  const state = stateOf(end, run !== undefined && isAlive(run))
  return {
    state,
    isUnfinished: end === undefined ? state === 'abandoned' : !end.final,
    stepsDone: stepsDone(head, run, since, end),
    slotsMoved: movedSlots(progress).size,
    atMs: progress.reduce((latest, line) => ('atMs' in line ? Math.max(latest, line.atMs) : latest), head.startedMs),
    message: end?.message ?? null,
    run,
  }
}

/** The steps that came to their end in any run, by what they say. */
export function finishedSteps({plan, progress}: Journal): ReadonlySet<string> {
  const finished = new Set<string>()
  let current: Plan = plan
  for (const line of progress) {
    if (line.line === 'run') current = line.plan ?? plan
    if (line.line !== 'step' || line.is !== 'finished') continue
    const step = stepAt(current, line.step)
    if (step !== undefined) finished.add(JSON.stringify(step))
  }
  return finished
}

function stateOf(end: EndLine | undefined, runs: boolean): OperationState {
  if (end === undefined) return runs ? 'running' : 'abandoned'
  return end.state === 'stopped' ? 'interrupted' : end.state
}

function stepsDone(
  head: OperationLine,
  run: RunLine | undefined,
  since: readonly ProgressLine[],
  end: EndLine | undefined,
): number {
  if (end?.state === 'applied') return head.steps
  const finished = since.filter(
    (line) => line.line === 'step' && line.is === 'finished' && /^\d/.test(line.step),
  ).length
  if (run === undefined || run.purpose !== 'resume' || run.plan === undefined) return Math.min(head.steps, finished)
  return Math.max(0, Math.min(head.steps, head.steps - stepCount(run.plan) + finished))
}

function movedSlots(progress: readonly ProgressLine[]): SlotSet {
  const texts = progress.flatMap((line) => (line.line === 'slots' ? [line.slots] : []))
  return texts.reduce((all, text) => all.union(SlotSet.parse(text) ?? SlotSet.EMPTY), SlotSet.EMPTY)
}

/** `1.0`, `undo.0.3`, `lastly.0.1`: undo and lastly are counted as the executor counts them. */
function stepAt({phases, undo = [], lastly = []}: Plan, id: string): Step | undefined {
  const match = /^(undo\.|lastly\.)?(\d+)\.(\d+)$/.exec(id)
  if (match === null) return undefined
  const part = match[1] === 'undo.' ? undo : match[1] === 'lastly.' ? lastly : phases
  return part[Number(match[2])]?.steps[Number(match[3])]
}
