/** The journal of an operation inside a simulation: the same lines as on disk, read back as whoever continues it reads them. */
import {
  encodeLine,
  JOURNAL_SCHEMA,
  parseJournal,
  type Journal,
  type JournalLine,
  type Purpose,
  type RunLine,
} from '../manager/execute/journal/lines.js'
import {Recorder} from '../manager/execute/journal/recorder.js'
import {standingOf} from '../manager/execute/journal/standing.js'
import type {ExecutionEvent} from '../manager/execute/event.js'
import type {Outcome} from '../manager/execute/outcome.js'
import {stepCount, type Plan} from '../manager/plan/plan.js'
import {slotsAtWork} from '../manager/plan/resume/settle.js'
import type {Shard} from '../manager/plan/resume/truth.js'
import type {ToolProcess} from './tool-process.js'

/** One run of an operation, as long as its process lives. */
export interface NotedRun {
  event(event: ExecutionEvent): void
  end(outcome: Outcome): void
}

/** What a run begins with. */
export interface Beginning {
  readonly plan: Plan
  readonly entry: string
  readonly shards: readonly Shard[]
}

export class Notebook {
  readonly id: string
  #text = ''

  /** @param id of the operation */
  constructor(id: string) {
    this.id = id
  }

  /** What was noted before is done: a command that works in rounds has a journal for each. */
  begin(tool: ToolProcess, {plan, entry, shards}: Beginning): NotedRun {
    const {operation} = plan
    const head = {id: this.id, operation, command: operation, entry, startedMs: tool.clock.nowMs()}
    this.#text = ''
    this.#write({
      ...{line: 'operation', schema: JOURNAL_SCHEMA, ...head},
      ...{steps: stepCount(plan), slots: slotsAtWork(plan).size},
    })
    this.#write({line: 'plan', plan, shards})
    return this.#run(tool, 'apply', runLine(tool, 'apply'))
  }

  goOn(tool: ToolProcess, purpose: Purpose, plan: Plan): NotedRun {
    return this.#run(tool, purpose, {...runLine(tool, purpose), plan})
  }

  /** What is left to be finished or given up; `undefined`: nothing. To be asked when no process works on it. */
  get unfinished(): Journal | undefined {
    if (this.#text === '') return undefined
    const parsed = parseJournal(this.#text)
    if (!parsed.ok) throw new Error(`the journal cannot be read: ${parsed.problem}`)
    const {isUnfinished} = standingOf(parsed.journal, () => false)
    return isUnfinished ? parsed.journal : undefined
  }

  /** What became true without us is written down as done. */
  close(tool: ToolProcess, purpose: Purpose): void {
    this.#write(runLine(tool, purpose))
    const state = purpose === 'abort' ? 'aborted' : 'applied'
    this.#write({line: 'end', atMs: tool.clock.nowMs(), state, final: true})
  }

  #run(tool: ToolProcess, purpose: Purpose, first: RunLine): NotedRun {
    // A process that was killed writes nothing more, whatever it was about to write.
    const write = (line: JournalLine): void => {
      if (!tool.isDead) this.#write(line)
    }
    write(first)
    const recorder = new Recorder(write, tool.clock, () => tool.clock.nowMs())
    return {
      event: (event) => recorder.event(event),
      end: (outcome) => write(recorder.endOf(outcome, purpose)),
    }
  }

  #write(line: JournalLine): void {
    this.#text += encodeLine(line)
  }
}

function runLine(tool: ToolProcess, purpose: Purpose): RunLine {
  return {line: 'run', atMs: tool.clock.nowMs(), purpose, pid: 1, mark: null, host: 'simulation'}
}
