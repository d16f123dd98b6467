/** One command on many nodes, as it is: no redirection is followed. */
import type {Address} from '../model/address.js'
import type {NodeId} from '../model/node-id.js'
import {toManagerError, type ManagerError} from './error.js'
import type {NodePool, Reply} from './ports.js'
import type {Topology, TopologyNode} from './view/topology.js'

export interface CallRequest {
  readonly command: readonly string[]
  /** Which nodes: by role, or all of them. */
  readonly only: 'primaries' | 'replicas' | 'all'
  readonly timeoutMs?: number
}

/** The nodes have just answered, and FLUSHALL of a large one takes its time. */
export const CALL_TIMEOUT_MS = 600_000

export interface NodeAnswer {
  readonly node: NodeId
  readonly address: Address
  readonly role: TopologyNode['role']
  readonly answer: Answer
}

/** `isGone`: it was told to shut down, and did: such a node answers nothing any more. */
export type Answer = {readonly reply: Reply; readonly isGone?: true} | {readonly error: ManagerError}

/** All nodes at once; the answers in the order of the topology. Never throws for what a node does. */
export async function callNodes(
  pool: NodePool,
  topology: Topology,
  {command, only, timeoutMs = CALL_TIMEOUT_MS}: CallRequest,
): Promise<NodeAnswer[]> {
  const nodes = topology.nodes.filter(
    ({role}) => only === 'all' || only === (role === 'primary' ? 'primaries' : 'replicas'),
  )
  return Promise.all(
    nodes.map(async ({id, address, role}) => {
      const answer = judged(await callNode(pool, address, command, timeoutMs), command)
      return {node: id, address, role, answer}
    }),
  )
}

/** Never throws for what the node does. */
export async function callNode(
  pool: NodePool,
  address: Address,
  command: readonly string[],
  timeoutMs = CALL_TIMEOUT_MS,
): Promise<Answer> {
  try {
    // A channel of its own: SELECT or MULTI must not linger on the connection that we observe through.
    const client = await pool.connect(address, 'call')
    return {reply: await client.call(command, {timeoutMs})}
  } catch (error) {
    return {error: toManagerError(error)}
  }
}

/** The nodes have just answered: one that does not any more has done what SHUTDOWN asks for. */
function judged(answer: Answer, command: readonly string[]): Answer {
  if ('reply' in answer || answer.error.code !== 'unreachable' || !isShutdown(command)) return answer
  return {reply: null, isGone: true}
}

function isShutdown([name = '', ...words]: readonly string[]): boolean {
  return name.toLowerCase() === 'shutdown' && !words.some((word) => word.toLowerCase() === 'abort')
}

/**
 * A reply as redis-cli prints it with `--raw`: strings and numbers as they are, nil as nothing, the elements of an array (and
 * of arrays in it) one to a line. No newline at the end.
 * @param delimiter what stands between the elements of an array
 */
export function rawText(reply: Reply, delimiter = '\n'): string {
  if (reply === null) return ''
  if (Array.isArray(reply)) return (reply as readonly Reply[]).map((item) => rawText(item, delimiter)).join(delimiter)
  return reply instanceof Error ? reply.message : String(reply)
}

/** The node's own words (`ERR unknown command …`), or what kept it from saying any. */
export function errorText({reply, message}: ManagerError): string {
  return reply ?? message
}
