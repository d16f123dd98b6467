/** Makes a cluster out of empty nodes. */
import {formatAddress} from '../../model/address.js'
import type {NodeId} from '../../model/node-id.js'
import {SlotSet} from '../../model/slot-set.js'
import {SLOT_COUNT} from '../../model/slot.js'
import {finding, type Finding} from '../check/finding.js'
import {counted, groupBy} from '../check/naming.js'
import {freshFingerprint, type FreshNode} from '../view/fresh-node.js'
import {allocate, primaryCount, type Allocation, type Candidate} from './allocation.js'
import {agreement, nodeRefusal, planForNewcomers} from './build.js'
import {joiningRefusals} from './joining.js'
import {refuse, type Phase, type Planned, type PlanSettings} from './plan.js'
import type {Step} from './step.js'

/** What Redis itself asks for: with fewer, the loss of one leaves no majority to promote its replica. */
export const MIN_PRIMARIES = 3

/**
 * Settings that make an empty cluster wait for nothing, for as long as the plan runs. A primary stays in state fail for
 * min(max(cluster-node-timeout, 500), 5000) ms after it last saw itself in a minority: the new cluster would refuse writes for
 * up to 5 s. And it begins to send its data (nothing) only repl-diskless-sync-delay seconds after a replica asked for it.
 */
const HASTY: readonly {parameter: string; most: number; own: (node: FreshNode) => number | null}[] = [
  {parameter: 'cluster-node-timeout', most: 500, own: ({nodeTimeoutMs}) => nodeTimeoutMs},
  {parameter: 'repl-diskless-sync-delay', most: 0, own: ({syncDelayS}) => syncDelayS},
]

export interface CreateRequest {
  /** Per primary. */
  readonly replicas: number
  /** One or two primaries will do. */
  readonly allowFewPrimaries?: boolean
  readonly settings?: PlanSettings
}

/**
 * As redis-cli decides it, in the order of `nodes` (see allocation.ts), but everything that can be known to go wrong is
 * refused before a node hears of it, and when something does go wrong the nodes are reset.
 */
export function planCreate(nodes: readonly FreshNode[], request: CreateRequest): Planned {
  const refusals = [
    ...requestRefusals(nodes.length, request),
    ...duplicateRefusals(nodes),
    ...nodes.flatMap(joiningRefusals),
  ]
  if (refusals.length > 0) return refuse(...refusals)
  const allocation = allocateNodes(nodes, request.replicas)
  const ids = nodes.map((node) => node.view.id)
  return planForNewcomers(nodes, freshFingerprint(nodes), {
    operation: 'create',
    settings: request.settings,
    phases: [
      {title: 'give out slots and epochs', steps: [...hasten(nodes), ...epochs(nodes), ...slots(allocation)]},
      {title: 'introduce the nodes', steps: introductions(ids)},
      {title: 'attach replicas', steps: attachments(allocation)},
      agreement(ids, {push: true, replicas: allocation.final.pairings.map(({replica}) => replica.id)}),
    ],
    undo: [
      {title: 'reset the nodes', steps: ids.map((node): Step => ({kind: 'reset', node, mode: 'hard'}))},
      // Introductions that were under way then would draw them together again, under their new ids.
      {title: 'part them for good', steps: ids.map((node) => apartFrom(node, ids))},
    ],
    lastly: restore(nodes),
  })
}

function apartFrom(node: NodeId, ids: readonly NodeId[]): Step {
  return {kind: 'wait-forgotten', node, nodes: ids.filter((id) => id !== node), atItsAddress: true}
}

/** The allocation that planCreate uses, for a renderer to show. The nodes and the number of replicas must not be refused. */
export function allocateNodes(nodes: readonly FreshNode[], replicas: number): Allocation<Candidate> {
  const candidates = nodes.map(({view}): Candidate => ({id: view.id, address: view.address}))
  return allocate(candidates, replicas)
}

/** What is not forbidden, but worth a second look: copies on one host, servers of several kinds. */
export function createWarnings(nodes: readonly FreshNode[], allocation: Allocation<Candidate>): Finding[] {
  const kinds = new Set(nodes.map(({view}) => `${view.server.product} ${view.server.version.split('.')[0]}`))
  const {withPrimary, together} = allocation.final.violations
  const warnings: Finding[] = []
  if (kinds.size > 1) {
    warnings.push(finding('mixed-versions', 'warning', `the nodes run different servers: ${[...kinds].join(', ')}`))
  }
  if (withPrimary > 0) {
    const message = `${counted(withPrimary, 'replica is', 'replicas are')} on the host of the primary: no placement of these nodes avoids it`
    warnings.push(finding('replica-with-primary', 'warning', message, {remedy: 'add nodes on another host'}))
  }
  if (together > 0) {
    const message = `${counted(together, 'replica shares', 'replicas share')} a host with another replica of the same primary`
    warnings.push(finding('replicas-together', 'warning', message))
  }
  return warnings
}

