/** Takes a node out of a cluster, be it alive or dead. */
import type {NodeId} from '../../model/node-id.js'
import {SlotSet} from '../../model/slot-set.js'
import {finding, type Finding} from '../check/finding.js'
import {command, counted} from '../check/naming.js'
import {findNode, type AbsentNode, type Primary, type Topology, type TopologyNode} from '../view/topology.js'
import {fillUp} from './apportion.js'
import {bigKeyRefusals} from './big-key-refusals.js'
import {agreement, idsOf, nodeRefusal, planFor, subjectOf, unknownNode} from './build.js'
import {leastReplicated} from './choose-primary.js'
import {healthRefusals} from './health.js'
import {atomicRefusals} from './lane-way.js'
import {lanePhases, type Lane} from './lanes.js'
import {lanesBetween} from './lanes-between.js'
import {refuse, type Phase, type Planned, type PlanSettings} from './plan.js'
import type {Step} from './step.js'

export interface DelNodeRequest {
  /** Give the slots of a primary to the others first. */
  readonly drain?: boolean
  /** Drain by atomic slot migration, refused where the servers cannot; or by MIGRATE. By default what the servers can. */
  readonly atomic?: boolean | undefined
  readonly settings?: PlanSettings
}

/**
 * Its slots go to the others, its replicas get another primary, and then every node that answers forgets it. A node that is
 * alive is reset at the end, so that it does not come back by gossip; one that is dead is only forgotten, which redis-cli
 * cannot do.
 */
export function planDelNode(topology: Topology, id: NodeId, request: DelNodeRequest = {}): Planned {
  const alive = findNode(topology, id)
  const dead = topology.absent.find((node) => node.id === id)
  if (alive === undefined && dead === undefined) return refuse(unknownNode(topology, id))
  const others = topology.nodes.filter((node) => node.id !== id)
  const refusals = [
    ...lastNodeRefusals(topology, id, others),
    ...(alive === undefined ? deadRefusals(topology, dead!) : aliveRefusals(topology, alive, request)),
  ]
  if (refusals.length > 0) return refuse(...refusals)
  const lanes = alive === undefined ? [] : drainLanes(topology, alive)
  const unable = [
    ...(request.atomic === true ? atomicRefusals(topology, lanes) : []),
    ...bigKeyRefusals(topology, lanes, request.settings),
  ]
  if (unable.length > 0) return refuse(...unable)
  return planFor(topology, {
    operation: 'del-node',
    settings: request.settings,
    leaving: [id],
    phases: [
      ...lanePhases(topology, 'move its slots to the others', lanes, {
        atomic: request.atomic,
        settings: request.settings,
        // Not the node itself: emptied, it may copy another's whole data set before it is in step again.
        witnesses: others.map((node) => node.id),
      }),
      ...reattachments(topology, id),
      ...farewell(id, others, alive !== undefined),
    ],
  })
}

/** Others first, the node itself last: until it is reset, it may still be asked where a slot has gone. */
function farewell(id: NodeId, others: readonly TopologyNode[], alive: boolean): Phase[] {
  const everyone = others.map((node) => node.id)
  return [
    {title: 'forget the node', steps: everyone.map((by): Step => ({kind: 'forget', node: id, by}))},
    {title: 'wait until it is forgotten', steps: [{kind: 'wait-forgotten', node: id, nodes: everyone}]},
    {title: 'reset the node', steps: alive ? [{kind: 'reset', node: id, mode: 'soft'}] : []},
  ]
}

/** As level as it can be made without moving any other slot. Primaries without slots stay without. */
function drainLanes(topology: Topology, victim: TopologyNode): Lane[] {
  if (victim.slots.size === 0) return []
  const takers = heirs(topology, victim.id)
  const additions = fillUp(
    victim.slots.size,
    takers.map(({slots}) => slots.size),
  )
  const shares = takers.map(({id}, index) => ({id, surplus: -additions[index]!}))
  return lanesBetween(topology, [{id: victim.id, surplus: victim.slots.size}, ...shares])
}

