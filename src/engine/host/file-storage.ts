/** A node's folder on the real disk. */
import {
  closeSync,
  fdatasyncSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import path from 'node:path'
import {type Storage} from '../ports.js'

/**
 * Every call returns when it is done and throws the system's error when it cannot be (a full disk, a folder that is gone).
 * Files that are appended to stay open until they are replaced, renamed, removed, or the storage is closed.
 */
export class FileStorage implements Storage {
  readonly directory: string
  readonly #open = new Map<string, number>()

  /** Makes the folder if there is none. @throws Error when it cannot be made */
  constructor(directory: string) {
    this.directory = path.resolve(directory)
    mkdirSync(this.directory, {recursive: true})
  }

  read(name: string): Uint8Array | null {
    try {
      return readFileSync(this.#path(name))
    } catch (error) {
      if (isMissing(error)) return null
      throw error
    }
  }

  append(name: string, bytes: Uint8Array): void {
    writeAll(this.#descriptor(name), bytes)
  }

  sync(name: string): void {
    fdatasyncSync(this.#descriptor(name))
  }

  replace(name: string, bytes: Uint8Array, lazily = false): void {
    const target = this.#path(name)
    const beside = `${target}.tmp-${process.pid}`
    mkdirSync(path.dirname(target), {recursive: true})
    const descriptor = openSync(beside, 'w')
    try {
      writeAll(descriptor, bytes)
      if (!lazily) fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    this.#close(name)
    renameSync(beside, target)
    if (!lazily) syncFolder(path.dirname(target))
  }

  rename(from: string, to: string): void {
    this.#close(from)
    this.#close(to)
    renameSync(this.#path(from), this.#path(to))
    syncFolder(path.dirname(this.#path(to)))
  }

  remove(name: string): void {
    this.#close(name)
    rmSync(this.#path(name), {force: true})
  }

  /** Lets go of every file; the storage can be used again. */
  close(): void {
    for (const name of [...this.#open.keys()]) this.#close(name)
  }

  #descriptor(name: string): number {
    let descriptor = this.#open.get(name)
    if (descriptor === undefined) {
      const target = this.#path(name)
      mkdirSync(path.dirname(target), {recursive: true})
      descriptor = openSync(target, 'a')
      this.#open.set(name, descriptor)
    }
    return descriptor
  }

  #close(name: string): void {
    const descriptor = this.#open.get(name)
    if (descriptor === undefined) return
    this.#open.delete(name)
    closeSync(descriptor)
  }

  #path(name: string): string {
    return path.resolve(this.directory, name)
  }
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at, bytes.length - at)
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

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
