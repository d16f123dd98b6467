/** Nodes for `create`: asked for by `--engine`, or offered where nothing listens. */
import {createConnection} from 'node:net'
import {ManagerError} from '../../manager/error.js'
import {address, formatAddress, type Address} from '../../model/address.js'
import {usage} from '../flags.js'
import type {Prompt} from '../prompt.js'
import type {Renderer} from '../render/renderer.js'
import type {World} from '../world.js'
import {formatAddresses, startNodes} from './start-nodes.js'
import {StateFolder} from './state-folder.js'

export interface CreateNodesRequest {
  readonly dir: string | undefined
  readonly version: string
  readonly world: World
  readonly renderer: Renderer
}

const FIRST_PORT = 7000
/** Where neighbours are looked for. */
const LAST_PORT = 16_000
const BUS_OFFSET = 10_000

/**
 * Starts `count` engine nodes.
 * @param named where; empty: the first free neighbours from 7000 on
 * @throws ManagerError `usage` when the numbers do not agree, `refused` when a port is taken
 */
export async function startForCreate(
  count: number,
  named: readonly Address[],
  {dir, version, world, renderer}: CreateNodesRequest,
): Promise<readonly [Address, ...Address[]]> {
  if (named.length > 0 && named.length !== count) {
    throw usage(`--engine ${count} and ${named.length} addresses do not agree`, 'name as many addresses, or none')
  }
  const folder = StateFolder.of(dir, world.env)
  const addresses = named.length > 0 ? named : await freeNeighbours(folder, count)
  renderer.busy(`starting ${count} nodes on ${formatAddresses(addresses)} …`)
  const {pid, nodes} = await startNodes({
    folder,
    version,
    addresses,
    cluster: true,
    settings: [],
    meanwhile: loadWhatFollows,
    warn: (message) => renderer.warn(message),
  })
  renderer.idle()
  const failed = nodes.find(({outcome}) => outcome === 'failed')
  if (failed !== undefined) {
    throw new ManagerError('io', `did not start: ${failed.error}`, {
      node: formatAddress(failed),
      hint: `see ${failed.folder}`,
    })
  }
  const fresh = nodes.filter(({outcome}) => outcome === 'started')
  if (fresh.length > 0) {
    renderer.note(`started ${fresh.length} engine nodes on ${formatAddresses(fresh)} (process ${pid})`)
  }
  return addresses as readonly [Address, ...Address[]]
}

/** The nodes take a while to come up; what speaks to them is ready then. What cannot be loaded is told when it is needed. */
function loadWhatFollows(): void {
  const client = import('../../manager/io/node-pool.js').then(({loadClient}) => loadClient())
  void Promise.allSettled([client, import('cli-table3'), import('../../manager/execute/executor.js')])
}

/**
 * Where nothing listens at any of the addresses, and all are this machine's own: asks on a terminal whether to start nodes there.
 * @returns whether they were started
 * @throws ManagerError `unreachable` that names the flag, when nobody can be asked
 */
export async function offerEngine(
  addresses: readonly Address[],
  mayAsk: boolean,
  prompt: Prompt,
  request: CreateNodesRequest,
): Promise<boolean> {
  if (!addresses.every(({host}) => isLoopback(host))) return false
  const busy = await Promise.all(addresses.map(somebodyListens))
  if (busy.some(Boolean)) return false
  const flag = `--engine ${addresses.length}`
  const what = `nothing listens on ${formatAddresses(addresses)}`
  if (!mayAsk) {
    throw new ManagerError('unreachable', what, {
      hint: `start the servers, or let the bundled engine run there: ${flag}`,
    })
  }
  request.renderer.idle()
  const question = `${what[0]!.toUpperCase()}${what.slice(1)}. Start ${addresses.length} nodes of the bundled engine there?`
  if (!(await prompt.confirm(question, flag))) {
    throw new ManagerError('unreachable', what, {hint: 'start the servers first'})
  }
  await startForCreate(addresses.length, addresses, request)
  return true
}

/** Free for the client port and the bus port, and not the place of a node that is only stopped: it has its own past. */
async function freeNeighbours(folder: StateFolder, count: number): Promise<Address[]> {
  const {isFree} = await import('../../engine/library/free-ports.js')
  const known = new Set(folder.ports())
  let found: number[] = []
  for (let port = FIRST_PORT; port <= LAST_PORT && found.length < count; port++) {
    const free = !known.has(port) && (await isFree('127.0.0.1', port)) && (await isFree('127.0.0.1', port + BUS_OFFSET))
    found = free ? [...found, port] : []
  }
  if (found.length === count) return found.map((port) => address('127.0.0.1', port))
  throw new ManagerError('refused', `no ${count} neighbouring ports are free from ${FIRST_PORT} on`, {
    hint: 'name the addresses, with --engine',
  })
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

/** An address that says nothing may belong to somebody: it is not waited for. */
const LISTENS_TIMEOUT_MS = 1000

/** Only a refusal says that nobody does. */
function somebodyListens({host, port}: Address): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({host, port, timeout: LISTENS_TIMEOUT_MS})
    const somebody = (): void => {
      socket.destroy()
      resolve(true)
    }
    socket.once('connect', somebody).once('timeout', somebody)
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'))
  })
}
