/** What is said between a command and the daemon. */
import type net from 'node:net'
import type {NodeStopping} from '../../engine/index.js'
import {answerInLine, askInLine, type Patience} from '../line-requests.js'
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

/**
 * Asks the daemon.
 * @throws Error ENOENT or ECONNREFUSED when nobody listens there, ETIMEDOUT when somebody does and says nothing
 */
export function askDaemon(
  socket: string,
  request: DaemonRequest,
  patience: Partial<Patience> = {},
): Promise<DaemonAnswer> {
  return askInLine<DaemonAnswer>(socket, request, {limitMs: ANSWER_LIMIT_MS, ...patience})
}

/** The daemon's end: one answer for each connection. */
export function answerWith(handle: (request: DaemonRequest) => Promise<DaemonAnswer>): net.Server {
  return answerInLine<DaemonRequest, DaemonAnswer>(handle, (error) => ({did: 'fail', error}))
}
