/** Does this process have its terminal to itself, or was it sent into the background (`&`)? */
import {spawnSync} from 'node:child_process'
import {readFileSync} from 'node:fs'

/** False where it cannot be told. */
export function isInForeground(): boolean {
  if (process.platform === 'win32') return true
  const groups = process.platform === 'linux' ? groupsOfStat(ownStat()) : groupsOfPs()
  return groups !== undefined && groups.own === groups.foreground
}

export interface ProcessGroups {
  readonly own: number
  /** That of the terminal; -1 without one. */
  readonly foreground: number
}

/** From /proc/PID/stat: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html. The name in it may hold anything. */
export function groupsOfStat(stat: string): ProcessGroups | undefined {
  const [, , own, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return groups(own, foreground)
}

function ownStat(): string {
  try {
    return readFileSync('/proc/self/stat', 'utf8')
  } catch {
    return ''
  }
}

function groupsOfPs(): ProcessGroups | undefined {
  const {stdout} = spawnSync('ps', ['-o', 'pgid=,tpgid=', '-p', String(process.pid)], {encoding: 'utf8'})
  const [own, foreground] = (stdout ?? '').trim().split(/\s+/)
  return groups(own, foreground)
}

function groups(own: string | undefined, foreground: string | undefined): ProcessGroups | undefined {
  const found = {own: Number(own), foreground: Number(foreground)}
  return own && Number.isInteger(found.own) && Number.isInteger(found.foreground) ? found : undefined
}
