/** Takes a node into a cluster, as a primary without slots or as a replica. */
import {sameAddress} from '../../model/address.js'
import type {NodeId} from '../../model/node-id.js'
import {finding, type Finding} from '../check/finding.js'
import {command} from '../check/naming.js'
import {compareVersions} from '../view/capability.js'
import type {FreshNode} from '../view/fresh-node.js'
import {findNode, findPrimary, type Topology, type TopologyNode} from '../view/topology.js'
import {agreement, idsOf, nodeRefusal, planFor, subjectOf, unknownNode} from './build.js'
import {leastReplicated} from './choose-primary.js'
import {healthRefusals} from './health.js'
import {joiningRefusals} from './joining.js'
import {refuse, type Phase, type Planned, type PlanSettings} from './plan.js'
import type {Step} from './step.js'

export interface AddNodeRequest {
  readonly replica: boolean
  /** Of which primary; chosen by leastReplicated() when absent. Only for a replica. */
  readonly primaryId?: NodeId
  readonly settings?: PlanSettings
}

/** Undone when it fails: the cluster forgets the node, and the node gets a new id and knows nobody. */
export function planAddNode(topology: Topology, fresh: FreshNode, request: AddNodeRequest): Planned {
  const refusals = [
    ...healthRefusals(topology),
    ...membershipRefusals(topology, fresh),
    ...serverRefusals(topology, fresh),
    ...roleRefusals(topology, fresh, request),
  ]
  if (refusals.length > 0) return refuse(...refusals)
  const {id} = fresh.view
  const members = idsOf(topology)
  const copies = request.replica ? [] : functionCopies(topology, fresh)
  const everyone = [...members, id]
  return planFor(topology, {
    operation: 'add-node',
    settings: request.settings,
    newcomers: [fresh],
    phases: [
      {title: 'copy the functions', steps: copies},
      {title: 'introduce the node', steps: [{kind: 'meet', node: id, peers: members}]},
      agreement(everyone, {push: true}),
      ...(request.replica ? attachment(topology, fresh, request, everyone) : []),
    ],
    undo: [
      {title: 'forget the node', steps: members.map((by): Step => ({kind: 'forget', node: id, by}))},
      {title: 'reset the node', steps: [{kind: 'reset', node: id, mode: 'hard'}]},
      // A reset leaves functions where they are, and a node that has some is refused the next time.
      ...(copies.length > 0
        ? [{title: 'take the functions back', steps: [{kind: 'flush-functions', node: id} as const]}]
        : []),
      // Introductions that were under way when it was reset would draw it in again, under its new id.
      {title: 'part them for good', steps: apart(members, id)},
    ],
  })
}

/** The members forget the newcomer, whatever its id is now; then it forgets them. */
function apart(members: readonly NodeId[], newcomer: NodeId): Step[] {
  return [
    {kind: 'wait-forgotten', node: newcomer, nodes: members, atItsAddress: true},
    ...members.map((node): Step => ({kind: 'wait-forgotten', node, nodes: [newcomer]})),
  ]
}

/** The primary that the node will follow; `undefined` when it is to be a primary, or when there is none to follow. */
export function primaryFor(
  topology: Topology,
  fresh: FreshNode,
  {replica, primaryId}: AddNodeRequest,
): NodeId | undefined {
  if (!replica) return undefined
  return primaryId ?? leastReplicated(topology.primaries, fresh.view.address.host)?.id
}

function attachment(
  topology: Topology,
  fresh: FreshNode,
  request: AddNodeRequest,
  everyone: readonly NodeId[],
): Phase[] {
  const primary = primaryFor(topology, fresh, request)!
  const step: Step = {kind: 'replicate', replica: fresh.view.id, primary}
  return [{title: 'attach the replica', steps: [step]}, agreement(everyone, {push: true, replicas: [fresh.view.id]})]
}

/** Functions belong to every primary: what calls one works on any key. Replicas get them from their primary. */
function functionCopies(topology: Topology, {view}: FreshNode): Step[] {
  const able = (node: TopologyNode): boolean => node.role === 'primary' && node.capabilities.has('functions')
  const from = topology.nodes.find(able)
  if (from === undefined || !view.server.capabilities.has('functions')) return []
  return [{kind: 'copy-functions', from: from.id, to: view.id}]
}

function membershipRefusals(topology: Topology, fresh: FreshNode): Finding[] {
  const {id, address} = fresh.view
  const members = [...topology.nodes, ...topology.absent]
  const known = members.find((node) => node.id === id || sameAddress(node.address, address))
  if (known === undefined) return joiningRefusals(fresh)
  const message =
    known.id === id ? 'is already a node of this cluster' : `has the address of the node ${known.id} of this cluster`
  const remedy = known.id === id ? command(topology, 'info') : command(topology, 'del-node', known.id)
  return [nodeRefusal('already-member', {id, address}, message, {remedy})]
}

/**
 * Both families speak one cluster bus, but neither reads what the other's newer versions write. What Valkey's manual describes
 * is a move from Redis up to 7.2 by way of Valkey replicas.
 */
function serverRefusals(topology: Topology, {view}: FreshNode): Finding[] {
  const {product, version} = view.server
  const strangers = topology.nodes.filter((node) => {
    return node.product !== product && !(product === 'valkey' && compareVersions(node.version, '7.3') < 0)
  })
  const [stranger] = strangers
  if (stranger === undefined) return []
  const message = `runs ${product} ${version}, but this cluster has nodes with ${stranger.product} ${stranger.version}`
  const remedy = `use a node that runs ${stranger.product}`
  return [nodeRefusal('mixed-products', {id: view.id, address: view.address}, message, {remedy})]
}

function roleRefusals(topology: Topology, fresh: FreshNode, {replica, primaryId}: AddNodeRequest): Finding[] {
  const {id, address} = fresh.view
  if (!replica) {
    if (!fresh.hasFunctions) return []
    const message = 'already has functions, and the cluster has its own'
    const remedy = `redis-cli -h ${address.host} -p ${address.port} FUNCTION FLUSH`
    return [nodeRefusal('has-functions', {id, address}, message, {remedy})]
  }
  if (primaryId === undefined) {
    if (topology.primaries.length > 0) return []
    return [finding('no-primary', 'error', 'no primary answers', {remedy: command(topology, 'check')})]
  }
  if (findPrimary(topology, primaryId) !== undefined) return []
  if (findNode(topology, primaryId) === undefined) return [unknownNode(topology, primaryId)]
  const message = 'is a replica: a replica follows a primary only'
  return [nodeRefusal('not-a-primary', subjectOf(topology, primaryId), message, {remedy: command(topology, 'info')})]
}
