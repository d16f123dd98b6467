/** `--cluster import` */
import {formatPlainAddress, type Address} from '../../model/address.js'
import type {NodeId} from '../../model/node-id.js'
import type {Finding} from '../../manager/check/finding.js'
import {ManagerError, replyOf, toManagerError} from '../../manager/error.js'
import type {Emit} from '../../manager/execute/event.js'
import {observeSource} from '../../manager/observe-source.js'
import {planImport} from '../../manager/plan/import.js'
import type {NodePool} from '../../manager/ports.js'
import type {SourceServer} from '../../manager/view/source-server.js'
import {parseHostPort} from './addresses.js'
import {Burst} from './burst.js'
import {apply, namesOf, printRefusals, settingsOf} from './carry-out.js'
import {isClean, printCheck} from './check-block.js'
import {loadCluster} from './cluster.js'
import type {Dialogue, Verdict} from './dialogue.js'
import {couldNotConnect, printFailure} from './failures.js'
import {seedOf} from './seed.js'

/** Database 0 of a server outside the cluster. */
const DATABASE = 0

export async function importKeys(dialogue: Dialogue): Promise<Verdict> {
  const {print, invocation} = dialogue
  const seed = seedOf(invocation.words[0])
  const from = readSource(invocation.cluster.from)
  print.info(`>>> Importing data from ${formatPlainAddress(from)} to cluster ${formatPlainAddress(seed)}`)
  const cluster = await loadCluster(dialogue, seed, {settle: true, toChange: true})
  if (!isClean(await printCheck(cluster, dialogue))) return 1
  const sourcePool = await openSource(dialogue)
  const source = await askSource(sourcePool, from, dialogue)
  const {copy: keep, replace} = invocation.cluster
  const request = {keep, replace, database: DATABASE, settings: settingsOf(invocation.cluster)}
  const planned = planImport(cluster.topology, source, request)
  if (!planned.ok) return printRefusal(planned.refusals, dialogue)
  if (planned.plan.phases.length === 0) {
    print.warning(`*** Importing 0 keys from DB ${DATABASE}`)
    return 0
  }
  const burst = new Burst(print)
  const done = await apply(dialogue, planned.plan, {
    source: sourcePool,
    emit: narrator(dialogue, burst, namesOf(cluster.topology.nodes)),
    explain: (error) => {
      burst.flush()
      printSourceFailure(error, source, dialogue)
    },
  })
  return done ? 0 : 1
}

function readSource(text: string | undefined): Address {
  if (text === undefined) {
    throw new ManagerError('usage', "[ERR] Option '--cluster-from' is required for subcommand 'import'.")
  }
  const parsed = parseHostPort(text)
  if (parsed !== undefined) return parsed
  const advice = 'You need to pass a valid address (ie. 120.0.0.1:7000).'
  throw new ManagerError('usage', `[ERR] Invalid --cluster-from host. ${advice}`)
}

/** Its login is its own; TLS is never used for it, as in redis-cli. */
async function openSource({invocation, questions, openPool}: Dialogue): Promise<NodePool> {
  const {fromUser, fromPass, fromAskpass} = invocation.cluster
  const password = fromAskpass ? await questions.secret('Please input import source node password') : fromPass
  const {connectTimeoutMs, family} = invocation.connection
  return openPool({user: fromUser, password, tls: false, insecure: false, connectTimeoutMs, family})
}

/** @throws ManagerError `usage` for what redis-cli says on standard error, in words that it uses only here */
async function askSource(pool: NodePool, from: Address, {words}: Dialogue): Promise<SourceServer> {
  try {
    return await observeSource(pool, from)
  } catch (thrown) {
    const error = toManagerError(thrown)
    const isRefused = error.code === 'login-failed' && !replyOf(error).startsWith('NOAUTH')
    if (isRefused) throw new ManagerError('usage', `AUTH failed: ${replyOf(error)}`, {cause: error})
    if (error.code === 'unreachable') {
      throw new ManagerError('usage', `${couldNotConnect(error, words)}.`, {cause: error})
    }
    throw error
  }
}

function printRefusal(refusals: readonly Finding[], dialogue: Dialogue): Verdict {
  const isCluster = refusals.some(({code}) => code === 'source-is-cluster-node' || code === 'source-in-cluster')
  if (isCluster) dialogue.print.error('[ERR] The source node should not be a cluster node.')
  else printRefusals(refusals, dialogue)
  return 1
}

function printSourceFailure(error: ManagerError, source: SourceServer, {print, words}: Dialogue): void {
  if (error.reply === undefined) return printFailure(error, print, words)
  if (error.code === 'key-exists') print.error(`*** ${error.message}`)
  print.error(`Source ${formatPlainAddress(source.address)} replied with error:\n${error.reply}`)
}

/** `Migrating KEY to H:P: OK` for each key. */
function narrator(dialogue: Dialogue, burst: Burst, nameOf: (id: NodeId) => string): Emit {
  const {print} = dialogue
  return (event) => {
    if (event.kind === 'key-copied') {
      return burst.add(`Migrating ${Buffer.from(event.key).toString()} to ${nameOf(event.target)}: OK\n`)
    }
    if (event.kind === 'keys-counted') print.warning(`*** Importing ${event.keys} keys from DB ${DATABASE}`)
    if (event.kind === 'noted') print.warning(`*** ${event.message}`)
  }
}
