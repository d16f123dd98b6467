/** A node's folder on the real disk. */
import {
  accessSync,
  close,
  closeSync,
  constants,
  existsSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import path from 'node:path'
import {doFileWork} from '../apply-turn.js'
import {type FileEffect, type Storage} from '../ports.js'
import {BackgroundFiles, type InTurn} from './background-files.js'
import {reasonOf} from './system-error.js'

/** Of a file that is read piece by piece. */
const PIECE_BYTES = 1024 * 1024

/** A file that is appended to, and the folder in which its name was looked up. */
interface OpenFile {
  readonly descriptor: number
  readonly directory: string
}

/**
 * Every call returns when it is done and throws when it cannot be (a full disk, a folder that is gone), the message being the
 * system's words. Files that are appended to stay open until they are replaced, renamed, removed, or the storage is closed.
 */
export class FileStorage implements Storage {
  #directory: string
  readonly #open = new Map<string, OpenFile>()
  /** Descriptors that background work has in hand, and those among them that nobody else wants any more. */
  readonly #held = new Set<number>()
  readonly #unwanted = new Set<number>()
  readonly #background: BackgroundFiles

  /** Makes the folder if there is none. @throws Error when it cannot be made */
  constructor(directory: string) {
    this.#directory = path.resolve(directory)
    mkdirSync(this.#directory, {recursive: true})
    this.#background = new BackgroundFiles({
      hold: (name) => this.#hold(this.#descriptor(name)),
      release: (_, descriptor) => this.#release(descriptor),
      holdFolder: (name) => this.#holdFolder(name),
      doNow: (effect) => doFileWork(effect, this),
    })
  }

  get directory(): string {
    return this.#directory
  }

  /**
   * Names are relative to this folder from now on, itself relative to the one before. Files that are open stay where they are, and
   * what is renamed stays beside them: a snapshot that is being written ends where it began, as with a child of Redis.
   * @returns the system's words when it is no folder that can be entered; then nothing has changed
   */
  enter(directory: string): string | undefined {
    const target = path.resolve(this.#directory, directory)
    try {
      if (!statSync(target).isDirectory()) return 'Not a directory'
      accessSync(target, constants.X_OK)
    } catch (error) {
      return reasonOf(error)
    }
    this.#directory = target
    return undefined
  }

  /** Where background work tells what has become of it: in a turn of the node. */
  set inTurn(inTurn: InTurn) {
    this.#background.inTurn = inTurn
  }

  read(name: string): Uint8Array | null {
    try {
      return readFileSync(this.#path(name))
    } catch (error) {
      if (isMissing(error)) return null
      throw error
    }
  }

  pieces(name: string): Iterable<Uint8Array> | null {
    const file = this.#path(name)
    return existsSync(file) ? readPieces(file) : null
  }

  truncate(name: string, bytes: number): void {
    worded(() => {
      const descriptor = this.#descriptor(name)
      ftruncateSync(descriptor, bytes)
      fsyncSync(descriptor)
    })
  }

  append(name: string, bytes: Uint8Array): void {
    worded(() => appendAll(this.#descriptor(name), bytes))
  }

  sync(name: string): void {
    worded(() => fdatasyncSync(this.#descriptor(name)))
  }

  replace(name: string, bytes: Uint8Array, lazily = false): void {
    worded(() => this.#replace(name, bytes, lazily))
  }

  rename(from: string, to: string, lazily = false): void {
    worded(() => {
      const folder = this.#open.get(from)?.directory ?? this.#directory
      const [source, target] = [path.resolve(folder, from), path.resolve(folder, to)]
      this.#close(from)
      this.#close(to)
      this.#replaceSlowly(target, () => renameSync(source, target))
      if (!lazily) syncFolder(path.dirname(target))
    })
  }

  remove(name: string): void {
    worded(() => {
      const target = this.#path(name)
      this.#close(name)
      this.#replaceSlowly(target, () => rmSync(target, {force: true}))
    })
  }

  later(effect: FileEffect): void {
    this.#background.add(effect)
  }

  /**
   * Lets go of every file. The promise is kept when no work in the background is under way.
   * @param drops what has not begun of that work never will
   */
  async close(drops = false): Promise<void> {
    const ended = this.#background.end(drops)
    for (const name of [...this.#open.keys()]) this.#close(name)
    await ended
    for (const name of [...this.#open.keys()]) this.#close(name)
  }

  #replace(name: string, bytes: Uint8Array, lazily: boolean): void {
    const target = this.#path(name)
    const beside = `${target}.tmp-${process.pid}`
    this.#makeFolderOf(target)
    const descriptor = openSync(beside, 'w')
    try {
      appendAll(descriptor, bytes)
      if (!lazily) fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    this.#close(name)
    renameSync(beside, target)
    if (!lazily) syncFolder(path.dirname(target))
  }

  /** To free the room of a large file takes a while: whoever closes it last does it, and that is a thread. */
  #replaceSlowly(target: string, replace: () => void): void {
    const former = openIfThere(target)
    try {
      replace()
    } finally {
      if (former !== undefined) close(former)
    }
  }

  #descriptor(name: string): number {
    const open = this.#open.get(name)
    if (open !== undefined) return open.descriptor
    const target = this.#path(name)
    this.#makeFolderOf(target)
    const descriptor = openSync(target, 'a')
    this.#open.set(name, {descriptor, directory: this.#directory})
    return descriptor
  }

  /** A folder inside the node's own is made when it is needed; the node's own, once gone, is a failure. */
  #makeFolderOf(target: string): void {
    const folder = path.dirname(target)
    if (folder === this.#directory) return
    try {
      mkdirSync(folder)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    }
  }

  #close(name: string): void {
    const descriptor = this.#open.get(name)?.descriptor
    if (descriptor === undefined) return
    this.#open.delete(name)
    if (this.#held.has(descriptor)) this.#unwanted.add(descriptor)
    else closeSync(descriptor)
  }

  #hold(descriptor: number): number {
    this.#held.add(descriptor)
    return descriptor
  }

  #holdFolder(name: string): number {
    const descriptor = this.#hold(openSync(path.dirname(this.#path(name)), 'r'))
    this.#unwanted.add(descriptor)
    return descriptor
  }

  #release(descriptor: number): void {
    this.#held.delete(descriptor)
    if (this.#unwanted.delete(descriptor)) closeSync(descriptor)
  }

  #path(name: string): string {
    return path.resolve(this.#open.get(name)?.directory ?? this.#directory, name)
  }
}

/** Each piece in room of its own: who draws it may keep it. */
function* readPieces(file: string): Generator<Uint8Array, void> {
  const descriptor = openSync(file, 'r')
  try {
    for (;;) {
      const piece = Buffer.allocUnsafeSlow(PIECE_BYTES)
      const length = readSync(descriptor, piece)
      if (length === 0) return
      yield piece.subarray(0, length)
    }
  } finally {
    closeSync(descriptor)
  }
}

/** All of it or nothing: what came to be written of it is taken back. */
function appendAll(descriptor: number, bytes: Uint8Array): void {
  let at = 0
  try {
    while (at < bytes.length) at += writeSync(descriptor, bytes, at, bytes.length - at)
  } catch (error) {
    if (at > 0) ftruncateSync(descriptor, fstatSync(descriptor).size - at)
    throw error
  }
}

/** The system's words become the error's message. */
function worded(work: () => void): void {
  try {
    work()
  } catch (error) {
    throw new Error(reasonOf(error), {cause: error})
  }
}

/** A rename is durable when its folder is. Windows cannot open a folder, and needs not. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function openIfThere(file: string): number | undefined {
  if (process.platform === 'win32') return undefined
  try {
    return openSync(file, 'r')
  } catch {
    return undefined
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
