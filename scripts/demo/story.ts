/** What `npm run demo` tells: six empty nodes become a cluster, and slots move while an application writes. */
import {differences, digest, fillKeys, keyTypesOf} from '../../test/support/test-data.js'
import {expiryTimes, shiftedExpiries} from './expiry.js'
import {Stage} from './stage.js'
import {WritingClient} from './writing-client.js'

const KEYS = 12_000
const SLOTS = 1000
/** The application writes for a while before and after, so that the move falls into its everyday work. */
const CALM_MS = 1_000

/**
 * About half a minute. Ctrl-C and failures clean up, too.
 * @param root the project's folder, where the program was built
 * @param real on real servers, not on the bundled engine
 * @throws Error that says what was not as promised
 */
export async function tellStory(root: string, real = false): Promise<void> {
  const stage = await Stage.open(root, 6, real)
  try {
    await act(stage)
  } finally {
    await stage.close()
  }
}

async function act(stage: Stage): Promise<void> {
  const {addresses} = stage
  const [entry, second] = addresses as [string, string]
  stage.chapter('Six empty nodes become a cluster: three primaries, each with a replica.')
  await stage.tscluster('create', ...addresses, '--replicas', '1', '--yes')

  const types = await keyTypesOf(stage.nodes[0]!)
  stage.chapter(`An application stores ${amount(KEYS)} keys: ${types.join(', ')}; every tenth expires.`)
  const keys = await fillKeys(stage.nodes, KEYS)
  const before = await digest(stage.nodes)
  const expiring = await expiryTimes(stage.nodes, keys)
  await stage.tscluster('info', entry)

  stage.chapter(`What would it take to move ${amount(SLOTS)} slots to ${second}? Nothing is changed by asking.`)
  const reshard = ['reshard', entry, '--from', entry, '--to', second, '--slots', String(SLOTS)]
  await stage.tscluster(...reshard, '--dry-run')

  stage.chapter('It is done while the application goes on writing.')
  const client = await WritingClient.start(stage.nodes)
  await stage.pause(CALM_MS)
  await stage.tscluster(...reshard, '--yes')
  await stage.pause(CALM_MS)

  stage.chapter('And back to equal shares, with the application still writing.')
  await stage.tscluster('rebalance', entry, '--yes')
  const account = await client.stop()
  stage.tell(
    `\nThe application: ${amount(account.acknowledged)} writes acknowledged, ${amount(account.refused)} refused, ` +
      `${amount(account.lost)} lost; the slowest took ${account.slowestMs} ms.`,
  )

  stage.chapter('Is the cluster healthy, and is every key what it was?')
  await stage.tscluster('check', entry)
  const after = await digest(stage.nodes)
  const changed = differences(before, withoutKeysOf(client, after))
  const shifted = shiftedExpiries(expiring, await expiryTimes(stage.nodes, keys))
  stage.tell(
    changed.length + shifted.length === 0
      ? `\nAll ${amount(KEYS)} keys are what they were: type, value and time to live (${amount(expiring.size)} expire).`
      : ['', ...changed, ...shifted].join('\n'),
  )
  if (changed.length + shifted.length > 0) throw new Error('keys are not what they were')
  if (account.refused + account.lost > 0) throw new Error('the application lost writes')
}

/** The application's own keys came later: they were compared by the application. */
function withoutKeysOf(client: WritingClient, all: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...all].filter(([key]) => !client.owns(key)))
}

function amount(value: number): string {
  return value.toLocaleString('en-US')
}
