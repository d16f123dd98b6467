/** Faults on demand: what `engine kill`, `pause`, `resume`, `restart` and `slow` do to nodes of a state folder. */
import {readFileSync} from 'node:fs'
import {ManagerError} from '../../manager/error.js'
import {usage} from '../flags.js'
import {ask, askPatiently} from './daemon-client.js'
import type {Changed, RunningNode} from './daemon-protocol.js'
import {hostIn} from './node-conf.js'
import {formatPorts} from './port-groups.js'
import {runningNodes, startNodes} from './start-nodes.js'
import {NODE_CONF, type StateFolder} from './state-folder.js'

export interface ChangeRequest {
  readonly folder: StateFolder
  readonly ports: readonly number[]
  readonly warn: (message: string) => void
}

/** @throws ManagerError `usage` for a port that never had a node here */
export function refuseUnknown(folder: StateFolder, ports: readonly number[]): void {
  const known = folder.ports()
  const unknown = ports.filter((port) => !known.includes(port))
  if (unknown.length === 0) return
  throw usage(
    `there is no node on port ${formatPorts(unknown)} in ${folder.path}`,
    '`tscluster engine status` lists the nodes',
  )
}

/**
 * What runs of them.
 * @throws ManagerError `refused` when one of them does not: then nothing is done to any
 */
async function allRunning({folder, ports, warn}: ChangeRequest): Promise<readonly RunningNode[]> {
  refuseUnknown(folder, ports)
  const running = await runningNodes(folder, warn)
  const idle = ports.filter((port) => !running.some((node) => node.port === port))
  if (idle.length === 0) return running
  throw new ManagerError('refused', `${formatPorts(idle)} ${idle.length === 1 ? 'does' : 'do'} not run`, {
    hint: `start with \`tscluster engine restart ${formatPorts(idle)}\`; nothing was changed`,
  })
}

/** As kill -9. What does not run is left alone. */
export async function killNodes({folder, ports, warn}: ChangeRequest): Promise<readonly Changed[]> {
  refuseUnknown(folder, ports)
  const running = (await runningNodes(folder, warn)).map(({port}) => port)
  const living = ports.filter((port) => running.includes(port))
  const killed = living.length === 0 ? [] : (await ask(folder, {do: 'kill', ports: living})).nodes
  return ports.map((port) => killed.find((each) => each.port === port) ?? {port, already: true})
}

/** As SIGSTOP. */
export async function pauseNodes(request: ChangeRequest): Promise<readonly Changed[]> {
  await allRunning(request)
  return (await ask(request.folder, {do: 'pause', ports: request.ports})).nodes
}

/** As SIGCONT; without ports, all that are paused. */
export async function resumeNodes(request: ChangeRequest): Promise<readonly Changed[]> {
  const running = await allRunning(request)
  const paused = running.filter(({faults}) => faults.paused).map(({port}) => port)
  const ports = request.ports.length > 0 ? request.ports : paused
  return ports.length === 0 ? [] : (await ask(request.folder, {do: 'resume', ports})).nodes
}

export async function slowNodes(request: ChangeRequest, latencyMs: number): Promise<readonly Changed[]> {
  await allRunning(request)
  return (await ask(request.folder, {do: 'slow', ports: request.ports, latencyMs})).nodes
}

export interface RestartedNode {
  readonly port: number
  /** `started`: it did not run. */
  readonly outcome: 'restarted' | 'started' | 'failed'
  readonly error?: string
}

/** Shuts down what runs, and starts all of them, with what their redis.conf says now. */
export async function restartNodes(
  {folder, ports, warn}: ChangeRequest,
  version: string,
  tellWait: (waiting: readonly RunningNode[]) => void,
): Promise<readonly RestartedNode[]> {
  refuseUnknown(folder, ports)
  const running = (await runningNodes(folder, warn)).map(({port}) => port)
  const living = ports.filter((port) => running.includes(port))
  const idle = ports.filter((port) => !running.includes(port))
  const restarted =
    living.length === 0 ? [] : (await askPatiently(folder, {do: 'restart', ports: living}, tellWait)).nodes
  const addresses = idle.map((port) => ({host: hostOf(folder, port), port}))
  const startRequest = {folder, version, addresses, cluster: true, settings: [], warn}
  const started = idle.length === 0 ? [] : (await startNodes(startRequest)).nodes
  return ports.map((port) => {
    const error = [...restarted, ...started].find((each) => each.port === port)?.error
    const outcome = error !== undefined ? 'failed' : living.includes(port) ? 'restarted' : 'started'
    return {port, outcome, ...(error !== undefined && {error})}
  })
}

function hostOf(folder: StateFolder, port: number): string {
  try {
    return hostIn(readFileSync(folder.nodeFile(port, NODE_CONF), 'utf8'))
  } catch {
    return hostIn('')
  }
}
