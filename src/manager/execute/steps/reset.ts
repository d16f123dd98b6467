/**
 * A node that leaves its cluster, or is to have been part of none. RESET empties a replica in memory only: its AOF, or its last RDB file,
 * still holds all that it had. Were it killed and started again, it would load that, find keys in slots of which it knows no owner, and
 * take them ("Taking responsibility for it"): clients that remember its address would write to it, and nobody would ever read that.
 */
import {FieldLines} from '../../../model/field-lines.js'
import {formatAddress} from '../../../model/address.js'
import {isManagerError, replyOf} from '../../error.js'
import type {StepOf} from '../../plan/step.js'
import type {NodeClient} from '../../ports.js'
import {textReply} from '../../reply.js'
import {waitUntilClear} from '../patience.js'
import type {StepContext} from '../step-context.js'

/** A child process of the server's is at work: it may be writing what was there before. */
const AT_WORK = ['rdb_bgsave_in_progress', 'aof_rewrite_in_progress', 'aof_rewrite_scheduled'] as const

/** A primary that still holds keys refuses; a replica drops its copy, in memory and on disk. */
export async function reset(step: StepOf<'reset'>, context: StepContext): Promise<void> {
  const node = await context.connect(step.node)
  await node.call(['CLUSTER', 'RESET', step.mode.toUpperCase()])
  try {
    await emptyFiles(node, context)
  } catch (error) {
    if (!isManagerError(error, 'error-reply', 'not-permitted')) throw error
    const message =
      `${formatAddress(node.address)}: its files may still hold what it had (${replyOf(error) || error.message}); ` +
      'remove them before it is started again'
    context.emit({kind: 'noted', step: context.id, message})
  }
}

/** Writes the file anew from which the node would start: https://redis.io/docs/latest/commands/bgrewriteaof/, SAVE. */
async function emptyFiles(node: NodeClient, context: StepContext): Promise<void> {
  let isAsked = false
  await waitUntilClear(context, async () => {
    const info = new FieldLines(textReply(await node.call(['INFO', 'persistence']), node))
    const isAtWork = AT_WORK.some((field) => info.get(field) === '1')
    if (!isAtWork && isAsked) return []
    if (!isAtWork) {
      isAsked = true
      if (info.get('aof_enabled') !== '1') {
        await node.call(['SAVE'])
        return []
      }
      await node.call(['BGREWRITEAOF'])
    }
    return [{reason: 'has not emptied its files yet', node: formatAddress(node.address), hint: 'look into its log'}]
  })
}
