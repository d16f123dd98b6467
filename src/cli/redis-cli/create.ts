/** `--cluster create` */
import {formatPlainAddress, type Address} from '../../model/address.js'
import type {NodeId} from '../../model/node-id.js'
import {SlotSet} from '../../model/slot-set.js'
import type {Finding} from '../../manager/check/finding.js'
import {ManagerError} from '../../manager/error.js'
import {observeFresh} from '../../manager/observe.js'
import {primaryCount, type Allocation, type Candidate} from '../../manager/plan/allocation.js'
import {allocateNodes, MIN_PRIMARIES, planCreate} from '../../manager/plan/create.js'
import type {Plan} from '../../manager/plan/plan.js'
import type {FreshNode} from '../../manager/view/fresh-node.js'
import {parseHostPort} from './addresses.js'
import {apply, printRefusals, refusedNode, settingsOf} from './carry-out.js'
import {isClean, printCheck} from './check-block.js'
import {loadCluster} from './cluster.js'
import type {Dialogue, Verdict} from './dialogue.js'
import {printFailure} from './failures.js'
import {JoinLines} from './join-lines.js'
import {nodeRow} from './rows.js'

/** Declined is 0, as in redis-cli; a cluster that is not clean in the end is 1. */
export async function create(dialogue: Dialogue): Promise<Verdict> {
  const {print, questions, invocation, words} = dialogue
  const addresses = invocation.words.map(readAddress)
  const nodes = await askAll(addresses, dialogue)
  const {replicas} = invocation.cluster
  const allowFewPrimaries = words.flavour === 'valkey'
  const planned = planCreate(nodes, {replicas, allowFewPrimaries, settings: settingsOf(invocation.cluster)})
  if (!planned.ok) return printRefusal(planned.refusals, dialogue)
  if (!(await agreesToFewPrimaries(nodes.length, dialogue))) return 1
  const allocation = allocateNodes(nodes, replicas)
  printAllocation(allocation, nodes.length, dialogue)
  for (const line of allocatedRows(nodes, allocation)) print.line(line)
  if (!(await questions.confirm('Can I set the above configuration?'))) return 0
  return form(planned.plan, addresses[0]!, dialogue)
}

function readAddress(word: string): Address {
  const parsed = parseHostPort(word)
  if (parsed !== undefined) return parsed
  throw new ManagerError('usage', `Invalid address format: ${word}`)
}

/** @throws ManagerError of the first node, in the order given, that is none to make a cluster of */
async function askAll(addresses: readonly Address[], {pool}: Dialogue): Promise<FreshNode[]> {
  const asked = await Promise.allSettled(addresses.map((address) => observeFresh(pool, address)))
  return asked.map((answer) => {
    if (answer.status === 'rejected') throw answer.reason
    return answer.value
  })
}

function printRefusal(refusals: readonly Finding[], dialogue: Dialogue): Verdict {
  const {print, invocation, words} = dialogue
  const notEmpty = refusedNode(refusals, 'node-not-empty')
  if (notEmpty !== undefined) {
    print.error(notEmptyLine(notEmpty))
  } else if (refusals.some(({code}) => code === 'too-few-primaries')) {
    const {replicas} = invocation.cluster
    print.error('*** ERROR: Invalid configuration for cluster creation.')
    print.error(`*** ${words.product} Cluster requires at least ${MIN_PRIMARIES} ${words.primary} nodes.`)
    print.error(
      `*** This is not possible with ${invocation.words.length} nodes and ${replicas} replicas per node.` +
        `\n*** At least ${MIN_PRIMARIES * (replicas + 1)} nodes are required.`,
    )
  } else {
    printRefusals(refusals, dialogue)
  }
  return 1
}

/** Also said by add-node. */
export function notEmptyLine(address: Address): string {
  const why = 'Either the node already knows other nodes (check with CLUSTER NODES) or contains some key in database 0.'
  return `[ERR] Node ${formatPlainAddress(address)} is not empty. ${why}`
}

/** Only valkey-cli makes clusters with less than three primaries; it asks first. */
async function agreesToFewPrimaries(nodes: number, {print, questions, invocation}: Dialogue): Promise<boolean> {
  const {replicas} = invocation.cluster
  const primaries = primaryCount(nodes, replicas)
  if (primaries >= MIN_PRIMARIES) return true
  print.info(`Requested to create a cluster with ${primaries} primaries and ${replicas} replicas per primary.`)
  return questions.confirm('Valkey cluster requires at least 3 primary nodes for automatic failover. Are you sure?')
}

function printAllocation(allocation: Allocation<Candidate>, nodes: number, {print, words}: Dialogue): void {
  const {primaries, initial, final} = allocation
  print.info(`>>> Performing hash slots allocation on ${nodes} ${words.nodes}...`)
  for (const [index, {slots}] of primaries.entries()) {
    print.line(`${words.primaryTitle}[${index}] -> Slots ${slots[0]} - ${slots[1]}`)
  }
  const firstExtra = initial.pairings.findIndex(({extra}) => extra)
  for (const [index, {replica, primary}] of initial.pairings.entries()) {
    if (index === firstExtra) print.line('Adding extra replicas...')
    print.line(`Adding replica ${formatPlainAddress(replica.address)} to ${formatPlainAddress(primary.address)}`)
  }
  if (initial.quality === 'perfect') return
  print.info(`>>> Trying to optimize ${words.replicas} allocation for anti-affinity`)
  if (final.quality === 'perfect') {
    print.ok('[OK] Perfect anti-affinity obtained!')
  } else if (final.quality === 'replica-with-primary') {
    print.warning(`[WARNING] Some ${words.replicas} are in the same host as their ${words.primary}`)
  } else {
    print.warning(`[WARNING] Some ${words.replicas} of the same ${words.primary} are in the same host`)
  }
}

/** In the order of the command line. */
function allocatedRows(nodes: readonly FreshNode[], {primaries, final}: Allocation<Candidate>): string[] {
  const slotsOf = new Map<NodeId, SlotSet>(primaries.map(({node, slots}) => [node.id, SlotSet.fromRanges([slots])]))
  const primaryOf = new Map(final.pairings.map(({replica, primary}) => [replica.id, primary.id]))
  return nodes.flatMap(({view}) => {
    const primary = primaryOf.get(view.id)
    if (primary !== undefined) {
      return [`S: ${view.id} ${formatPlainAddress(view.address)}`, `   replicates ${primary}`]
    }
    return nodeRow({...view, line: {...view.line, slots: slotsOf.get(view.id) ?? SlotSet.EMPTY}}, 0)
  })
}

async function form(plan: Plan, entry: Address, dialogue: Dialogue): Promise<Verdict> {
  const {print, words} = dialogue
  const lines = new JoinLines(print, () => {
    print.info('>>> Nodes configuration updated')
    print.info('>>> Assign a different config epoch to each node')
    print.info('>>> Sending CLUSTER MEET messages to join the cluster')
  })
  const done = await apply(dialogue, plan, {
    emit: (event) => lines.event(event),
    explain: (error) => {
      lines.end()
      printFailure(error, print, words)
    },
  })
  lines.end()
  if (!done) return 1
  return isClean(await printCheck(await loadCluster(dialogue, entry, {settle: true}), dialogue)) ? 0 : 1
}
