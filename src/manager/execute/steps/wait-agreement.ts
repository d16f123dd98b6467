/** Until all nodes tell the same story and serve clients. */
import {AccountReader} from '../../../model/account-reader.js'
import {formatAddress} from '../../../model/address.js'
import type {NodeId} from '../../../model/node-id.js'
import {readNode} from '../../observe.js'
import type {StepOf} from '../../plan/step.js'
import {describeDisagreement, disagreements, type Disagreement} from '../../view/disagreement.js'
import type {NodeView} from '../../view/node-view.js'
import {waitUntilClear, type Obstacle} from '../patience.js'
import type {StepContext} from '../step-context.js'
import {INTRODUCE_AGAIN_MS, sendMeets} from './meet.js'

const PUSH_AGAIN_MS = 1_000

export async function waitAgreement(step: StepOf<'wait-agreement'>, context: StepContext): Promise<void> {
  const pushedAt = new Map<NodeId, number>()
  const lost = new Set<NodeId>()
  const reader = new AccountReader()
  await waitUntilClear(context, async () => {
    const views = await askAll(step, context, lost, reader)
    const open = disagreements(views)
    const unheard = step.push ? unheardEpochs(views) : []
    if (step.push && open.length + unheard.length > 0) await pushGossip(views, open, pushedAt, context)
    return [...open.map(toObstacle), ...unheard]
  })
}

/**
 * A primary takes the epoch after the highest that it knows when it takes a slot. One that has not heard of an epoch yet would take the
 * same one: then two claims are equally old, and the node that must give way may claim what it has just handed over.
 */
function unheardEpochs(views: readonly NodeView[]): Obstacle[] {
  const highest = Math.max(0, ...views.map(({line}) => (line.flags.has('replica') ? 0 : line.configEpoch)))
  return views
    .filter(({currentEpoch}) => currentEpoch < highest)
    .map(({address}) => ({reason: `has not heard of epoch ${highest} yet`, node: formatAddress(address)}))
}

/**
 * Where agreement is the very work (`push`), a node that cannot be asked fails it. Where it only concludes a work that is done,
 * one that died meanwhile is named and left out.
 */
async function askAll(
  step: StepOf<'wait-agreement'>,
  context: StepContext,
  lost: Set<NodeId>,
  reader: AccountReader,
): Promise<NodeView[]> {
  const answers = await Promise.all(
    step.nodes.map(async (id) => {
      if (lost.has(id)) return undefined
      try {
        return await readNode(await context.connect(id), reader)
      } catch (error) {
        if (step.push) throw error
        lost.add(id)
        const name = formatAddress(context.addressOf(id))
        context.emit({kind: 'noted', step: context.id, message: `${name} does not answer any more: not waited for`})
        return undefined
      }
    }),
  )
  return answers.filter((view) => view !== undefined)
}

/**
 * A MEET to a node that is already known makes the next cron tick (100 ms) send it a full header at once. That is a gossip
 * push on demand: without it agreement comes with the ordinary pings, seconds later. Nodes that are still being introduced are left
 * alone for a while.
 */
async function pushGossip(
  views: readonly NodeView[],
  open: readonly Disagreement[],
  pushedAt: Map<NodeId, number>,
  context: StepContext,
): Promise<void> {
  const nowMs = context.clock.nowMs()
  const strangers = new Set(
    open.filter(({kind}) => kind === 'unknown' || kind === 'handshake').map(({node}) => node.id),
  )
  for (const id of strangers) if (!pushedAt.has(id)) pushedAt.set(id, nowMs)
  const ready = views.filter(({id}) => {
    const pauseMs = strangers.has(id) ? INTRODUCE_AGAIN_MS : PUSH_AGAIN_MS
    return nowMs - (pushedAt.get(id) ?? -Infinity) > pauseMs
  })
  await Promise.all(
    ready.map(async (view) => {
      pushedAt.set(view.id, nowMs)
      await sendMeets(
        view.id,
        views.filter((other) => other !== view).map(({id}) => id),
        context,
      )
    }),
  )
}

function toObstacle(disagreement: Disagreement): Obstacle {
  const {node, about, kind} = disagreement
  const obstacle = {reason: describeDisagreement(disagreement), node: formatAddress(node.address)}
  if (kind !== 'unknown' && kind !== 'handshake') return obstacle
  const bus = about.address.busPort
  const port = bus === 0 ? 'its cluster bus port' : `its cluster bus port ${bus}`
  return {
    ...obstacle,
    hint: `can ${formatAddress(node.address)} reach ${about.address.host} on ${port}, and the other way round?`,
  }
}
