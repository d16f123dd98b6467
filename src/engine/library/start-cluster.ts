/** `startCluster`: a whole cluster in the caller's own process, ready for clients when the promise is kept. */
import {randomBytes} from 'node:crypto'
import {mkdirSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {type Newborn, nodesConf, planBirth} from '../cluster/born-cluster.js'
import {EngineCluster} from './engine-cluster.js'
import {EngineNode} from './engine-node.js'
import {freePorts, giveBackPorts} from './free-ports.js'
import {DEFAULT_HOST, type NodeWishes, settingsFor} from './node-settings.js'
import {retryElsewhere} from './retry-elsewhere.js'
import {openFolder} from './work-folder.js'

export interface StartClusterOptions extends NodeWishes {
  /** Default 3. */
  readonly primaries?: number
  /** Replicas of each primary. Default 0. */
  readonly replicasEach?: number
  /** One for each node, primaries first; the bus ports are 10,000 above. Default: ones that are free. */
  readonly ports?: readonly number[]
  /** cluster-node-timeout: a node that is silent for this long is taken for dead. Default 5000. */
  readonly nodeTimeoutMs?: number
  /** Keeps the nodes' files after the end, each node's in a folder named by its port. Default: temporary ones. */
  readonly directory?: string
  /** Each line of each node's log. Default: nobody reads them. */
  readonly log?: (line: string, port: number) => void
  /** How long the cluster may take to be ready. Default 30,000. */
  readonly timeoutMs?: number
}

const DEFAULT_NODE_TIMEOUT_MS = 5000
const DEFAULT_TIMEOUT_MS = 30_000

/**
 * Starts a cluster. When the promise is kept every primary accepts writes, every replica is in sync, and all nodes agree.
 * @throws RangeError for a shape that is no cluster, Error when a directive is wrong, a port cannot be had or it is not ready in time
 */
export async function startCluster(options: StartClusterOptions = {}): Promise<EngineCluster> {
  const {primaries = 3, replicasEach = 0, host = DEFAULT_HOST, ports} = options
  const count = primaries * (1 + replicasEach)
  if (!Number.isInteger(primaries) || primaries < 1) throw new RangeError('a cluster has at least one primary')
  if (!Number.isInteger(replicasEach) || replicasEach < 0) throw new RangeError('replicasEach is a whole number')
  if (ports !== undefined && ports.length !== count) {
    throw new RangeError(`${count} nodes want ${count} ports, not ${ports.length}`)
  }
  return retryElsewhere(ports !== undefined, async () => {
    const chosen = ports ?? (await freePorts(host, count))
    const give = (): void => (ports === undefined ? giveBackPorts(chosen) : undefined)
    try {
      return await startOn(chosen, options, give)
    } catch (error) {
      give()
      throw error
    }
  })
}

async function startOn(
  ports: readonly number[],
  options: StartClusterOptions,
  giveBack: () => void,
): Promise<EngineCluster> {
  const {primaries = 3, host = DEFAULT_HOST, timeoutMs = DEFAULT_TIMEOUT_MS} = options
  const folder = openFolder(options.directory)
  const born = planBirth(
    ports.map((port) => ({host, port})),
    ports.map(() => randomBytes(20).toString('hex')),
    primaries,
  )
  const started = await Promise.allSettled(born.map((_, index) => startMember(born, index, folder.path, options)))
  const nodes = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  const cluster = new EngineCluster(nodes, primaries, () => {
    folder.remove()
    giveBack()
  })
  try {
    const failure = started.find((each) => each.status === 'rejected')
    if (failure !== undefined) throw failure.reason
    await cluster.waitFor('ok', {timeoutMs})
  } catch (error) {
    await cluster.stop()
    throw error
  }
  return cluster
}

function startMember(
  born: readonly Newborn[],
  index: number,
  root: string,
  options: StartClusterOptions,
): Promise<EngineNode> {
  const {port} = born[index]!
  const directory = path.join(root, String(port))
  const settings = settingsFor(options, port, {
    'cluster-enabled': true,
    'cluster-config-file': 'nodes.conf',
    'cluster-node-timeout': options.nodeTimeoutMs ?? DEFAULT_NODE_TIMEOUT_MS,
  })
  mkdirSync(directory, {recursive: true})
  writeFileSync(path.join(directory, 'nodes.conf'), nodesConf(born, index, Date.now()))
  const log = (line: string): void => options.log?.(line, port)
  return EngineNode.start({settings, directory, log, bornWhole: true})
}
