/** `--cluster add-node` */
import {formatPlainAddress, type Address} from '../../model/address.js'
import type {NodeId} from '../../model/node-id.js'
import type {Finding} from '../../manager/check/finding.js'
import {isManagerError, type ManagerError} from '../../manager/error.js'
import type {ExecutionEvent} from '../../manager/execute/event.js'
import {observeFresh} from '../../manager/observe.js'
import {planAddNode, type AddNodeRequest} from '../../manager/plan/add-node.js'
import {leastReplicated} from '../../manager/plan/choose-primary.js'
import type {Plan} from '../../manager/plan/plan.js'
import type {FreshNode} from '../../manager/view/fresh-node.js'
import {apply, namesOf, printRefusals, settingsOf} from './carry-out.js'
import {isClean, printCheck} from './check-block.js'
import {loadCluster, type Cluster} from './cluster.js'
import {notEmptyLine} from './create.js'
import type {Dialogue, Verdict} from './dialogue.js'
import {printFailure} from './failures.js'
import {JoinLines} from './join-lines.js'
import {seedOf} from './seed.js'

/** `[OK]` is said when all nodes know the new one, and a replica is in sync; redis-cli says it after the first MEET. */
export async function addNode(dialogue: Dialogue): Promise<Verdict> {
  const {print, invocation} = dialogue
  const [newcomer, seed] = [seedOf(invocation.words[0]), seedOf(invocation.words[1])]
  print.info(`>>> Adding node ${formatPlainAddress(newcomer)} to cluster ${formatPlainAddress(seed)}`)
  const cluster = await loadCluster(dialogue, seed, {settle: true, toChange: true})
  if (!isClean(await printCheck(cluster, dialogue))) return 1
  const request = toRequest(cluster, dialogue)
  if (request === undefined) return 1
  const fresh = await askNewcomer(newcomer, dialogue)
  if (fresh === undefined) return 1
  const planned = planAddNode(cluster.topology, fresh, request)
  if (!planned.ok) return printRefusal(planned.refusals, fresh, dialogue)
  if (!(await join(cluster, fresh, planned.plan, dialogue))) return 1
  print.ok('[OK] New node added correctly.')
  return 0
}

/** `undefined` when there is no such primary, which was printed then. */
function toRequest(cluster: Cluster, dialogue: Dialogue): AddNodeRequest | undefined {
  const {print, invocation, words} = dialogue
  const settings = settingsOf(invocation.cluster)
  if (!invocation.cluster.replica) return {replica: false, settings}
  const wanted = invocation.cluster.primaryId
  const primaryId = wanted === undefined ? automaticPrimary(cluster, dialogue) : knownId(cluster, wanted)
  if (primaryId !== undefined) return {replica: true, primaryId, settings}
  print.error(`[ERR] No such ${words.primary} ID ${wanted ?? ''}`)
  return undefined
}

function knownId({nodes}: Cluster, wanted: string): NodeId | undefined {
  return nodes.find(({id}) => id === wanted.toLowerCase())?.id
}

/** The first with the fewest replicas, as in redis-cli, wherever the new node stands: scripts count on the order. */
function automaticPrimary({topology}: Cluster, {print, words}: Dialogue): NodeId | undefined {
  const primary = leastReplicated(topology.primaries, '')
  if (primary !== undefined) {
    print.line(`Automatically selected ${words.primary} ${formatPlainAddress(primary.address)}`)
  }
  return primary?.id
}

async function askNewcomer(address: Address, {pool, print, words}: Dialogue): Promise<FreshNode | undefined> {
  try {
    return await observeFresh(pool, address)
  } catch (error) {
    if (!isManagerError(error)) throw error
    printFailure(error, print, words)
    if (isNoConnection(error)) print.error(`[ERR] Sorry, can't connect to node ${formatPlainAddress(address)}`)
    return undefined
  }
}

function isNoConnection({code}: ManagerError): boolean {
  return code === 'unreachable' || code === 'tls-failed' || code === 'timed-out'
}

function printRefusal(refusals: readonly Finding[], fresh: FreshNode, dialogue: Dialogue): Verdict {
  const {print} = dialogue
  const codes = new Set(refusals.map(({code}) => code))
  if (codes.has('node-not-empty') || codes.has('already-member')) {
    print.error(notEmptyLine(fresh.view.address))
  } else if (codes.has('has-functions')) {
    printFunctions(formatPlainAddress(fresh.view.address), dialogue, false)
    const advice = 'can not be added to the cluster. Use FUNCTION FLUSH and try again.'
    print.error(`>>> New node already contains functions and ${advice}\r`)
  } else {
    printRefusals(refusals, dialogue)
  }
  return 1
}

async function join({topology}: Cluster, {view}: FreshNode, plan: Plan, dialogue: Dialogue): Promise<boolean> {
  const {print, words} = dialogue
  const name = formatPlainAddress(view.address)
  const nameOf = namesOf([...topology.nodes, view])
  const meet = (): void => print.info(`>>> Send CLUSTER MEET to node ${name} to make it join the cluster.`)
  const lines = new JoinLines(print, meet)
  const isReplica = plan.phases.some(({steps}) => steps.some(({kind}) => kind === 'replicate'))
  const emit = (event: ExecutionEvent): void => {
    const does = event.kind === 'step-started' ? event.does : undefined
    if (does?.kind === 'copy-functions') printFunctions(name, dialogue, true)
    if (does?.kind === 'replicate') {
      lines.end()
      print.info(`>>> Configure node as replica of ${nameOf(does.primary)}.`)
    }
    // A new primary is awaited in silence, since redis-cli does not wait for it at all.
    if (isReplica || does?.kind === 'meet') lines.event(event)
  }
  const explain = (error: ManagerError): void => {
    lines.end()
    printFailure(error, print, words)
  }
  return apply(dialogue, plan, {emit, explain})
}

function printFunctions(name: string, {print}: Dialogue, restore: boolean): void {
  print.info('>>> Getting functions from cluster')
  print.info(`>>> Send FUNCTION LIST to ${name} to verify there is no functions in it`)
  if (restore) print.info(`>>> Send FUNCTION RESTORE to ${name}`)
}
