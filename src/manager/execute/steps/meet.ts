/** CLUSTER MEET: https://redis.io/docs/latest/commands/cluster-meet/ */
import type {NodeId} from '../../../model/node-id.js'
import type {StepOf} from '../../plan/step.js'
import {allOk} from '../../reply.js'
import type {StepContext} from '../step-context.js'

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
