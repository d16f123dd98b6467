/**
 * Where journals are kept: `journals` in the state folder, `ID.jsonl` while there is something to continue, `ID.ended.jsonl` when
 * there is not. The last ended ones stay, as a history.
 */
import {mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync} from 'node:fs'
import path from 'node:path'
import {parseHeadAndProgress, type OperationLine, type ProgressLine} from '../../manager/execute/journal/lines.js'
import {stateHome} from '../state-home.js'
import type {World} from '../world.js'

const ENDED_KEPT = 20
const NAME = /^([0-9a-f]{16})(\.ended)?\.jsonl$/

export interface JournalEntry {
  readonly file: string
  readonly head: OperationLine
  readonly progress: readonly ProgressLine[]
}

export class JournalFolder {
  readonly path: string

  constructor(env: World['env']) {
    this.path = path.join(stateHome(env), 'journals')
  }

  fileOf(id: string): string {
    return path.join(this.path, `${id}.jsonl`)
  }

  /** Nobody else's business. @throws Error where the folder cannot be made */
  make(): void {
    mkdirSync(this.path, {recursive: true, mode: 0o700})
  }

  owns(file: string): boolean {
    return path.dirname(file) === this.path
  }

  /** Nothing of it is to be continued. The oldest of those that ended go. */
  retire(file: string): void {
    renameSync(file, file.replace(/(\.ended)?\.jsonl$/, '.ended.jsonl'))
    const ended = this.#names().filter((name) => name.endsWith('.ended.jsonl'))
    const byAge = ended.map((name) => ({name, atMs: modifiedMs(path.join(this.path, name))}))
    byAge.sort((a, b) => b.atMs - a.atMs)
    for (const {name} of byAge.slice(ENDED_KEPT)) rmSync(path.join(this.path, name), {force: true})
  }

  /** The oldest first. What cannot be read is passed over. */
  list(which: 'all' | 'not-ended'): JournalEntry[] {
    const names = this.#names().filter((name) => which === 'all' || !name.endsWith('.ended.jsonl'))
    const entries = names.flatMap((name) => readEntry(path.join(this.path, name)) ?? [])
    return entries.sort((a, b) => a.head.startedMs - b.head.startedMs)
  }

  /** Journals of operations that have not ended, as far as their names tell, and of which nothing else can be known. */
  get unreadable(): string[] {
    const files = this.#names().map((name) => path.join(this.path, name))
    return files.filter((file) => !file.endsWith('.ended.jsonl') && readEntry(file) === undefined)
  }

  /** Cheap: most of the time there is nothing to look at. */
  get hasUnended(): boolean {
    return this.#names().some((name) => !name.endsWith('.ended.jsonl'))
  }

  #names(): string[] {
    try {
      return readdirSync(this.path).filter((name) => NAME.test(name))
    } catch {
      return []
    }
  }
}

export function readEntry(file: string): JournalEntry | undefined {
  try {
    // A device may never come to its end.
    if (!statSync(file).isFile()) return undefined
    const parsed = parseHeadAndProgress(readFileSync(file, 'utf8'))
    return parsed === undefined ? undefined : {file, ...parsed}
  } catch {
    return undefined
  }
}

function modifiedMs(file: string): number {
  try {
    return statSync(file).mtimeMs
  } catch {
    return 0
  }
}
