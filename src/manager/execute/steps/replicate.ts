/** CLUSTER REPLICATE: https://redis.io/docs/latest/commands/cluster-replicate/ */
import {formatAddress} from '../../../model/address.js'
import {replyOf} from '../../error.js'
import {readNode} from '../../observe.js'
import type {StepOf} from '../../plan/step.js'
import {waitUntilClear} from '../patience.js'
import type {StepContext} from '../step-context.js'
import {INTRODUCE_AGAIN_MS, sendMeets} from './meet.js'

/** A node that was just introduced hears of its primary within a cron tick (100 ms) or, by gossip, a second. */
export async function replicate(step: StepOf<'replicate'>, context: StepContext): Promise<void> {
  const replica = await context.connect(step.replica)
  const {line} = await readNode(replica)
  if (line.flags.has('replica') && line.primaryId === step.primary) return
  let introducedMs = context.clock.nowMs()
  await waitUntilClear(context, async () => {
    try {
      await replica.call(['CLUSTER', 'REPLICATE', step.primary])
      return []
    } catch (error) {
      if (!/Unknown node/i.test(replyOf(error))) throw error
      const nowMs = context.clock.nowMs()
      if (nowMs - introducedMs > INTRODUCE_AGAIN_MS) {
        introducedMs = nowMs
        await sendMeets(step.replica, [step.primary], context)
      }
      const primary = formatAddress(context.addressOf(step.primary))
      return [{reason: `does not know its primary ${primary} yet`, node: formatAddress(replica.address)}]
    }
  })
}
