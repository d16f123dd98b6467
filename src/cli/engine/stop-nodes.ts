/** Stopping nodes of a state folder, and removing what they leave. */
import {rmSync} from 'node:fs'
import {setTimeout as sleep} from 'node:timers/promises'
import {ManagerError} from '../../manager/error.js'
import {isAlive} from '../is-alive.js'
import {askPatiently, findDaemon, removeRecord} from './daemon-client.js'
import type {RunningNode} from './daemon-protocol.js'
import {forgetEnd} from './node-end.js'
import {staleSentence} from './start-nodes.js'
import type {StateFolder} from './state-folder.js'

export interface StoppedNode {
  readonly port: number
  readonly outcome: 'stopped' | 'not-running' | 'failed'
  readonly error?: string
  /** Its folder is gone. */
  readonly removed: boolean
}

export interface StopRequest {
  readonly folder: StateFolder
  /** Empty: all of them. */
  readonly ports: readonly number[]
  readonly removeData: boolean
  readonly warn: (message: string) => void
  /** Hears every second which nodes wait for their replicas. */
  readonly tellWait: (waiting: readonly RunningNode[]) => void
}

/** When its last node is stopped, the process ends: that long it may take. */
const EXIT_LIMIT_MS = 10_000
const PAUSE_MS = 10

/** @throws ManagerError `timed-out` when the process does not answer, `io` when a folder cannot be removed */
export async function stopNodes({folder, ports, removeData, warn, tellWait}: StopRequest): Promise<StoppedNode[]> {
  const state = await findDaemon(folder)
  if (state.kind === 'stale') {
    removeRecord(folder)
    warn(`${staleSentence(state.pid)}; its record is removed`)
  }
  const running = state.kind === 'running' ? state.nodes.map(({port}) => port) : []
  const wanted = ports.length > 0 ? ports : [...new Set([...running, ...(removeData ? folder.ports() : [])])]
  const toStop = wanted.filter((port) => running.includes(port))
  const ended = toStop.length === 0 ? [] : (await askPatiently(folder, {do: 'stop', ports: toStop}, tellWait)).nodes
  if (state.kind === 'running' && toStop.length === running.length) await untilGone(folder, state.pid)
  return wanted.map((port) => {
    const error = ended.find((each) => each.port === port)?.error
    const outcome = error !== undefined ? 'failed' : toStop.includes(port) ? 'stopped' : 'not-running'
    // Whoever stops what is dead already wants it so.
    if (outcome === 'not-running') forgetEnd(folder, port)
    const removed = removeData && outcome !== 'failed' && removeFolder(folder, port)
    return {port, outcome, ...(error !== undefined && {error}), removed}
  })
}

/** Who starts nodes next must find the folder and the ports free. */
async function untilGone(folder: StateFolder, pid: number): Promise<void> {
  // In the foreground the daemon is somebody's program, which may go on to do something else.
  for (let waitedMs = 0; waitedMs < EXIT_LIMIT_MS; waitedMs += PAUSE_MS) {
    if (folder.record()?.pid !== pid || !isAlive(pid)) return
    await sleep(PAUSE_MS)
  }
}

function removeFolder(folder: StateFolder, port: number): boolean {
  if (!folder.ports().includes(port)) return false
  try {
    rmSync(folder.nodeFolder(port), {recursive: true})
    return true
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new ManagerError('io', `cannot remove ${folder.nodeFolder(port)}: ${why}`, {cause: error})
  }
}
