/** Until nobody names a node any more. */
import {formatAddress, sameAddress} from '../../../model/address.js'
import type {NodeLine} from '../../../model/cluster-nodes.js'
import {readNode} from '../../observe.js'
import type {StepOf} from '../../plan/step.js'
import {waitUntilClear, type Obstacle} from '../patience.js'
import type {StepContext} from '../step-context.js'
import {tolerating} from './node-commands.js'

/**
 * FORGET bans the id for 60 s on the node that was told. One that hears of it from a node that was not told yet learns it
 * again: it is told once more. With `atItsAddress` so is one that has an acquaintance there under another id: introductions that were under
 * way when the node was reset draw it in again under its new one.
 */
export async function waitForgotten(step: StepOf<'wait-forgotten'>, context: StepContext): Promise<void> {
  const address = context.addressOf(step.node)
  const isMeant = ({id, address: at}: NodeLine): boolean =>
    id === step.node || (step.atItsAddress === true && sameAddress(at, address))
  await waitUntilClear(context, async () => {
    const obstacles = await Promise.all(step.nodes.map((id) => forgetAll(id, isMeant, context)))
    return obstacles.flat()
  })
}

/** Tells one node to forget all that are meant. @returns what it had to be told */
async function forgetAll(
  node: string,
  isMeant: (line: NodeLine) => boolean,
  context: StepContext,
): Promise<readonly Obstacle[]> {
  const client = await context.connect(node)
  const {peers, address} = await readNode(client)
  const behind = peers.filter(isMeant)
  for (const {id} of behind) await tolerating(/Unknown node/i, client.call(['CLUSTER', 'FORGET', id]))
  return behind.map(({id}) => ({reason: `still names ${id}`, node: formatAddress(address)}))
}
