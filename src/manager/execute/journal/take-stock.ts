/** Looks at the cluster of an unfinished operation: all that says how much of its plan is true already. */
import type {Address} from '../../../model/address.js'
import {parseAddress} from '../../../model/address.js'
import type {NodeId} from '../../../model/node-id.js'
import {ManagerError} from '../../error.js'
import {countKeys, observe, readNode} from '../../observe.js'
import {doubtfulSlots} from '../../check/doubtful-slots.js'
import {isMove} from '../../plan/lanes.js'
import type {Plan} from '../../plan/plan.js'
import {NODE_TIMEOUT} from '../../plan/resume/owed.js'
import {slotsAtWork} from '../../plan/resume/settle.js'
import {settingKey, type Truth} from '../../plan/resume/truth.js'
import type {NodeClient, NodePool} from '../../ports.js'
import type {ClusterView} from '../../view/cluster-view.js'
import type {NodeView} from '../../view/node-view.js'
import {toTopology} from '../../view/topology.js'
import {finishedSteps} from './standing.js'
import type {Journal} from './lines.js'

/** The part of a truth that says where everybody is. */
export interface Sighting {
  /** The cluster by itself; nodes of a `create` are one as soon as they know each other. */
  readonly cluster: ClusterView
  /** With the nodes of the plan that are not part of it. */
  readonly view: ClusterView
  readonly replaced: ReadonlySet<NodeId>
}

/**
 * @throws ManagerError when no node by which the plan enters the cluster answers, or, where it makes one, a node of it does not
 */
export async function sight(pool: NodePool, plan: Plan): Promise<Sighting> {
  const entries = plan.entries.flatMap((text) => parseAddress(text) ?? [])
  return entries.length === 0 ? sightNewcomers(pool, plan) : sightCluster(pool, plan, entries)
}

async function sightCluster(pool: NodePool, plan: Plan, entries: readonly Address[]): Promise<Sighting> {
  const cluster = await observe(pool, entries)
  const answering = new Set(cluster.nodes.map(({id}) => id))
  const remembered = new Set(cluster.silent.map(({line}) => line.id))
  // A newcomer that was reset may be remembered by a member that was away meanwhile: another node has its address by now.
  const strangers = plan.nodes.filter(
    ({id}) => !answering.has(id) && (!remembered.has(id) || plan.newcomers.includes(id)),
  )
  const found = await Promise.all(strangers.map(({address}) => readIfThere(pool, address)))
  const alone = found.flatMap((view, index) => (view !== undefined && view.id === strangers[index]!.id ? [view] : []))
  const replaced = strangers.filter(({id}, index) => found[index] !== undefined && found[index].id !== id)
  const view = {...cluster, nodes: [...cluster.nodes, ...alone]}
  return {cluster, view, replaced: new Set(replaced.map(({id}) => id))}
}

async function sightNewcomers(pool: NodePool, plan: Plan): Promise<Sighting> {
  const nodes = await Promise.all(plan.nodes.map(async ({address}) => readNode(await connect(pool, address))))
  const ids = new Set(plan.nodes.map(({id}) => id))
  const ours = nodes.filter(({id}) => ids.has(id))
  const replaced = plan.nodes.filter((_, index) => nodes[index]!.id !== plan.nodes[index]!.id)
  const entry = nodes[0]!.address
  const view: ClusterView = {entry, nodes: ours, silent: [], keysInSlot: new Map()}
  return {cluster: view, view, replaced: new Set(replaced.map(({id}) => id))}
}

/** With the keys of the slots in question counted, and the settings that may be owed. */
export async function takeStock(pool: NodePool, journal: Journal, {view, replaced}: Sighting): Promise<Truth> {
  const {plan, shards} = journal
  const slots = doubtfulSlots(view).union(slotsAtWork(plan))
  const [keysInSlot, settings] = await Promise.all([countKeys(pool, view, slots), readSettings(pool, plan, view)])
  const finished = finishedSteps(journal)
  const counted = {...view, keysInSlot}
  return {
    view: counted,
    topology: toTopology(counted),
    replaced,
    shards,
    settings,
    finished: (step) => finished.has(JSON.stringify(step)),
  }
}

async function readSettings(pool: NodePool, plan: Plan, {nodes}: ClusterView): Promise<ReadonlyMap<string, string>> {
  const wanted = new Map<NodeId, Set<string>>()
  const want = (node: NodeId, parameter: string): void => {
    wanted.set(node, (wanted.get(node) ?? new Set()).add(parameter))
  }
  for (const {steps} of plan.lastly ?? []) {
    for (const step of steps) if (step.kind === 'set-config') want(step.node, step.parameter)
  }
  const moves = plan.phases.some(({steps}) => steps.some((step) => isMove(step) || step.kind === 'collect-keys'))
  if (moves) for (const {id} of nodes) want(id, NODE_TIMEOUT)
  const settings = new Map<string, string>()
  await Promise.all(
    nodes.map(async (node) => {
      for (const parameter of wanted.get(node.id) ?? []) {
        const value = await settingOf(pool, node, parameter)
        if (value !== undefined) settings.set(settingKey(node.id, parameter), value)
      }
    }),
  )
  return settings
}

/** `undefined` where the node does not tell. */
async function settingOf(pool: NodePool, {address}: NodeView, parameter: string): Promise<string | undefined> {
  const [reply] = await (await pool.connect(address)).pipeline([['CONFIG', 'GET', parameter]])
  return Array.isArray(reply) && reply.length > 1 ? String(reply[1]) : undefined
}

async function readIfThere(pool: NodePool, address: string): Promise<NodeView | undefined> {
  try {
    return await readNode(await connect(pool, address))
  } catch {
    return undefined
  }
}

function connect(pool: NodePool, text: string): Promise<NodeClient> {
  const address = parseAddress(text)
  if (address === undefined) throw new ManagerError('usage', `the plan names no address but "${text}"`)
  return pool.connect(address)
}
