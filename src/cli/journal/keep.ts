/** The journal of the operation that is carried out now. */
import {randomBytes} from 'node:crypto'
import {ManagerError} from '../../manager/error.js'
import type {ExecutionEvent} from '../../manager/execute/event.js'
import {JOURNAL_SCHEMA, type JournalLine, type Purpose, type RunLine} from '../../manager/execute/journal/lines.js'
import {Recorder} from '../../manager/execute/journal/recorder.js'
import type {Outcome} from '../../manager/execute/outcome.js'
import {stepCount, type Plan} from '../../manager/plan/plan.js'
import {slotsAtWork} from '../../manager/plan/resume/settle.js'
import type {Shard} from '../../manager/plan/resume/truth.js'
import type {World} from '../world.js'
import {JournalFile} from './journal-file.js'
import {JournalFolder} from './journal-folder.js'
import {thisProcess} from './process-mark.js'

/** What a command says of its journal before there is one. */
export interface JournalPolicy {
  /** As it was typed, without secrets. */
  readonly command: string
  /** Elsewhere than in the state folder. */
  readonly file: string | undefined
  /** An operation without a journal is not begun. */
  readonly isRequired: boolean
}

/** An operation that was begun earlier, and is gone on with. */
export interface Continued {
  readonly id: string
  readonly file: string
  readonly purpose: Purpose
}

/** Named in results and advice. */
export interface JournalReference {
  readonly id: string
  readonly file: string
}

export interface Begun {
  readonly plan: Plan
  readonly entry: string
  readonly shards: readonly Shard[]
}

const SHORT_ID = 8

export function newOperationId(): string {
  return randomBytes(8).toString('hex')
}

export function shortOperation(id: string): string {
  return id.slice(0, SHORT_ID)
}

/** The command that goes on with the operation of this journal, or takes it back. */
export function continuing(verb: 'resume' | 'abort', {id, file}: JournalReference, env: World['env']): string {
  const isKnown = new JournalFolder(env).owns(file)
  return isKnown ? `tscluster ${verb} ${shortOperation(id)}` : `tscluster ${verb} --journal ${file}`
}

export class KeptJournal implements JournalReference {
  readonly id: string
  readonly #file: JournalFile
  readonly #recorder: Recorder
  readonly #purpose: Purpose
  readonly #env: World['env']

  private constructor(id: string, file: JournalFile, purpose: Purpose, world: World) {
    this.id = id
    this.#file = file
    this.#purpose = purpose
    this.#env = world.env
    this.#recorder = new Recorder((line) => file.write(line), world.clock, Date.now)
  }

  /**
   * @param failed told when the disk fills up in the middle
   * @throws ManagerError `io` when it cannot be written: nothing was changed then
   */
  static begin(
    world: World,
    id: string,
    policy: JournalPolicy,
    begun: Begun,
    failed: (why: string) => void,
  ): KeptJournal {
    const folder = new JournalFolder(world.env)
    const lines = [...firstLines(id, policy.command, begun), runLine('apply')]
    const file = JournalFile.begin(policy.file ?? folder.fileOf(id), lines, folder, failed)
    return new KeptJournal(id, file, 'apply', world)
  }

  /** @throws ManagerError `io` as `begin` does */
  static goOn(world: World, {id, file, purpose}: Continued, plan: Plan, failed: (why: string) => void): KeptJournal {
    const run = {...runLine(purpose), plan}
    return new KeptJournal(id, JournalFile.goOn(file, run, new JournalFolder(world.env), failed), purpose, world)
  }

  get file(): string {
    return this.#file.path
  }

  /** The command that continues, with what has to be done first. */
  get advice(): string {
    const command = continuing('resume', this, this.#env)
    return this.#file.failure === undefined ? command : `make room for the journal, then ${command}`
  }

  /** Why it could not be kept to the end. */
  get failure(): ManagerError | undefined {
    const why = this.#file.failure
    if (why === undefined) return undefined
    return new ManagerError('io', `cannot write the journal ${this.file}: ${why}`, {hint: this.advice})
  }

  event(event: ExecutionEvent): void {
    if (event.kind === 'phase-started') this.#file.sync()
    this.#recorder.event(event)
  }

  end(outcome: Outcome): void {
    this.#file.end(this.#recorder.endOf(outcome, this.#purpose))
  }
}

function firstLines(id: string, command: string, {plan, entry, shards}: Begun): JournalLine[] {
  const head = {operation: plan.operation, command, entry, startedMs: Date.now(), steps: stepCount(plan)}
  return [
    {line: 'operation', schema: JOURNAL_SCHEMA, id, ...head, slots: slotsAtWork(plan).size},
    {line: 'plan', plan, shards},
  ]
}

function runLine(purpose: Purpose): RunLine {
  return {line: 'run', atMs: Date.now(), purpose, ...thisProcess()}
}
