/** What this process uses, for INFO and MEMORY. */
import os from 'node:os'
import {type ProcessFigures} from '../server/process-figures.js'

const MICROSECONDS = 1_000_000
const SYSTEM = `${os.type()} ${os.release()} ${os.machine()}`
const SYSTEM_BYTES = os.totalmem()

/** Asked for every 100 ms: both calls take some microseconds. */
export function systemFigures(): ProcessFigures {
  const {rss, heapUsed, external} = process.memoryUsage()
  const {user, system} = process.cpuUsage()
  return {
    usedMemoryBytes: heapUsed + external,
    residentBytes: rss,
    systemMemoryBytes: SYSTEM_BYTES,
    cpuUserSeconds: user / MICROSECONDS,
    cpuSystemSeconds: system / MICROSECONDS,
    os: SYSTEM,
    executable: process.argv[1] ?? process.execPath,
  }
}
