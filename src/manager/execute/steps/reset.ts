/**
 * A node that leaves its cluster, or is to have been part of none. RESET empties a replica in memory only: its AOF, or its last RDB file,
 * still holds all that it had. Were it killed and started again, it would load that, find keys in slots of which it knows no owner, and
 * take them ("Taking responsibility for it"): clients that remember its address would write to it, and nobody would ever read that.
 */
import {FieldLines} from '../../../model/field-lines.js'
import {formatAddress} from '../../../model/address.js'
import {isManagerError, ManagerError, replyOf} from '../../error.js'
import type {StepOf} from '../../plan/step.js'
import type {NodeClient} from '../../ports.js'
import {textReply} from '../../reply.js'
import {waitUntilClear} from '../patience.js'
import type {StepContext} from '../step-context.js'

const HAS_KEYS = /master nodes containing keys|primary nodes containing keys/i

/**
 * A replica drops its copy, in memory and on disk.
 * @throws ManagerError `error-reply` by a primary that holds keys
 */
export async function reset(step: StepOf<'reset'>, context: StepContext): Promise<void> {
  const node = await context.connect(step.node)
  const [done, keys] = await node.pipeline([['CLUSTER', 'RESET', step.mode.toUpperCase()], ['DBSIZE']])
  if (done instanceof Error) throw withAdvice(done, node)
  try {
    // There is nothing to flush: it is said for the AOF, which would bring back what there was.
    if (keys instanceof Error) throw keys
    if (keys === 0) await node.call(['FLUSHALL'])
    await emptySnapshot(node, context)
  } catch (error) {
    if (!isManagerError(error, 'error-reply', 'not-permitted')) throw error
    const message =
      `${formatAddress(node.address)}: its files may still hold what it had (${replyOf(error) || error.message}); ` +
      'remove them before it is started again'
    context.emit({kind: 'noted', step: context.id, message})
  }
}

/** Where there is no AOF the node starts from its last snapshot. */
async function emptySnapshot(node: NodeClient, context: StepContext): Promise<void> {
  await waitUntilClear(context, async () => {
    const info = new FieldLines(textReply(await node.call(['INFO', 'persistence']), node))
    if (info.get('aof_enabled') === '1') return []
    if (info.get('rdb_bgsave_in_progress') === '1') {
      return [{reason: 'is still saving what it had', node: formatAddress(node.address), hint: 'look into its log'}]
    }
    await node.call(['SAVE'])
    return []
  })
}

function withAdvice(error: Error, node: NodeClient): Error {
  if (!(error instanceof ManagerError) || !HAS_KEYS.test(replyOf(error))) return error
  const address = formatAddress(node.address)
  return new ManagerError(error.code, error.message, {
    node: error.node,
    reply: error.reply,
    hint: `it has keys, from its files if it was started again; when nobody needs them: \`tscluster call ${address} FLUSHALL\``,
  })
}
