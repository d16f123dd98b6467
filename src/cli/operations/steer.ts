/** From `tscluster pace` to the operations that run on a cluster: which are they, how far are they, and do as the operator says. */
import {formatAddress, type Address} from '../../model/address.js'
import {parseClusterNodes} from '../../model/cluster-nodes.js'
import type {NodeId} from '../../model/node-id.js'
import {isManagerError, ManagerError} from '../../manager/error.js'
import type {PaceChange} from '../../manager/execute/pace/pace.js'
import type {NodePool} from '../../manager/ports.js'
import {askInLine} from '../line-requests.js'
import type {ProgressReport} from '../progress-tally.js'
import {formatDuration} from '../render/numbers.js'
import {laneInWords, wholeInWords} from '../render/progress-lines.js'
import type {Session} from '../session.js'
import {onSameCluster, OperationFolder, type OperationRecord} from './operation-folder.js'
import type {PaceAnswer, PaceRequest} from './pace-protocol.js'

/** Documented in docs/json.md. */
export interface SteeredOperation extends ProgressReport {
  readonly id: string
  readonly pid: number
  /** The command that began it: `reshard`. */
  readonly operation: string
  /** ISO 8601. */
  readonly since: string
  readonly entry: string
  /** The slowest answer of its nodes in the last second; `null` without a latency limit. */
  readonly latencyMs: number | null
}

const ANSWER_LIMIT_MS = 5_000
const WHERE = 'only what the same user runs on the same machine can be found'

/**
 * All operations on the cluster of these addresses, after the changes.
 * @throws ManagerError `refused` when something is to be changed and nothing runs, `timed-out` when an operation hangs, and what
 * keeps the cluster from being asked when no operation knows it by its address
 */
export async function steer(
  {pool, world}: Pick<Session, 'pool' | 'world'>,
  addresses: readonly [Address, ...Address[]],
  changes: readonly PaceChange[],
): Promise<SteeredOperation[]> {
  const folder = new OperationFolder(world.env)
  const records = folder.list()
  const found = records.length === 0 ? [] : await thoseOn(pool, addresses, records)
  const answers = await Promise.all(found.map((record) => ask(record, {changes}, folder)))
  const operations = answers.filter((answer) => answer !== undefined)
  if (operations.length > 0 || changes.length === 0) return operations
  throw new ManagerError('refused', 'no operation moves keys on this cluster now: nothing was changed', {hint: WHERE})
}

/** One operation after the other, each with its lanes. */
export function renderOperations(operations: readonly SteeredOperation[]): string {
  if (operations.length === 0) return `no operation moves keys on this cluster now (${WHERE})\n`
  return operations.flatMap(linesOf).join('')
}

function linesOf(operation: SteeredOperation): string[] {
  const {pid, entry, elapsedMs, latencyMs, lanes, operation: name} = operation
  const latency = latencyMs === null ? '' : `, slowest answer ${latencyMs.toFixed(1)} ms`
  return [
    `${name} ${entry} (pid ${pid}, for ${formatDuration(elapsedMs)}): ${wholeInWords(operation)}${latency}\n`,
    ...lanes.map((lane) => `  ${lane.source.address} → ${lane.target.address}: ${laneInWords(lane)}\n`),
  ]
}

/** By the ids of the cluster's nodes; by the address as it was typed when none of the nodes answers. */
async function thoseOn(
  pool: NodePool,
  addresses: readonly [Address, ...Address[]],
  records: readonly OperationRecord[],
): Promise<OperationRecord[]> {
  let failure: ManagerError | undefined
  for (const each of addresses) {
    try {
      return onSameCluster(records, {ids: await idsOf(pool, each), address: formatAddress(each)})
    } catch (error) {
      if (!isManagerError(error)) throw error
      failure ??= error
    }
  }
  const byAddress = addresses.flatMap((each) => onSameCluster(records, {ids: new Set(), address: formatAddress(each)}))
  if (byAddress.length === 0 && failure !== undefined) throw failure
  return [...new Set(byAddress)]
}

async function idsOf(pool: NodePool, address: Address): Promise<Set<NodeId>> {
  const node = await pool.connect(address)
  const lines = parseClusterNodes(String(await node.call(['CLUSTER', 'NODES'])))
  return new Set(lines?.map(({id}) => id))
}

/** `undefined` when it has ended meanwhile. */
async function ask(
  record: OperationRecord,
  request: PaceRequest,
  folder: OperationFolder,
): Promise<SteeredOperation | undefined> {
  const {id, pid, operation, entry, startedMs, socket} = record
  try {
    const answer = await askInLine<PaceAnswer>(socket, request, {limitMs: ANSWER_LIMIT_MS})
    if (answer.did === 'fail') throw new ManagerError('protocol', `process ${pid} did not understand: ${answer.error}`)
    const since = new Date(startedMs).toISOString()
    return {id, pid, operation, since, entry, latencyMs: answer.latencyMs, ...answer.report}
  } catch (error) {
    if (isManagerError(error)) throw error
    if ((error as NodeJS.ErrnoException).code === 'ETIMEDOUT') {
      throw new ManagerError('timed-out', `process ${pid} (${operation}) does not answer`, {
        hint: 'it is stopped (`fg` in its terminal lets it go on), or it hangs',
      })
    }
    // Nobody listens: it has ended, and its number may be another process's by now.
    folder.remove(id)
    return undefined
  }
}
