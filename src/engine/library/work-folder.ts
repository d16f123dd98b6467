/** Where nodes keep their files: the caller's folder, or a temporary one that is removed at the end. */
import {mkdirSync, mkdtempSync, rmSync} from 'node:fs'
import os from 'node:os'
import path from 'node:path'

export interface WorkFolder {
  readonly path: string
  /** Removes what we made; a folder of the caller's stays. Safe to repeat. */
  remove(): void
}

/** Those of this process that are not removed yet: a test run may end in the middle. */
const temporary = new Set<string>()

export function openFolder(wanted: string | undefined): WorkFolder {
  if (wanted !== undefined) {
    mkdirSync(wanted, {recursive: true})
    return {path: path.resolve(wanted), remove: () => undefined}
  }
  if (temporary.size === 0) process.once('exit', removeAll)
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tscluster-engine-'))
  temporary.add(folder)
  return {path: folder, remove: () => removeFolder(folder)}
}

function removeFolder(folder: string): void {
  rmSync(folder, {recursive: true, force: true})
  temporary.delete(folder)
  if (temporary.size === 0) process.off('exit', removeAll)
}

function removeAll(): void {
  for (const folder of temporary) rmSync(folder, {recursive: true, force: true})
}
