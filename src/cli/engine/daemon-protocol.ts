/** What is said between a command and the daemon: one line of JSON there, one line of JSON back, then the connection ends. */
import net from 'node:net'
import type {NodeStopping} from '../../engine/index.js'
import type {ListedFaults} from './node-faults.js'

/** What may happen to a node that the daemon holds. */
export type NodeChange = ProcessChange | 'slow' | 'heal'

/** As if it were a process of its own. */
export type ProcessChange = 'kill' | 'pause' | 'resume' | 'restart'

/** A node to be started: the daemon reads everything else from its redis.conf. */
export type DaemonRequest =
  | {readonly do: 'status'}
  | {readonly do: 'start'; readonly ports: readonly number[]}
  /** Without ports: all of them, and the daemon ends. */
  | {readonly do: 'stop'; readonly ports?: readonly number[]}
  | {readonly do: ProcessChange | 'heal'; readonly ports: readonly number[]}
  | {readonly do: 'slow'; readonly ports: readonly number[]; readonly latencyMs: number}
  /** Of all nodes of the folder, running or not. One group alone is cut off from all others. */
  | {readonly do: 'partition'; readonly groups: readonly (readonly number[])[]}

export interface RunningNode {
  readonly port: number
  readonly host: string
  /** `null` without cluster mode. */
  readonly id: string | null
  readonly role: 'primary' | 'replica' | null
  /**
   * Of the cluster as this node sees it: `ok`, `fail`; `up` without cluster mode; `paused`; `stopping`; `silent` when it does not
   * answer.
   */
  readonly state: string
  /** What it waits for that was asked to stop. */
  readonly stopping: NodeStopping | null
  readonly faults: ListedFaults
  /** Unix ms. */
  readonly startedMs: number
}

export interface Ended {
  readonly port: number
  /** What went wrong; absent when all went well. */
  readonly error?: string
}

export interface Changed extends Ended {
  /** There was nothing to do. */
  readonly already: boolean
}

export type DaemonAnswer =
  | {readonly did: 'status'; readonly pid: number; readonly version: string; readonly nodes: readonly RunningNode[]}
  | {readonly did: 'start'; readonly pid: number; readonly nodes: readonly Changed[]}
  | {readonly did: 'stop'; readonly pid: number; readonly nodes: readonly Ended[]}
  | {
      [Change in NodeChange]: {readonly did: Change; readonly pid: number; readonly nodes: readonly Changed[]}
    }[NodeChange]
  | {readonly did: 'partition'; readonly pid: number; readonly nodes: readonly PartitionedNode[]}
  | {readonly did: 'fail'; readonly error: string}

/** A node of the folder, and who it cannot reach now. */
export interface PartitionedNode {
  readonly port: number
  readonly partitionedFrom: readonly number[]
}

/** No answer in this time: the process hangs. */
const ANSWER_LIMIT_MS = 30_000

/** A line that is longer is none of ours. */
const LONGEST_LINE = 1024 * 1024

/** How long an answer is waited for. */
export interface Patience {
  readonly limitMs?: number
  /** Ends the wait. */
  readonly signal?: AbortSignal
}

/**
 * Asks the daemon.
 * @throws Error ENOENT or ECONNREFUSED when nobody listens there, ETIMEDOUT when somebody does and says nothing
 */
export function askDaemon(
  socket: string,
  request: DaemonRequest,
  {limitMs = ANSWER_LIMIT_MS, signal}: Patience = {},
): Promise<DaemonAnswer> {
  return new Promise((resolve, reject) => {
    const connection = net.connect(socket)
    signal?.addEventListener('abort', () => connection.destroy(), {once: true})
    const timer = setTimeout(() => {
      connection.destroy()
      reject(Object.assign(new Error('the daemon does not answer'), {code: 'ETIMEDOUT'}))
    }, limitMs)
    let text = ''
    connection.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    connection.once('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    connection.once('close', () => {
      clearTimeout(timer)
      try {
        resolve(JSON.parse(text) as DaemonAnswer)
      } catch {
        reject(Object.assign(new Error('the daemon ended without an answer'), {code: 'ECONNRESET'}))
      }
    })
    connection.write(`${JSON.stringify(request)}\n`)
  })
}

/** The daemon's end: one answer for each connection. */
export function answerWith(handle: (request: DaemonRequest) => Promise<DaemonAnswer>): net.Server {
  return net.createServer((connection) => {
    let text = ''
    connection.on('error', () => connection.destroy())
    connection.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (text.length > LONGEST_LINE) connection.destroy()
      const end = text.indexOf('\n')
      if (end < 0) return
      connection.removeAllListeners('data')
      void answer(text.slice(0, end), handle).then((reply) => connection.end(`${JSON.stringify(reply)}\n`))
    })
  })
}

async function answer(line: string, handle: (request: DaemonRequest) => Promise<DaemonAnswer>): Promise<DaemonAnswer> {
  try {
    return await handle(JSON.parse(line) as DaemonRequest)
  } catch (error) {
    return {did: 'fail', error: error instanceof Error ? error.message : String(error)}
  }
}
