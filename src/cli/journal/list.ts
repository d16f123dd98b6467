/** `tscluster operations`: one row an operation. */
import type {OperationState} from '../../manager/execute/journal/standing.js'
import {ManagerError} from '../../manager/error.js'
import {formatCount} from '../render/numbers.js'
import {renderTable} from '../render/table.js'
import type {Theme} from '../render/theme.js'
import type {Output, World} from '../world.js'
import {withStanding, type FoundOperation} from './find.js'
import {JournalFolder, readEntry} from './journal-folder.js'
import {continuing, shortOperation} from './keep.js'

/** Documented in docs/json.md. */
export interface ListedOperation {
  readonly id: string
  readonly operation: string
  /** As it was typed, without passwords. */
  readonly command: string
  readonly entry: string
  /** ISO 8601. */
  readonly startedAt: string
  /** When something was last noted; ISO 8601. */
  readonly notedAt: string
  readonly state: OperationState
  readonly pid: number | null
  readonly host: string | null
  readonly steps: Progress
  readonly slots: Progress
  /** Of the last failure. */
  readonly message: string | null
  /** The command that finishes it; `null` when there is nothing to finish, or it runs. */
  readonly next: string | null
  readonly journal: string
}

interface Progress {
  readonly done: number
  readonly all: number
}

/** The oldest first. @throws ManagerError `usage` when the file is no journal */
export function listOperations(env: World['env'], file: string | undefined): ListedOperation[] {
  const entries = file === undefined ? new JournalFolder(env).list('all') : [readEntry(file)]
  return entries.map((entry) => {
    if (entry === undefined)
      throw new ManagerError('usage', `${file} is no journal`, {hint: 'see `tscluster operations`'})
    return listed(withStanding(entry), env)
  })
}

export async function renderList(
  operations: readonly ListedOperation[],
  output: Output,
  theme: Theme,
): Promise<string> {
  if (operations.length === 0) return 'no operation is known\n'
  const columns = [
    ...[{head: 'id'}, {head: 'command'}, {head: 'cluster'}, {head: 'started'}, {head: 'state'}],
    ...[{head: 'steps', align: 'right'} as const, {head: 'slots', align: 'right'} as const, {head: 'next'}],
  ]
  const rows = operations.map((each) => [
    ...[shortOperation(each.id), each.operation, each.entry, `${each.startedAt.slice(0, 19)}Z`, each.state],
    ...[inWords(each.steps), inWords(each.slots), each.next ?? ''],
  ])
  return renderTable(output, theme, columns, rows)
}

function listed({head, standing, file}: FoundOperation, env: World['env']): ListedOperation {
  const {id, operation, command, entry, startedMs, steps, slots} = head
  const {run, state, stepsDone, slotsMoved, atMs, message, isUnfinished} = standing
  return {
    id,
    operation,
    command,
    entry,
    startedAt: new Date(startedMs).toISOString(),
    notedAt: new Date(atMs).toISOString(),
    state,
    pid: run?.pid ?? null,
    host: run?.host ?? null,
    steps: {done: stepsDone, all: steps},
    slots: {done: state === 'applied' ? slots : slotsMoved, all: slots},
    message,
    next: isUnfinished ? continuing('resume', {id, file}, env) : null,
    journal: file,
  }
}

function inWords({done, all}: Progress): string {
  return all === 0 ? '' : `${formatCount(done)}/${formatCount(all)}`
}
