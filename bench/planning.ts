/** What thinking about a cluster of 1,000 nodes costs: CPU time and memory of reading, checking and planning, without a network. */
import {setFlagsFromString} from 'node:v8'
import {runInNewContext} from 'node:vm'
import {nodeReports, renderNodes} from '../src/cli/render/cluster-report.js'
import {renderPlan} from '../src/cli/render/plan-table.js'
import {themeFor} from '../src/cli/render/theme.js'
import type {Output} from '../src/cli/world.js'
import {check} from '../src/manager/check/check.js'
import {readNode} from '../src/manager/observe.js'
import {consequences} from '../src/manager/plan/consequences.js'
import {planCreate} from '../src/manager/plan/create.js'
import {planDelNode} from '../src/manager/plan/del-node.js'
import {planFix} from '../src/manager/plan/fix.js'
import {DEFAULT_SETTINGS, type Plan, type Planned} from '../src/manager/plan/plan.js'
import {planToJson} from '../src/manager/plan/plan-json.js'
import {predictPhases} from '../src/manager/plan/predict.js'
import {planRebalance} from '../src/manager/plan/rebalance.js'
import {planReshard} from '../src/manager/plan/reshard.js'
import type {NodeClient} from '../src/manager/ports.js'
import {assignmentsAgree} from '../src/manager/view/assignment.js'
import type {ClusterView} from '../src/manager/view/cluster-view.js'
import type {FreshNode} from '../src/manager/view/fresh-node.js'
import type {NodeView} from '../src/manager/view/node-view.js'
import {toTopology, type Topology} from '../src/manager/view/topology.js'
import {AccountReader} from '../src/model/account-reader.js'
import {address} from '../src/model/address.js'
import {SlotSet} from '../src/model/slot-set.js'
import {largeCluster, type LargeCluster} from './generated-accounts.js'

const NODES = 1000
/** Accounts that are held as texts at a time. */
const BATCH = 50
const SLOTS_TO_MOVE = 4096
/** Every so many-th primary gets a double share. */
const HEAVY = 10
const CLUSTER_INFO = 'cluster_state:ok\r\ncluster_current_epoch:500\r\n'
const SCREEN: Output = {write: () => undefined, isTerminal: false, columns: 120}

interface Row {
  readonly what: string
  readonly cpuMs: number
  /** Held when it is done, garbage collected. */
  readonly heldMb: number
}

/** Prints a table. */
export async function planning(): Promise<void> {
  const rows: Row[] = []
  const cluster = largeCluster(NODES)
  const view = await readAll(cluster, rows)
  const topology = measure(rows, 'agreed picture', () => toTopology(view))
  measure(rows, 'check', () => check(view))
  measure(rows, 'agreement, as before any change', () => assignmentsAgree([...view.nodes]))
  const theme = themeFor(SCREEN, {}, false)
  const reports = nodeReports(view, topology)
  await measureLater(rows, 'table of the nodes', () => renderNodes(reports, SCREEN, theme))
  for (const [what, plan] of planners(view, topology)) {
    const planned = measure(rows, `plan: ${what}`, () => accepted(plan()))
    measure(rows, 'the same on paper, its consequences, as JSON', () => {
      predictPhases(topology, planned.phases)
      consequences(topology, planned)
      planToJson(planned)
    })
    await measureLater(rows, 'the same as a table', () =>
      renderPlan(planned, SCREEN, theme, {explain: false, complete: false}),
    )
  }
  print(rows)
}

