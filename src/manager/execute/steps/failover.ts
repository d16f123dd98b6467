/** CLUSTER FAILOVER: https://redis.io/docs/latest/commands/cluster-failover/ */
import {formatAddress} from '../../../model/address.js'
import {readNode} from '../../observe.js'
import type {StepOf} from '../../plan/step.js'
import {waitUntilClear} from '../patience.js'
import type {StepContext} from '../step-context.js'

/** The manual failover of a server gives up by itself after 5 s: asking again begins a new one. */
const ASK_AGAIN_MS = 5_500

export async function failover(step: StepOf<'failover'>, context: StepContext): Promise<void> {
  const replica = await context.connect(step.replica)
  const command = ['CLUSTER', 'FAILOVER', ...(step.mode === 'normal' ? [] : [step.mode.toUpperCase()])]
  let askedAt = -Infinity
  await waitUntilClear(context, async () => {
    const {line} = await readNode(replica)
    if (!line.flags.has('replica')) return []
    if (context.clock.nowMs() - askedAt > ASK_AGAIN_MS) {
      askedAt = context.clock.nowMs()
      await replica.call(command)
    }
    return [
      {
        reason: 'has not become primary yet',
        node: formatAddress(replica.address),
        hint:
          step.mode === 'normal'
            ? 'if its primary is down, add --force'
            : 'if no majority of primaries can vote, use --takeover',
      },
    ]
  })
}
