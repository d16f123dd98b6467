/** SETSLOT for many slots of one node: https://valkey.io/commands/cluster-setslot/ */
import type {NodeId} from '../../../model/node-id.js'
import {isManagerError, replyOf} from '../../error.js'
import type {Argument, Reply} from '../../ports.js'
import {allOk} from '../../reply.js'
import type {NodeView} from '../../view/node-view.js'
import type {StepContext} from '../step-context.js'

/**
 * Where a SETSLOT waits for the replicas, and for the disk, it holds up what follows on its connection: a window of slots
 * sent over one took a second. Over several they wait side by side.
 */
const CONNECTIONS = 16
const RETRIES = 5
const FIRST_RETRY_MS = 100

type Command = readonly Argument[]

/**
 * Carries out all of `commands`, in any order. Each may be said twice, so those that a node refused for the moment, or whose
 * answer was lost with the connection, are said again: a Valkey primary that gives away its last slot turns replica and hangs
 * up on who waits for that very command.
 * @param witness any member's account: tells whether the node has replicas to wait for
 * @param tolerated error replies that are no failure
 * @throws ManagerError of the first command that fails for good
 */
export async function setSlots(
  context: StepContext,
  {id, witness}: {readonly id: NodeId; readonly witness: NodeView},
  commands: readonly Command[],
  tolerated?: RegExp,
): Promise<void> {
  const channels = waitsForReplicas(id, witness) ? Math.min(CONNECTIONS, commands.length) : 1
  const parts = Array.from({length: channels}, (_, channel) =>
    commands.filter((_, index) => index % channels === channel),
  )
  const channelName = (channel: number): string => (channels === 1 ? '' : `setslot ${channel}`)
  await Promise.all(parts.map((part, channel) => sendUntilDone(context, id, channelName(channel), part, tolerated)))
}

function waitsForReplicas(id: NodeId, {line, peers, server}: NodeView): boolean {
  return server.capabilities.has('setslot-replicated') && [line, ...peers].some(({primaryId}) => primaryId === id)
}

async function sendUntilDone(
  context: StepContext,
  id: NodeId,
  channel: string,
  commands: readonly Command[],
  tolerated: RegExp | undefined,
): Promise<void> {
  let open = commands
  for (let attempt = 0; open.length > 0; attempt++) {
    const isLast = attempt >= RETRIES || context.kill.aborted
    const replies = await send(context, id, channel, open, isLast)
    const accepted = (reply: Reply | Error): boolean => tolerated?.test(replyOf(reply)) === true
    const passing = (reply: Reply | Error): boolean =>
      !isLast && !accepted(reply) && /^(NOREPLICAS|UNBLOCKED)/.test(replyOf(reply))
    allOk(replies.filter((reply) => !passing(reply) && !accepted(reply)))
    open = replies.length === 0 ? open : open.filter((_, index) => passing(replies[index]!))
    if (open.length > 0) await context.clock.sleep(FIRST_RETRY_MS * 2 ** attempt, context.kill)
  }
}

/** No replies at all when the connection was lost and there may be another try. */
async function send(
  context: StepContext,
  id: NodeId,
  channel: string,
  commands: readonly Command[],
  isLast: boolean,
): Promise<readonly (Reply | Error)[]> {
  try {
    const node = await context.connectLines(id, channel)
    return await node.pipeline(commands)
  } catch (error) {
    if (isLast || !isManagerError(error, 'unreachable')) throw error
    return []
  }
}
