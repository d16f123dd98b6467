/** Until nobody names a node any more. */
import {formatAddress} from '../../../model/address.js'
import {readNode} from '../../observe.js'
import type {StepOf} from '../../plan/step.js'
import {waitUntilClear} from '../patience.js'
import type {StepContext} from '../step-context.js'
import {forget} from './node-commands.js'

/**
 * FORGET bans the id for 60 s on the node that was told. One that hears of it from a node that was not told yet learns it
 * again: it is told once more.
 */
export async function waitForgotten(step: StepOf<'wait-forgotten'>, context: StepContext): Promise<void> {
  await waitUntilClear(context, async () => {
    const views = await Promise.all(step.nodes.map(async (id) => readNode(await context.connect(id))))
    const behind = views.filter((view) => view.peers.some((line) => line.id === step.node))
    await Promise.all(behind.map((view) => forget({kind: 'forget', node: step.node, by: view.id}, context)))
    return behind.map((view) => ({reason: `still names ${step.node}`, node: formatAddress(view.address)}))
  })
}