function planners(view: ClusterView, topology: Topology): [string, () => Planned][] {
  const {primaries} = topology
  const [first, second] = [primaries[0]!.id, primaries[1]!.id]
  const even = {weights: new Map<string, number>(), useEmptyPrimaries: false}
  const heavy = new Map(primaries.filter((_, index) => index % HEAVY === 0).map(({id}) => [id, 2]))
  const fix = {
    acceptDataLoss: false,
    withUnreachablePrimaries: false,
    searchMultipleOwners: false,
    settings: DEFAULT_SETTINGS,
  }
  return [
    [`reshard ${SLOTS_TO_MOVE} slots`, () => planReshard(topology, {slots: SLOTS_TO_MOVE, to: first, from: 'all'})],
    ['rebalance by weight', () => planRebalance(topology, {...even, weights: heavy})],
    ['rebalance --defragment 1000', () => planRebalance(topology, {...even, defragment: 1000})],
    ['rebalance --defragment all', () => planRebalance(topology, {...even, defragment: Infinity})],
    ['del-node --drain', () => planDelNode(topology, second, {drain: true})],
    ['fix', () => planFix(view, fix).planned],
    ['create', () => planCreate(view.nodes.map(asFresh), {replicas: 1})],
  ]
}

/** Some accounts at a time are made, read and let go; what making them costs is not counted. */
async function readAll(cluster: LargeCluster, rows: Row[]): Promise<ClusterView> {
  const reader = new AccountReader()
  const nodes: NodeView[] = []
  let cpuMs = 0
  for (let first = 0; first < cluster.nodes; first += BATCH) {
    const clients = Array.from({length: BATCH}, (_, index) => clientOf(cluster, first + index))
    collectGarbage()
    const startedMs = cpuTimeMs()
    for (const client of clients) nodes.push(await readNode(client, reader))
    cpuMs += cpuTimeMs() - startedMs
  }
  const lines = cluster.nodes * cluster.nodes
  const what = `read ${cluster.nodes} accounts, ${lines} lines, ${reader.parsed} of them new`
  rows.push({what, cpuMs, heldMb: heldMb()})
  return {entry: nodes[0]!.address, nodes, silent: [], keysInSlot: new Map()}
}

function clientOf(cluster: LargeCluster, node: number): NodeClient {
  const {host, port} = cluster.address(node)
  const replies = [cluster.info(node), cluster.account(node), CLUSTER_INFO]
  return {
    address: address(host, port),
    call: () => Promise.reject(new Error('only pipelines are answered')),
    pipeline: () => Promise.resolve(replies),
  }
}

/** The node before it joined. */
function asFresh(view: NodeView): FreshNode {
  const line = {
    ...view.line,
    slots: SlotSet.EMPTY,
    configEpoch: 0,
    primaryId: null,
    flags: new Set(['primary'] as const),
  }
  const server = {...view.server, keysByDatabase: new Map<number, number>()}
  return {
    view: {...view, line, peers: [], server},
    nodeTimeoutMs: 15_000,
    syncDelayS: 5,
    busPort: 'open',
    hasFunctions: false,
  }
}

function accepted(planned: Planned): Plan {
  if (planned.ok) return planned.plan
  throw new Error(`refused: ${planned.refusals.map(({message}) => message).join('; ')}`)
}

function measure<T>(rows: Row[], what: string, work: () => T): T {
  const startedMs = cpuTimeMs()
  const result = work()
  rows.push({what, cpuMs: cpuTimeMs() - startedMs, heldMb: heldMb()})
  return result
}

async function measureLater(rows: Row[], what: string, work: () => Promise<unknown>): Promise<void> {
  const startedMs = cpuTimeMs()
  await work()
  rows.push({what, cpuMs: cpuTimeMs() - startedMs, heldMb: heldMb()})
}

/** Of the whole process, the threads that collect garbage and compile included. */
function cpuTimeMs(): number {
  const {user, system} = process.cpuUsage()
  return (user + system) / 1000
}

function heldMb(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed / 1e6
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
}

function print(rows: readonly Row[]): void {
  console.log(`\n${NODES} nodes with scattered slots, Node ${process.versions.node}\n`)
  console.log('| what | CPU, ms | held, MB |')
  console.log('|---|---:|---:|')
  for (const {what, cpuMs, heldMb: held} of rows) console.log(`| ${what} | ${cpuMs.toFixed(0)} | ${held.toFixed(0)} |`)
}
