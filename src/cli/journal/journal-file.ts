/** A journal while it is written: each line as soon as it is true, the plan on the disk before a node hears of it. */
import {closeSync, fsync, fsyncSync, openSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {ManagerError} from '../../manager/error.js'
import {
  encodeLine,
  parseHeadAndProgress,
  type EndLine,
  type JournalLine,
  type ProgressLine,
  type RunLine,
} from '../../manager/execute/journal/lines.js'
import type {JournalFolder} from './journal-folder.js'

export class JournalFile {
  readonly path: string
  readonly #folder: JournalFolder
  readonly #failed: (reason: string) => void
  readonly #fd: number
  #failure: string | undefined

  /** @param failed told once, when a line could not be written */
  private constructor(file: string, fd: number, folder: JournalFolder, failed: (reason: string) => void) {
    this.path = file
    this.#fd = fd
    this.#folder = folder
    this.#failed = failed
  }

  /** @throws ManagerError `io` when it cannot be written, `refused` when the file holds something that is not to be lost */
  static begin(
    file: string,
    lines: readonly JournalLine[],
    folder: JournalFolder,
    failed: (reason: string) => void,
  ): JournalFile {
    const isOurs = folder.owns(file)
    if (!isOurs) refuseToOverwrite(file)
    return opening(file, () => {
      if (isOurs) folder.make()
      const fd = openSync(file, isOurs ? 'wx' : 'w', 0o600)
      try {
        writeDurably(fd, lines.map(encodeLine).join(''))
        syncFolderOf(file)
      } catch (error) {
        closeSync(fd)
        if (isRegularFile(file)) rmSync(file, {force: true})
        throw error
      }
      return new JournalFile(file, fd, folder, failed)
    })
  }

  /** @throws ManagerError `io` */
  static goOn(file: string, run: RunLine, folder: JournalFolder, failed: (reason: string) => void): JournalFile {
    return opening(file, () => {
      // A line that was cut off stays one, and the next begins anew.
      const isTorn = !readFileSync(file, 'utf8').endsWith('\n')
      const fd = openSync(file, 'a', 0o600)
      try {
        writeDurably(fd, `${isTorn ? '\n' : ''}${encodeLine(run)}`)
      } catch (error) {
        closeSync(fd)
        throw error
      }
      return new JournalFile(file, fd, folder, failed)
    })
  }

  /** Why lines are missing from some point on; `undefined`: none are. */
  get failure(): string | undefined {
    return this.#failure
  }

  /** Never throws. */
  write(line: ProgressLine): void {
    if (this.#failure !== undefined) return
    try {
      writeFileSync(this.#fd, encodeLine(line))
    } catch (error) {
      this.#fail(error)
    }
  }

  /** On its way to the disk; nobody waits for it. */
  sync(): void {
    fsync(this.#fd, (error) => {
      if (error !== null && isAboutSpace(error)) this.#fail(error)
    })
  }

  /** Its last line, and where nothing is left to do, its place among those that ended. */
  end(last: EndLine): void {
    this.write(last)
    try {
      fsyncSync(this.#fd)
    } catch (error) {
      if (isAboutSpace(error)) this.#fail(error)
    }
    closeSync(this.#fd)
    if (!last.final || this.#failure !== undefined || !this.#folder.owns(this.path)) return
    try {
      this.#folder.retire(this.path)
    } catch {
      // Its last line says that it has ended: the name only saves a look.
    }
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return
    this.#failure = reasonOf(error)
    this.#failed(this.#failure)
  }
}

function opening(file: string, open: () => JournalFile): JournalFile {
  try {
    return open()
  } catch (error) {
    throw new ManagerError('io', `cannot write the journal ${file}: ${reasonOf(error)}; nothing was changed`, {
      hint: 'make room for it or name another place: --journal FILE',
      cause: error,
    })
  }
}

/** A journal that has ended may be written over; one that is to be continued, and anything else, not. */
function refuseToOverwrite(file: string): void {
  if (!isRegularFile(file)) return
  const text = readFileSync(file, 'utf8')
  if (text === '') return
  const journal = parseHeadAndProgress(text)
  const last = journal?.progress.at(-1)
  if (last?.line === 'end' && last.final) return
  const what =
    journal === undefined ? 'is there already, and is no journal' : 'is the journal of an unfinished operation'
  throw new ManagerError('refused', `${file} ${what}: nothing was changed`, {
    hint:
      journal === undefined
        ? 'name another file'
        : `finish it with \`tscluster resume --journal ${file}\`, or name another file`,
  })
}

/** A device such as /dev/full cannot be synced, and need not be. */
function writeDurably(fd: number, text: string): void {
  writeFileSync(fd, text)
  try {
    fsyncSync(fd)
  } catch (error) {
    if (isAboutSpace(error)) throw error
  }
}

/** The name of a new file is safe only when its folder is. Not every system lets a folder be opened. */
function syncFolderOf(file: string): void {
  try {
    const fd = openSync(path.dirname(file), 'r')
    try {
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
  } catch {
    return
  }
}

function isRegularFile(file: string): boolean {
  try {
    return statSync(file).isFile()
  } catch {
    return false
  }
}

function isAboutSpace(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO'].includes((error as NodeJS.ErrnoException).code ?? '')
}

/** `ENOSPC: no space left on device, write` is told as a person would. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return /^[A-Z]+: ([^,]+)/.exec(message)?.[1] ?? message
}
