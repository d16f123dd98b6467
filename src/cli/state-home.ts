/** Where this user's tscluster keeps what must outlive a command, and where it listens. */
import {createHash} from 'node:crypto'
import os from 'node:os'
import path from 'node:path'
import type {World} from './world.js'

/** Longer paths do not fit into a socket's address (104 bytes on macOS, 108 on Linux). */
const LONGEST_SOCKET_PATH = 100

/** `$XDG_STATE_HOME/tscluster`; on Windows in `LOCALAPPDATA`. */
export function stateHome(env: World['env']): string {
  return path.join(userStateHome(env), 'tscluster')
}

/**
 * Where somebody listens who is known by a folder and a name in it: a socket's path, or a pipe's name on Windows. Where the path
 * would be too long it is one in the folder for temporary files.
 */
export function socketFor(folder: string, name: string): string {
  const unique = (): string =>
    `tscluster-${createHash('sha256').update(path.join(folder, name)).digest('hex').slice(0, 16)}`
  if (process.platform === 'win32') return `\\\\.\\pipe\\${unique()}`
  const here = path.join(folder, `${name}.sock`)
  return Buffer.byteLength(here) <= LONGEST_SOCKET_PATH ? here : path.join(os.tmpdir(), `${unique()}.sock`)
}

function userStateHome(env: World['env']): string {
  const xdg = env['XDG_STATE_HOME']
  if (xdg !== undefined && path.isAbsolute(xdg)) return xdg
  if (process.platform === 'win32') return env['LOCALAPPDATA'] ?? path.join(os.homedir(), 'AppData', 'Local')
  return path.join(os.homedir(), '.local', 'state')
}
