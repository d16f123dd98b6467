/** Until nodes that were to join are alone again. */
import {formatAddress, sameAddress} from '../../../model/address.js'
import type {NodeLine} from '../../../model/cluster-nodes.js'
import {readNode} from '../../observe.js'
import type {StepOf} from '../../plan/step.js'
import {waitUntilClear, type Obstacle} from '../patience.js'
import type {StepContext} from '../step-context.js'
import {forget} from './node-commands.js'
import {reset} from './reset.js'

/**
 * A greeting that was under way when a node was reset makes it known again, and it learns of the others: nodes show it for as
 * long as they wait for the answer, except while the greeting itself is between them. Two quiet looks this far apart miss none.
 */
const QUIET_MS = 250

/**
 * Whoever is not alone is reset once more, and a member that names one of them is told to forget it, until nobody has anything
 * to tell for QUIET_MS. They are known by their addresses: a hard reset gives a new id.
 * @throws ManagerError `timed-out`, or as the commands do: a primary that has keys by now refuses the reset
 */
export async function waitAlone(step: StepOf<'wait-alone'>, context: StepContext): Promise<void> {
  const {clock} = context
  let quietSince: number | undefined
  await waitUntilClear(context, async () => {
    const obstacles = [...(await resetAgain(step, context)), ...(await forgetAgain(step, context))]
    if (obstacles.length > 0) quietSince = undefined
    else quietSince ??= clock.nowMs()
    if (quietSince === undefined || clock.nowMs() - quietSince >= QUIET_MS) return obstacles
    return [{reason: 'may still hear of the others'}]
  })
}

async function resetAgain({nodes}: StepOf<'wait-alone'>, context: StepContext): Promise<Obstacle[]> {
  const found = await Promise.all(
    nodes.map(async (node): Promise<Obstacle[]> => {
      const {address, peers} = await readNode(await context.connect(node))
      if (peers.length === 0) return []
      await reset({kind: 'reset', node, mode: 'hard'}, context)
      return [{reason: 'still knows other nodes', node: formatAddress(address)}]
    }),
  )
  return found.flat()
}

async function forgetAgain({nodes, members}: StepOf<'wait-alone'>, context: StepContext): Promise<Obstacle[]> {
  const gone = nodes.map((node) => context.addressOf(node))
  const isGone = ({id, address}: NodeLine): boolean =>
    nodes.includes(id) || gone.some((each) => sameAddress(each, address))
  const found = await Promise.all(
    members.map(async (by): Promise<Obstacle[]> => {
      const {address, peers} = await readNode(await context.connect(by))
      const known = peers.filter(isGone)
      for (const {id} of known) await forget({kind: 'forget', node: id, by}, context)
      return known.map((line) => ({
        reason: `still names ${formatAddress(line.address)}`,
        node: formatAddress(address),
      }))
    }),
  )
  return found.flat()
}
