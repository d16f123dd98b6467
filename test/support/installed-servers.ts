/** Which servers this machine has: our own engine, the real ones of scripts/install-servers, then whatever is on the PATH. */
import {spawnSync} from 'node:child_process'
import {accessSync, constants} from 'node:fs'
import path from 'node:path'
import {PROJECT_ROOT} from './project-root.js'

/** `engine`: `tscluster-server`, each node in a process of its own, as a redis-server is. */
export type Flavour = 'engine' | 'redis-7.0' | 'redis-8.0' | 'valkey-8.1' | 'valkey-9.1'

/** Somebody else's servers. */
export const FLAVOURS: readonly Flavour[] = ['redis-7.0', 'redis-8.0', 'valkey-8.1', 'valkey-9.1']

export const WITH_ENGINE: readonly Flavour[] = ['engine', ...FLAVOURS]

/** The oldest and the newest: for what no server in between does in another way. */
export const ENDS_WITH_ENGINE: readonly Flavour[] = ['engine', 'redis-7.0', 'valkey-9.1']

const ENGINE_SERVER = path.join(PROJECT_ROOT, 'bin', 'tscluster-server.js')

export type Program = 'server' | 'cli' | 'benchmark'

/** Holds `redis-server-7.0`, `valkey-cli-9.1`… */
const installedBin = path.join(process.env['TSCLUSTER_SERVERS'] ?? '/opt/redis-servers', 'bin')

/** The path of the program; `undefined` when it is not there. The engine has no tools of its own: Redis 7.0's are for it, too. */
export function findProgram(flavour: Flavour, program: Program = 'server'): string | undefined {
  if (flavour === 'engine') return program === 'server' ? ENGINE_SERVER : findProgram('redis-7.0', program)
  const [product, version] = flavour.split('-') as [string, string]
  const installed = path.join(installedBin, `${product}-${program}-${version}`)
  if (isExecutable(installed)) return installed
  return flavourOnPath(product) === flavour ? onPath(`${product}-${program}`) : undefined
}

/** @throws Error that names the program and the way to install it. */
export function programPath(flavour: Flavour, program: Program = 'server'): string {
  const found = findProgram(flavour, program)
  if (found === undefined) {
    throw new Error(`the ${program} of ${flavour} is missing: run scripts/install-servers as root`)
  }
  return found
}

/** What starts a server, before its own arguments. @throws Error as `programPath` does */
export function serverCommand(flavour: Flavour): string[] {
  const server = programPath(flavour)
  return flavour === 'engine' ? [process.env['TSCLUSTER_NODE'] ?? process.execPath, server] : [server]
}

/** Whether a missing server is a failure (CI) or only less to test. */
export function serversAreRequired(): boolean {
  return process.env['CI'] === 'true' || process.env['TSCLUSTER_REQUIRE_SERVERS'] === '1'
}

const flavoursOnPath = new Map<string, Flavour | undefined>()

/** A server of another minor version stands in for the flavour of its major version. */
function flavourOnPath(product: string): Flavour | undefined {
  if (!flavoursOnPath.has(product)) flavoursOnPath.set(product, askVersion(product))
  return flavoursOnPath.get(product)
}

function askVersion(product: string): Flavour | undefined {
  const server = onPath(`${product}-server`)
  if (server === undefined) return undefined
  const major = Number(/v=(\d+)\./.exec(spawnSync(server, ['--version'], {encoding: 'utf8'}).stdout)?.[1])
  if (product === 'redis') return major >= 8 ? 'redis-8.0' : major === 7 ? 'redis-7.0' : undefined
  return major >= 9 ? 'valkey-9.1' : major === 8 ? 'valkey-8.1' : undefined
}

function onPath(program: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter).filter(Boolean)
  return folders.map((folder) => path.join(folder, program)).find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
