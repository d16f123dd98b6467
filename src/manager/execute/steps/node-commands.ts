/** Steps that are one command to one node. A step that finds its work done is content. */
import {formatAddress} from '../../../model/address.js'
import {parseNodeLine, type NodeLine} from '../../../model/cluster-nodes.js'
import type {NodeId} from '../../../model/node-id.js'
import {SlotSet} from '../../../model/slot-set.js'
import {ManagerError, replyOf} from '../../error.js'
import {readNode} from '../../observe.js'
import type {StepOf} from '../../plan/step.js'
import type {NodeClient, Reply} from '../../ports.js'
import {allOk, textReply} from '../../reply.js'
import type {StepContext} from '../step-context.js'

/** CONFIG SET and, with `rewrite`, CONFIG REWRITE, so that it outlives a restart. */
export async function setConfig(step: StepOf<'set-config'>, context: StepContext): Promise<void> {
  const node = await context.connect(step.node)
  await node.call(['CONFIG', 'SET', step.parameter, step.value])
  if (step.rewrite) await node.call(['CONFIG', 'REWRITE'])
}

export async function setConfigEpoch(step: StepOf<'set-config-epoch'>, context: StepContext): Promise<void> {
  const node = await context.connect(step.node)
  await tolerating(/already non-zero/, node.call(['CLUSTER', 'SET-CONFIG-EPOCH', step.epoch]))
}

/** Only what the node does not own yet: ADDSLOTS refuses all of them if one is taken. */
export async function addSlots(step: StepOf<'add-slots'>, context: StepContext): Promise<void> {
  const node = await context.connect(step.node)
  const {line, server} = await readNode(node)
  const missing = slotsOf(step.slots).minus(line.slots)
  if (missing.size === 0) return
  if (server.capabilities.has('add-slots-range')) {
    await node.call(['CLUSTER', 'ADDSLOTSRANGE', ...missing.ranges().flat()])
  } else {
    await node.call(['CLUSTER', 'ADDSLOTS', ...missing])
  }
}

export async function delSlots(step: StepOf<'del-slots'>, context: StepContext): Promise<void> {
  const node = await context.connect(step.node)
  await pipelineTolerating(
    /already unassigned/,
    node,
    [...slotsOf(step.slots)].map((slot) => ['CLUSTER', 'DELSLOTS', slot]),
  )
}

/**
 * DELSLOTS, ADDSLOTS and a new epoch in one transaction: the claim then wins on every node, without a vote. One epoch for
 * all slots of the step. DELSLOTS may find nothing to do.
 */
export async function claimSlots(step: StepOf<'claim-slots'>, context: StepContext): Promise<void> {
  const node = await context.connect(step.node)
  const slots = [...slotsOf(step.slots)]
  const replies = await node.pipeline([
    ['MULTI'],
    ...slots.map((slot) => ['CLUSTER', 'DELSLOTS', slot]),
    ['CLUSTER', 'ADDSLOTS', ...slots],
    ['CLUSTER', 'BUMPEPOCH'],
    ['EXEC'],
  ])
  const results = replies.at(-1)!
  if (results instanceof Error) throw results
  const added = (results as readonly (Reply | Error)[])[slots.length]
  if (added instanceof Error) throw added
  // Not in the transaction: Valkey 8 and later wait for the replicas in SETSLOT, and within EXEC that wait crashes the server.
  const {line} = await readNode(node)
  const marked = slots.filter((slot) => line.migrating.has(slot) || line.importing.has(slot))
  allOk(await node.pipeline(marked.map((slot) => ['CLUSTER', 'SETSLOT', slot, 'STABLE'])))
}

export async function assignSlots(step: StepOf<'assign-slots'>, context: StepContext): Promise<void> {
  const node = await context.connect(step.node)
  // A node that lost its last slot may have become a replica: it then follows its primary, and needs no telling.
  await pipelineTolerating(
    NOT_A_PRIMARY,
    node,
    [...slotsOf(step.slots)].map((slot) => ['CLUSTER', 'SETSLOT', slot, 'NODE', step.owner]),
  )
}

export async function closeSlots(step: StepOf<'close-slots'>, context: StepContext): Promise<void> {
  const node = await context.connect(step.node)
  await pipelineTolerating(
    NOT_A_PRIMARY,
    node,
    [...slotsOf(step.slots)].map((slot) => ['CLUSTER', 'SETSLOT', slot, 'STABLE']),
  )
}

/**
 * A node that is forgotten already is what was wanted. One that serves slots is not forgotten: somebody moved them there since the plan
 * was made, and they would be gone with it.
 * @throws ManagerError `stale-plan`
 */
export async function forget(step: StepOf<'forget'>, context: StepContext): Promise<void> {
  const node = await context.connect(step.by)
  const line = lineOf(step.node, textReply(await node.call(['CLUSTER', 'NODES']), node))
  if (line !== undefined && line.slots.size > 0 && !line.flags.has('fail')) {
    throw new ManagerError('stale-plan', `serves ${line.slots.size} slots: it cannot be forgotten`, {
      node: formatAddress(line.address),
      hint: 'run the command again: it plans anew',
    })
  }
  await tolerating(/Unknown node/i, node.call(['CLUSTER', 'FORGET', step.node]))
}

/** SETSLOT on a node that became a replica when it lost its last slot. */
export const NOT_A_PRIMARY = /use SETSLOT only with (masters|primaries)/i

/** Waits for `reply`, content with an error reply that matches `pattern`. */
export async function tolerating(pattern: RegExp, reply: Promise<Reply>): Promise<void> {
  try {
    await reply
  } catch (error) {
    if (!pattern.test(replyOf(error))) throw error
  }
}

export async function pipelineTolerating(
  pattern: RegExp,
  node: NodeClient,
  commands: readonly (readonly (string | number)[])[],
): Promise<void> {
  const replies = await node.pipeline(commands)
  allOk(replies.filter((reply) => !(reply instanceof Error) || !pattern.test(replyOf(reply))))
}

/** The slots of a step; they were validated when the plan was made or read. */
export function slotsOf(text: string): SlotSet {
  return SlotSet.parse(text) ?? SlotSet.EMPTY
}

/** One line of thousands: the others need not be read. */
function lineOf(id: NodeId, account: string): NodeLine | undefined {
  const start = `\n${account}`.indexOf(`\n${id} `)
  return start < 0 ? undefined : parseNodeLine(account.slice(start).split('\n', 1)[0]!.trim())
}
