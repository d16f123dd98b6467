/** Until a replica has its primary's data and follows it. */
import {formatAddress} from '../../../model/address.js'
import {readNode} from '../../observe.js'
import type {StepOf} from '../../plan/step.js'
import type {NodeView} from '../../view/node-view.js'
import {waitUntilClear} from '../patience.js'
import type {StepContext} from '../step-context.js'

/** A large data set takes as long as it needs: saving it on the primary, sending and loading it are all progress. */
export async function waitSync(step: StepOf<'wait-sync'>, context: StepContext): Promise<void> {
  const replica = await context.connect(step.replica)
  await waitUntilClear(context, async () => {
    const {server, line} = await readNode(replica)
    if (server.primaryLinkUp !== false) return []
    const primary = line.primaryId === null ? undefined : await readNode(await context.connect(line.primaryId))
    return [
      {
        reason: `is not in sync with its primary yet${leftOf(server)}`,
        node: formatAddress(replica.address),
        hint: 'look into its log: the primary may refuse it (password), or be out of memory or disk',
        pace: [server.syncLeftBytes, server.loading && server.usedMemoryBytes, primary?.server.savingS].join(' '),
      },
    ]
  })
}

function leftOf({syncLeftBytes}: NodeView['server']): string {
  return syncLeftBytes === null ? '' : `, ${syncLeftBytes} bytes left`
}
