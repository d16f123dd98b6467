/** Where the engine's nodes live: one folder for each state folder's daemon, and in it one for each node, named by its port. */
import {mkdirSync, readdirSync, readFileSync} from 'node:fs'
import path from 'node:path'
import {isPort} from '../../model/address.js'
import {socketFor, stateHome} from '../state-home.js'
import type {World} from '../world.js'

/** Names inside a node's folder. */
export const NODE_CONF = 'redis.conf'
export const NODE_LOG = 'server.log'

/** What the daemon leaves for whoever looks for it. */
export interface DaemonRecord {
  readonly schema: 'tscluster.engine-daemon/1'
  readonly pid: number
  /** Where it listens for requests: a socket's path, or a pipe's name on Windows. */
  readonly socket: string
  /** tscluster's version. */
  readonly version: string
  /** Unix ms. */
  readonly startedMs: number
}

export class StateFolder {
  readonly path: string

  constructor(folder: string) {
    this.path = path.resolve(folder)
  }

  /** `--dir`, or the user's own: `$XDG_STATE_HOME/tscluster/engine`. */
  static of(flag: string | undefined, env: World['env']): StateFolder {
    return new StateFolder(flag ?? path.join(stateHome(env), 'engine'))
  }

  get recordFile(): string {
    return path.join(this.path, 'engine.json')
  }

  /** What the daemon itself has to say. */
  get logFile(): string {
    return path.join(this.path, 'engine.log')
  }

  /** Where this folder's daemon listens. */
  get socket(): string {
    return socketFor(this.path, 'engine')
  }

  nodeFolder(port: number): string {
    return path.join(this.path, String(port))
  }

  nodeFile(port: number, name: string): string {
    return path.join(this.nodeFolder(port), name)
  }

  /** Nobody else's business: a node's redis.conf may hold a password. */
  make(): void {
    mkdirSync(this.path, {recursive: true, mode: 0o700})
  }

  /** Ports of all nodes that ever ran here, in order. */
  ports(): number[] {
    return entriesOf(this.path)
      .filter((name) => /^\d+$/.test(name) && isPort(Number(name)))
      .map(Number)
      .sort((a, b) => a - b)
  }

  /** `undefined` when there is none that can be read. */
  record(): DaemonRecord | undefined {
    try {
      const record = JSON.parse(readFileSync(this.recordFile, 'utf8')) as Partial<DaemonRecord>
      return record.schema === 'tscluster.engine-daemon/1' && typeof record.pid === 'number'
        ? (record as DaemonRecord)
        : undefined
    } catch {
      return undefined
    }
  }
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