function heirs(topology: Topology, victim: NodeId): Primary[] {
  return topology.primaries.filter(({id, slots}) => id !== victim && slots.size > 0)
}

/** Before the primary is forgotten: a replica refuses to forget the primary that it follows. */
function reattachments(topology: Topology, victim: NodeId): Phase[] {
  const orphans = topology.nodes.filter((node) => node.primaryId === victim)
  const candidates = heirs(topology, victim)
  const counts = new Map(candidates.map(({id, replicas}) => [id, replicas.length]))
  const steps = orphans.map((orphan): Step => {
    const primary = leastReplicated(candidates, orphan.address.host, ({id}) => counts.get(id)!)!.id
    counts.set(primary, counts.get(primary)! + 1)
    return {kind: 'replicate', replica: orphan.id, primary}
  })
  if (steps.length === 0) return []
  const witnesses = idsOf(topology).filter((id) => id !== victim)
  return [{title: 'give its replicas another primary', steps}, agreement(witnesses, {push: true})]
}

function lastNodeRefusals(topology: Topology, id: NodeId, others: readonly TopologyNode[]): Finding[] {
  const subject = subjectOf(topology, id)
  if (others.length === 0) {
    return [nodeRefusal('last-node', subject, 'is the only node that answers: nobody is left to forget it')]
  }
  const needsHeir = slotsOf(topology, id).size > 0 || topology.nodes.some((node) => node.primaryId === id)
  if (!needsHeir || heirs(topology, id).length > 0) return []
  return [nodeRefusal('last-primary', subject, 'is the only primary with slots: nobody is left to take its place')]
}

function slotsOf(topology: Topology, id: NodeId): SlotSet {
  return findNode(topology, id)?.slots ?? SlotSet.EMPTY
}

function aliveRefusals(topology: Topology, node: TopologyNode, {drain = false, settings}: DelNodeRequest): Finding[] {
  const subject = subjectOf(topology, node.id)
  if (node.slots.size > 0) {
    if (drain && settings?.bigKeys?.handling === 'skip') {
      const message = 'must give away all its slots: none can stay behind for the big keys in it'
      return [nodeRefusal('cannot-skip', subject, message, {remedy: '--big-keys last'})]
    }
    if (drain) return healthRefusals(topology)
    const message = `still has ${counted(node.slots.size, 'slot')}`
    return [
      nodeRefusal('node-not-empty', subject, message, {remedy: command(topology, 'del-node', node.id, '--drain')}),
    ]
  }
  const open = topology.openSlots.filter((mark) => mark.node === node.id || mark.peer === node.id)
  if (open.length > 0) {
    const slots = SlotSet.of(open.map(({slot}) => slot))
    const message = `has a part in ${counted(slots.size, 'slot that is', 'slots that are')} half-way from one node to another`
    const details = {slots: slots.toString(), remedy: command(topology, 'fix')}
    return [nodeRefusal('cluster-not-healthy', subject, message, details)]
  }
  if (node.role === 'replica' || node.keys === 0) return []
  const message = `has no slots but still holds ${counted(node.keys, 'key')}, which would be lost`
  return [nodeRefusal('node-has-keys', subject, message, {remedy: command(topology, 'fix')})]
}

function deadRefusals(topology: Topology, node: AbsentNode): Finding[] {
  const subject = subjectOf(topology, node.id)
  if (!node.failed) {
    const message = 'does not answer us, but the cluster does not see it as failed: it would come back'
    const remedy = 'wait until the cluster agrees that it is down (its cluster-node-timeout), or make it answer'
    return [nodeRefusal('node-not-failed', subject, message, {remedy})]
  }
  const orphaned = SlotSet.of([...node.slots].filter((slot) => topology.owners[slot] === null))
  if (orphaned.size === 0) return []
  const message = `is down and nobody took over its ${counted(orphaned.size, 'slot')}: deleting it would seal their loss`
  return [
    finding('slots-not-taken-over', 'error', message, {
      node: subject,
      slots: orphaned.toString(),
      remedy: command(topology, 'fix'),
    }),
  ]
}