function requestRefusals(nodes: number, {replicas, allowFewPrimaries = false}: CreateRequest): Finding[] {
  if (!Number.isInteger(replicas) || replicas < 0) {
    return [finding('invalid-replicas', 'error', `${replicas} is not a number of replicas per primary: 0 or more`)]
  }
  const primaries = primaryCount(nodes, replicas)
  const least = allowFewPrimaries ? 1 : MIN_PRIMARIES
  if (primaries < least) {
    const needed = least * (replicas + 1)
    const message =
      `${counted(nodes, 'node')} with ${counted(replicas, 'replica')} per primary make ${counted(primaries, 'primary', 'primaries')}; ` +
      `a cluster needs ${least}: at least ${counted(needed, 'node')}`
    return [finding('too-few-primaries', 'error', message, {remedy: 'name more nodes, or ask for fewer replicas'})]
  }
  if (primaries <= SLOT_COUNT) return []
  return [
    finding('too-many-primaries', 'error', `${primaries} primaries are more than there are slots (${SLOT_COUNT})`),
  ]
}

function duplicateRefusals(nodes: readonly FreshNode[]): Finding[] {
  const repeated = (keyOf: (node: FreshNode) => string, what: string): Finding[] =>
    [...groupBy(nodes, keyOf).values()]
      .filter((group) => group.length > 1)
      .map(([first, ...others]) => {
        const {id, address} = first!.view
        const also = others.map((node) => formatAddress(node.view.address)).join(', ')
        return nodeRefusal('duplicate-node', {id, address}, `${what} ${also}`, {remedy: 'name each node once'})
      })
  const byAddress = repeated(({view}) => formatAddress(view.address), 'is named more than once:')
  // Two spellings of one node, or a node that was copied together with its nodes.conf.
  return byAddress.length > 0 ? byAddress : repeated(({view}) => view.id, 'has the same node id as')
}

/** Every node is told every other once: gossip alone would take seconds to spread the news. */
function introductions(ids: readonly NodeId[]): Step[] {
  return ids.slice(0, -1).map((node, index): Step => ({kind: 'meet', node, peers: ids.slice(index + 1)}))
}

/** 1, 2, 3… in the order given, as redis-cli does; a node that has one already keeps it, and nobody else gets that one. */
function epochs(nodes: readonly FreshNode[]): Step[] {
  const taken = new Set(nodes.map(({view}) => view.line.configEpoch))
  const steps: Step[] = []
  let epoch = 1
  for (const {view} of nodes) {
    if (view.line.configEpoch !== 0) continue
    while (taken.has(epoch)) epoch++
    steps.push({kind: 'set-config-epoch', node: view.id, epoch: epoch++})
  }
  return steps
}

function slots({primaries}: Allocation<Candidate>): Step[] {
  return primaries.map(({node, slots: range}): Step => {
    return {kind: 'add-slots', node: node.id, slots: SlotSet.fromRanges([range]).toString()}
  })
}

function attachments({final}: Allocation<Candidate>): Step[] {
  return final.pairings.map(({replica, primary}): Step => {
    return {kind: 'replicate', replica: replica.id, primary: primary.id}
  })
}

function hasten(nodes: readonly FreshNode[]): Step[] {
  return HASTY.flatMap(({parameter, most, own}) =>
    nodes
      .filter((node) => (own(node) ?? 0) > most)
      .map(({view}): Step => ({kind: 'set-config', node: view.id, parameter, value: String(most), rewrite: false})),
  )
}

/** Nothing of it is in a configuration file: a node that is killed before this starts again with its own values. */
function restore(nodes: readonly FreshNode[]): Phase[] {
  const steps = HASTY.flatMap(({parameter, most, own}) =>
    nodes
      .filter((node) => (own(node) ?? 0) > most)
      .map((node): Step => ({
        kind: 'set-config',
        node: node.view.id,
        parameter,
        value: String(own(node)),
        rewrite: false,
      })),
  )
  return steps.length === 0 ? [] : [{title: 'restore what was set to save time', steps}]
}
