/** CLUSTER MEET: https://redis.io/docs/latest/commands/cluster-meet/ */
import type {NodeId} from '../../../model/node-id.js'
import type {StepOf} from '../../plan/step.js'
import {allOk} from '../../reply.js'
import type {StepContext} from '../step-context.js'

/**
 * Nodes give up a handshake after their node timeout (1 s at least), on a busy machine before the other side has come to answer; then
 * neither may ever call again. Who is still unknown after so long is introduced once more: where a handshake is under way, that does nothing.
 */
export const INTRODUCE_AGAIN_MS = 3_000

export async function meet(step: StepOf<'meet'>, context: StepContext): Promise<void> {
  await sendMeets(step.node, step.peers, context)
}

/** The bus port is always sent: a node that does not listen on port + 10000 would not be found otherwise. */
export async function sendMeets(id: NodeId, peers: readonly NodeId[], context: StepContext): Promise<void> {
  const node = await context.connect(id)
  const commands = await Promise.all(
    peers.map(async (peer) => {
      const {host, port, busPort} = context.addressOf(peer)
      const ip = await context.pool.resolve(host)
      return busPort === 0 ? ['CLUSTER', 'MEET', ip, port] : ['CLUSTER', 'MEET', ip, port, busPort]
    }),
  )
  allOk(await node.pipeline(commands))
}
