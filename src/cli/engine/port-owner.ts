/** Who listens on a port: what Linux tells in /proc. Elsewhere, and for somebody else's programs, nobody can say. */
import {readdirSync, readFileSync, readlinkSync} from 'node:fs'

export interface PortOwner {
  readonly pid: number
  /** `redis-server`. */
  readonly name: string
  /** It listens there; else the port is this end of a connection that it has made. */
  readonly listens: boolean
}

interface Socket {
  /** As `/proc/<pid>/fd` names it: `socket:[12345]`. */
  readonly link: string
  readonly listens: boolean
}

/** The state LISTEN in /proc/net/tcp (proc(5)). */
const LISTENING = '0A'

export function portOwner(port: number): PortOwner | undefined {
  const sockets = [...socketsOn('/proc/net/tcp', port), ...socketsOn('/proc/net/tcp6', port)]
  const listeners = sockets.filter(({listens}) => listens)
  const chosen = listeners.length > 0 ? listeners : sockets
  if (chosen.length === 0) return undefined
  const links = new Set(chosen.map(({link}) => link))
  const pid = foldersIn('/proc')
    .filter((name) => /^\d+$/.test(name))
    .find((name) => foldersIn(`/proc/${name}/fd`).some((fd) => links.has(linkOf(`/proc/${name}/fd/${fd}`))))
  if (pid === undefined) return undefined
  return {pid: Number(pid), name: textOf(`/proc/${pid}/comm`).trim(), listens: listeners.length > 0}
}

/** `7003 is in use by redis-server (process 123)` */
export function inUse(port: number): string {
  const owner = portOwner(port)
  if (owner === undefined) return `${port} is in use by another program`
  return `${port} is in use by ${owner.listens ? '' : 'a connection of '}${owner.name} (process ${owner.pid})`
}

/** Columns of /proc/net/tcp: number, local address, remote address, state, …, inode. */
function socketsOn(table: string, port: number): Socket[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return textOf(table)
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , , , , , , , inode]) => local?.endsWith(suffix) === true && inode !== '0')
    .map((columns) => ({link: `socket:[${columns[9]}]`, listens: columns[3] === LISTENING}))
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function linkOf(file: string): string {
  try {
    return readlinkSync(file)
  } catch {
    return ''
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
