/** The folder of a backup on a real disk. */
import {createHash, type Hash} from 'node:crypto'
import {mkdir, open, rename, rm, type FileHandle} from 'node:fs/promises'
import path from 'node:path'
import type {BackupFile, BackupFolder} from '../backup/backup.js'
import {ManagerError} from '../error.js'

/**
 * @param create make the folder, and those above it, when it is not there
 * @throws ManagerError `io` when that cannot be
 */
export async function openBackupFolder(folder: string, {create}: {readonly create: boolean}): Promise<BackupFolder> {
  if (create) await orExplain(folder, mkdir(folder, {recursive: true}))
  return {
    path: folder,
    create: async (name) => {
      const file = path.join(folder, name)
      const partial = `${file}.partial`
      return new PartialFile(file, partial, await orExplain(file, open(partial, 'w')))
    },
  }
}

/** Under another name until it is complete; what an earlier run left under that name is overwritten. */
class PartialFile implements BackupFile {
  readonly #name: string
  readonly #partial: string
  readonly #handle: FileHandle
  readonly #hash: Hash = createHash('sha256')
  #isOpen = true
  #isCommitted = false

  constructor(name: string, partial: string, handle: FileHandle) {
    this.#name = name
    this.#partial = partial
    this.#handle = handle
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#hash.update(chunk)
    await orExplain(this.#name, this.#handle.writeFile(chunk))
  }

  async finish(): Promise<string> {
    await orExplain(this.#name, this.#handle.sync())
    await this.#close()
    return this.#hash.digest('hex')
  }

  async commit(): Promise<void> {
    await orExplain(this.#name, rename(this.#partial, this.#name))
    this.#isCommitted = true
  }

  async discard(): Promise<void> {
    if (this.#isCommitted) return
    await this.#close().catch(() => undefined)
    await rm(this.#partial, {force: true}).catch(() => undefined)
  }

  async #close(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    await orExplain(this.#name, this.#handle.close())
  }
}

const REASONS: ReadonlyMap<string, readonly [reason: string, hint: string]> = new Map([
  ['ENOENT', ['No such file or directory', 'make the folder first']],
  ['ENOTDIR', ['Not a directory', 'give the path of a folder']],
  ['EEXIST', ['File exists', 'give the path of a folder']],
  ['EACCES', ['Permission denied', 'give a folder that you may write to']],
  ['EPERM', ['Operation not permitted', 'give a folder that you may write to']],
  ['EROFS', ['Read-only file system', 'give a folder that you may write to']],
  ['ENOSPC', ['No space left on device', 'make room, or give a folder on another disk']],
  ['EDQUOT', ['Disk quota exceeded', 'make room, or give a folder on another disk']],
])

async function orExplain<T>(file: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const [reason, hint] = REASONS.get(code) ?? [error instanceof Error ? error.message : String(error), undefined]
    throw new ManagerError('io', `cannot write '${file}': ${reason}`, {hint, cause: error})
  }
}
