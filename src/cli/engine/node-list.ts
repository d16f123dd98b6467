/** All nodes of a state folder, running or not, as `engine status` lists them. */
import {existsSync, readFileSync} from 'node:fs'
import type {NodeStopping} from '../../engine/index.js'
import {parseClusterNodes} from '../../model/cluster-nodes.js'
import {findDaemon} from './daemon-client.js'
import type {RunningNode} from './daemon-protocol.js'
import {hostIn} from './node-conf.js'
import {endOf} from './node-end.js'
import {NO_FAULTS, type ListedFaults} from './node-faults.js'
import {NODE_CONF, type StateFolder} from './state-folder.js'

export interface ListedNode {
  readonly port: number
  readonly host: string
  /** `null` without cluster mode, and for a node that has never run. */
  readonly id: string | null
  readonly role: 'primary' | 'replica' | null
  /** `ok` or `fail`, of the cluster; `up` without cluster mode; `silent`; `paused`; `stopping`; `stopped`, `killed`, `crashed`. */
  readonly state: string
  /** What it waits for, while its state is `stopping`. */
  readonly stopping: NodeStopping | null
  readonly faults: ListedFaults
  readonly pid: number | null
  readonly uptimeMs: number | null
  readonly folder: string
}

export interface NodeList {
  readonly pid: number | null
  readonly version: string | null
  /** The process of a record that nobody took away: it was killed. */
  readonly stalePid: number | null
  readonly nodes: readonly ListedNode[]
}

/** @param nowMs unix ms */
export async function listNodes(folder: StateFolder, nowMs: number): Promise<NodeList> {
  const state = await findDaemon(folder)
  const running = state.kind === 'running' ? state.nodes : []
  const pid = state.kind === 'running' ? state.pid : null
  const ports = [...new Set([...folder.ports(), ...running.map(({port}) => port)])].sort((a, b) => a - b)
  const nodes = ports.map((port) => {
    const node = running.find((each) => each.port === port)
    return node === undefined ? stoppedNode(folder, port) : runningNode(folder, node, {pid, nowMs})
  })
  return {
    pid,
    version: state.kind === 'running' ? state.version : null,
    stalePid: state.kind === 'stale' ? state.pid : null,
    nodes,
  }
}

function runningNode(
  folder: StateFolder,
  {startedMs, ...node}: RunningNode,
  {pid, nowMs}: {readonly pid: number | null; readonly nowMs: number},
): ListedNode {
  // One that is paused says nothing of itself: its files do.
  const {id, role} = node.faults.paused ? stoppedNode(folder, node.port) : node
  return {...node, id, role, pid, uptimeMs: Math.max(0, nowMs - startedMs), folder: folder.nodeFolder(node.port)}
}

/** What its files tell. */
function stoppedNode(folder: StateFolder, port: number): ListedNode {
  const lines = parseClusterNodes(textOf(folder.nodeFile(port, 'nodes.conf'))) ?? []
  const myself = lines.find(({flags}) => flags.has('myself'))
  return {
    port,
    host: hostIn(textOf(folder.nodeFile(port, NODE_CONF))),
    id: myself?.id ?? null,
    role: myself === undefined ? null : myself.primaryId === null ? 'primary' : 'replica',
    state: endOf(folder, port) ?? 'stopped',
    stopping: null,
    faults: NO_FAULTS,
    pid: null,
    uptimeMs: null,
    folder: folder.nodeFolder(port),
  }
}

function textOf(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}
