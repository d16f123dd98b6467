/** Starting nodes in the background: what `engine start` and `create --engine` share. */
import {readFileSync} from 'node:fs'
import {ManagerError} from '../../manager/error.js'
import {formatAddress, type Address} from '../../model/address.js'
import {usage} from '../flags.js'
import {ask, ensureDaemon, findDaemon, removeRecord} from './daemon-client.js'
import type {Ended, RunningNode} from './daemon-protocol.js'
import {parseSetting, prepareNode, type NodeWish} from './node-conf.js'
import {inUse} from './port-owner.js'
import type {StateFolder} from './state-folder.js'

export interface StartRequest {
  readonly folder: StateFolder
  readonly version: string
  readonly addresses: readonly Pick<Address, 'host' | 'port'>[]
  readonly cluster: boolean
  /** `NAME=VALUE` */
  readonly settings: readonly string[]
  /** The path of a redis.conf to begin with. */
  readonly config?: string | undefined
  /** The text of a redis.conf that is all of the one node's: nothing is added to it. */
  readonly wholeConfig?: string
  /** What to do while a new process starts. */
  readonly meanwhile?: () => void
  readonly warn: (message: string) => void
}

export interface StartedNode {
  readonly host: string
  readonly port: number
  readonly outcome: 'started' | 'already-running' | 'failed'
  readonly error?: string
  readonly folder: string
}

export interface Started {
  readonly pid: number
  readonly nodes: readonly StartedNode[]
}

/** The bus port lies 10,000 above. */
const HIGHEST_CLUSTER_PORT = 55_535
const BUS_OFFSET = 10_000

/**
 * Starts what does not run yet; returns when it accepts connections.
 * @throws ManagerError `usage`, or `refused` when a port is somebody else's: then nothing was started
 */
export async function startNodes(request: StartRequest): Promise<Started> {
  const {folder, version, addresses, meanwhile} = request
  await prepareStart(request)
  await ensureDaemon(folder, version, meanwhile)
  const {pid, nodes} = await ask(folder, {do: 'start', ports: addresses.map(({port}) => port)})
  return {pid, nodes: toStartedNodes(request, nodes)}
}

/** What the daemon says of its ports, as the command tells it. */
export function toStartedNodes(
  {folder, addresses}: StartRequest,
  results: readonly (Ended & {readonly already: boolean})[],
): StartedNode[] {
  return results.map(({port, already, error}) => {
    const {host} = addresses.find((each) => each.port === port)!
    const outcome = error !== undefined ? 'failed' : already ? 'already-running' : 'started'
    return {host, port, outcome, ...(error !== undefined && {error}), folder: folder.nodeFolder(port)}
  })
}

/** Everything that can be known to be wrong before a process is started, and each node's folder made ready. */
export async function prepareStart(request: StartRequest): Promise<void> {
  const {folder, addresses, cluster, config, wholeConfig} = request
  checkPorts(addresses, cluster)
  const settings = request.settings.map(parseSetting)
  const base = config === undefined ? wholeConfig : readConfig(config)
  const isWhole = wholeConfig !== undefined
  const running = await runningNodes(folder, request.warn)
  const fresh = addresses.filter(({port}) => !running.some((node) => node.port === port))
  await refuseTakenPorts(fresh, cluster)
  folder.make()
  for (const {host, port} of fresh) {
    const wish: NodeWish = {host, port, cluster, settings, isWhole, ...(base !== undefined && {base})}
    prepareNode(folder, wish)
  }
}

/** What the daemon of this folder holds; a record without a process is removed, and that is said. */
export async function runningNodes(
  folder: StateFolder,
  warn: (message: string) => void,
): Promise<readonly RunningNode[]> {
  const state = await findDaemon(folder)
  if (state.kind === 'stale') {
    removeRecord(folder)
    warn(`${staleSentence(state.pid)}; its record is removed`)
  }
  return state.kind === 'running' ? state.nodes : []
}

export function staleSentence(pid: number): string {
  return `the engine's process ${pid} is gone without goodbye (killed, or the machine was restarted)`
}

function checkPorts(addresses: StartRequest['addresses'], cluster: boolean): void {
  const seen = new Set<number>()
  for (const {port} of addresses) {
    if (seen.has(port)) throw usage(`port ${port} is named twice`, 'one node, one port')
    seen.add(port)
    if (cluster && port > HIGHEST_CLUSTER_PORT) {
      throw usage(
        `port ${port} leaves no room for its bus port, ${BUS_OFFSET} above`,
        `use ports up to ${HIGHEST_CLUSTER_PORT}`,
      )
    }
  }
}

async function refuseTakenPorts(addresses: StartRequest['addresses'], cluster: boolean): Promise<void> {
  const {listenFault} = await import('../../engine/library/free-ports.js')
  for (const {host, port} of addresses) {
    for (const each of [port, ...(cluster ? [port + BUS_OFFSET] : [])]) {
      const fault = await listenFault(host, each)
      if (fault === undefined) continue
      const what = `${each === port ? 'its port' : 'its bus port'} ${inWords(fault, host, each)}`
      throw new ManagerError('refused', what, {
        node: formatAddress({host, port}),
        hint: HINTS[fault] ?? NOTHING_STARTED,
      })
    }
  }
}

const NOTHING_STARTED = 'choose another address; nothing was started'
const HINTS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'stop that program, or choose other ports; nothing was started',
  EACCES: 'choose a port from 1024 on; nothing was started',
}

function inWords(fault: string, host: string, port: number): string {
  switch (fault) {
    case 'EADDRINUSE':
      return inUse(port)
    case 'EACCES':
      return `${port} may not be used by this user`
    case 'EADDRNOTAVAIL':
      return `${port} cannot be opened: this machine has no address ${host}`
    default:
      return `${port} cannot be opened: ${fault}`
  }
}

function readConfig(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch (error) {
    throw new ManagerError('io', `cannot read ${file}: ${error instanceof Error ? error.message : ''}`, {
      hint: '--config wants a redis.conf',
    })
  }
}

/** `127.0.0.1:7000-7005 127.0.0.1:7010` */
export function formatAddresses(nodes: readonly Pick<Address, 'host' | 'port'>[]): string {
  const parts: string[] = []
  const sorted = [...nodes].sort((a, b) => a.host.localeCompare(b.host) || a.port - b.port)
  for (let first = 0; first < sorted.length;) {
    let last = first
    while (sorted[last + 1]?.host === sorted[first]!.host && sorted[last + 1]!.port === sorted[last]!.port + 1) last++
    parts.push(formatAddress(sorted[first]!) + (last > first ? `-${sorted[last]!.port}` : ''))
    first = last + 1
  }
  return parts.join(' ')
}
