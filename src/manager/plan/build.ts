/** How planners put a plan together, and in which words they refuse. */
import {formatAddress, type Address} from '../../model/address.js'
import type {NodeId} from '../../model/node-id.js'
import {finding, type Finding} from '../check/finding.js'
import {command} from '../check/naming.js'
import {joiningFingerprint, type FreshNode} from '../view/fresh-node.js'
import {findNode, type Topology} from '../view/topology.js'
import {accept, DEFAULT_SETTINGS, NO_RISK, type Phase, type Plan, type Planned, type PlanNode} from './plan.js'
import type {Step} from './step.js'
import {nodesOfStep} from './step-nodes.js'

export interface PlanParts {
  readonly operation: string
  readonly phases: readonly Phase[]
  readonly settings?: Plan['settings'] | undefined
  readonly risk?: Plan['risk'] | undefined
  readonly newcomers?: readonly FreshNode[]
  /** Nodes of the cluster by which it must not be entered, because the plan takes them out of it. */
  readonly leaving?: readonly NodeId[]
  readonly undo?: readonly Phase[]
  readonly lastly?: readonly Phase[]
}

/** A plan for a cluster that exists. Phases without steps are left out, so "nothing to do" is a plan without phases. */
export function planFor(topology: Topology, parts: PlanParts): Planned {
  const {newcomers = [], leaving = []} = parts
  const basedOn = newcomers.length === 0 ? topology.fingerprint : joiningFingerprint(topology, newcomers)
  const entries = topology.nodes.filter((node) => !leaving.includes(node.id)).map((node) => formatAddress(node.address))
  const members = [...topology.nodes, ...topology.absent, ...newcomers.map((node) => node.view)]
  return accept(assemblePlan(parts, {entries, basedOn, members}))
}

/** A plan that makes a cluster out of nodes that stand alone: there is none yet to enter. */
export function planForNewcomers(newcomers: readonly FreshNode[], basedOn: string, parts: PlanParts): Planned {
  const members = newcomers.map((node) => node.view)
  return accept(assemblePlan({...parts, newcomers}, {entries: [], basedOn, members}))
}

/** An error that names one node of the cluster, or one that does not belong to it. */
export function nodeRefusal(
  code: string,
  node: Finding['node'],
  message: string,
  details: Partial<Pick<Finding, 'slots' | 'remedy'>> = {},
): Finding {
  return finding(code, 'error', message, {...details, node})
}

/** What `Finding.node` wants to know of a node, dead ones included; `null` when the cluster has no such node. */
export function subjectOf(topology: Topology, id: NodeId): Finding['node'] {
  const node = findNode(topology, id) ?? topology.absent.find((absent) => absent.id === id)
  return node === undefined ? null : {id: node.id, address: node.address}
}

export function unknownNode(topology: Topology, id: NodeId): Finding {
  const message = `no node of this cluster has the id ${id}`
  return finding('unknown-node', 'error', message, {remedy: command(topology, 'info')})
}

/** Of all nodes that answer. */
export function idsOf(topology: Topology): NodeId[] {
  return topology.nodes.map((node) => node.id)
}

/** The last phase of most plans: every node that answers tells the same story, and `replicas` are in sync. */
export function agreement(
  nodes: readonly NodeId[],
  {push, replicas = []}: {readonly push: boolean; readonly replicas?: readonly NodeId[]},
): Phase {
  const syncs = replicas.map((replica): Step => ({kind: 'wait-sync', replica}))
  return {title: 'wait until all agree', steps: [{kind: 'wait-agreement', nodes, push}, ...syncs]}
}

interface Surroundings {
  readonly entries: readonly string[]
  readonly basedOn: string
  readonly members: readonly {readonly id: NodeId; readonly address: Address}[]
}

function assemblePlan(parts: PlanParts, {entries, basedOn, members}: Surroundings): Plan {
  const {operation, settings = DEFAULT_SETTINGS, risk = NO_RISK, newcomers = [], undo, lastly} = parts
  const phases = parts.phases.filter((phase) => phase.steps.length > 0)
  return {
    version: 1,
    operation,
    entries,
    newcomers: newcomers.map((node) => node.view.id),
    nodes: namedNodes([...phases, ...(undo ?? []), ...(lastly ?? [])], members),
    basedOn,
    settings,
    risk,
    phases,
    ...(undo === undefined ? {} : {undo}),
    ...(lastly === undefined ? {} : {lastly}),
  }
}

/** In the order of `members`. */
function namedNodes(phases: readonly Phase[], members: Surroundings['members']): PlanNode[] {
  const named = new Set(phases.flatMap((phase) => phase.steps.flatMap(nodesOfStep)))
  return members.filter(({id}) => named.has(id)).map(({id, address}) => ({id, address: formatAddress(address)}))
}
