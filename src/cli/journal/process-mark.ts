/** Which process wrote a journal, and whether it still runs. */
import {readFileSync} from 'node:fs'
import os from 'node:os'
import type {RunLine} from '../../manager/execute/journal/lines.js'
import {isAlive} from '../is-alive.js'

/** This process, as `runsStill` will ask about it. */
export function thisProcess(): Pick<RunLine, 'pid' | 'mark' | 'host'> {
  return {pid: process.pid, mark: markOf(process.pid), host: os.hostname()}
}

/** Of another machine nobody here knows: it is taken to run. */
export function runsStill({pid, mark, host}: Pick<RunLine, 'pid' | 'mark' | 'host'>): boolean {
  if (!isHere({host})) return true
  if (!isAlive(pid)) return false
  return mark === null || markOf(pid) === mark
}

export function isHere({host}: Pick<RunLine, 'host'>): boolean {
  return host === os.hostname()
}

/** When it began, in ticks since the machine did; `null` where the system does not tell. Numbers of processes come round again. */
function markOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may hold anything, spaces included; the 22nd field is the 20th behind it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null
  }
}
