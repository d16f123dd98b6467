/**
 * A plan run on paper: what the cluster will look like. Only what the step itself decides is foreseen. Config epochs that
 * servers draw for themselves depend on the order in which things happen, and whether an emptied primary turns into a replica
 * depends on a server option (see consequences.ts); both are left as they are, and so are key counts.
 */
import type {NodeId} from '../../model/node-id.js'
import type {SlotId} from '../../model/slot.js'
import {SlotSet} from '../../model/slot-set.js'
import {groupBy} from '../check/naming.js'
import {
  toTopology,
  assemble,
  type AbsentNode,
  type OpenSlot,
  type Topology,
  type TopologyNode,
} from '../view/topology.js'
import type {FreshNode} from '../view/fresh-node.js'
import {assert} from '../../model/assert.js'
import {isMove} from './lanes.js'
import type {Phase} from './plan.js'
import type {Step} from './step.js'

/** The picture of nodes that stand alone as if they already knew each other: where predicting a `create` starts. */
export function newcomersTopology(newcomers: readonly FreshNode[]): Topology {
  assert(newcomers.length > 0, 'a cluster is made of nodes')
  const nodes = newcomers.map((node) => node.view)
  return toTopology({entry: nodes[0]!.address, nodes, silent: [], keysInSlot: new Map()})
}

/** The cluster with nodes that are about to join it as empty primaries. */
export function withNewcomers(topology: Topology, newcomers: readonly FreshNode[]): Topology {
  if (newcomers.length === 0) return topology
  const joining = newcomersTopology(newcomers).nodes
  return assemble({...topology, nodes: [...topology.nodes, ...joining]})
}

/** After all phases. */
export function predictPhases(topology: Topology, phases: readonly Phase[]): Topology {
  return completed(
    topology,
    afterAll(
      topology,
      phases.flatMap((phase) => phase.steps),
    ),
  )
}

/** After one step. Steps that change nothing that a topology shows give it back as it is. */
export function predict(topology: Topology, step: Step): Topology {
  return completed(topology, afterAll(topology, [step]))
}

/** What a topology is assembled from: the rest follows, and is worked out once, when all steps are done. */
type Picture = Pick<Topology, 'entry' | 'nodes' | 'absent' | 'openSlots'>

function completed(before: Topology, picture: Picture): Topology {
  return picture === before ? before : assemble(picture)
}

/** Slots that change hands one after another are given out at once: a large cluster has thousands of such steps. */
function afterAll(before: Picture, steps: readonly Step[]): Picture {
  let picture = before
  let heirs = new Map<SlotId, NodeId>()
  for (const step of steps) {
    const transfer = transferOf(step)
    if (transfer === undefined) {
      picture = after(handOver(picture, heirs), step)
      heirs = new Map()
    } else for (const slot of transfer.slots) heirs.set(slot, transfer.owner)
  }
  return handOver(picture, heirs)
}

/** Of a step after which a slot has one owner, whoever had it before. */
function transferOf(step: Step): {readonly slots: SlotSet; readonly owner: NodeId} | undefined {
  if (step.kind === 'claim-slots') return {slots: slotsOf(step.slots), owner: step.node}
  return isMove(step) ? {slots: slotsOf(step.slots), owner: step.target} : undefined
}

function after(picture: Picture, step: Step): Picture {
  switch (step.kind) {
    case 'set-config-epoch':
      return changeNode(picture, step.node, (node) => ({...node, configEpoch: step.epoch}))
    case 'add-slots':
      return changeNode(picture, step.node, (node) => ({...node, slots: node.slots.union(slotsOf(step.slots))}))
    case 'replicate':
      return changeNode(picture, step.replica, (node) => following(node, step.primary))
    case 'assign-slots':
      return assign(picture, step.node, slotsOf(step.slots), step.owner)
    case 'del-slots':
      return changeNode(picture, step.node, (node) => ({...node, slots: node.slots.minus(slotsOf(step.slots))}))
    case 'close-slots':
      return closeSlots(picture, slotsOf(step.slots), step.node)
    case 'collect-keys':
      return closeSlots(picture, SlotSet.of([step.slot]), step.source)
    case 'forget':
    case 'reset':
      return without(picture, step.node)
    case 'failover':
      return promote(picture, step.replica)
    default:
      return picture
  }
}

/** Text in a plan is ours, or was validated when the plan was read. */
function slotsOf(text: string): SlotSet {
  const slots = SlotSet.parse(text)
  assert(slots !== undefined, 'the slots of a step can be read')
  return slots
}

function changeNode(picture: Picture, id: NodeId, change: (node: TopologyNode) => TopologyNode): Picture {
  return {...picture, nodes: picture.nodes.map((node) => (node.id === id ? change(node) : node))}
}

function following(node: TopologyNode, primaryId: NodeId): TopologyNode {
  return {...node, role: 'replica', primaryId, slots: SlotSet.EMPTY}
}

/** All of these slots to the owner named, and nothing of them open any more. */
function handOver(picture: Picture, heirs: ReadonlyMap<SlotId, NodeId>): Picture {
  if (heirs.size === 0) return picture
  const slots = SlotSet.of(heirs.keys())
  const received = new Map([...groupBy(heirs, ([, heir]) => heir)].map(([id, all]) => [id, all.map(([slot]) => slot)]))
  const give = <Node extends TopologyNode | AbsentNode>(node: Node): Node => {
    const left = node.slots.minus(slots)
    const added = received.get(node.id)
    if (added !== undefined) return {...node, slots: left.union(SlotSet.of(added))}
    return left === node.slots ? node : {...node, slots: left}
  }
  return {
    ...picture,
    nodes: picture.nodes.map(give),
    absent: picture.absent.map(give),
    openSlots: picture.openSlots.filter(({slot}) => !slots.has(slot)),
  }
}

/** SETSLOT NODE speaks to one node about its own table: it takes the slots or lets them go, and closes them. */
function assign(picture: Picture, id: NodeId, slots: SlotSet, owner: NodeId): Picture {
  const closed = closeSlots(picture, slots, id)
  return changeNode(closed, id, (node) => {
    return {...node, slots: owner === id ? node.slots.union(slots) : node.slots.minus(slots)}
  })
}

function closeSlots(picture: Picture, slots: SlotSet, id: NodeId): Picture {
  const open = (mark: OpenSlot): boolean => mark.node !== id || !slots.has(mark.slot)
  return {...picture, openSlots: picture.openSlots.filter(open)}
}

/** Gone for all as soon as one forgets it: the plan has the others forget it too. */
function without(picture: Picture, id: NodeId): Picture {
  const stays = (node: {readonly id: NodeId}): boolean => node.id !== id
  return {
    ...picture,
    nodes: picture.nodes.filter(stays),
    absent: picture.absent.filter(stays),
    openSlots: picture.openSlots.filter((mark) => mark.node !== id),
  }
}

/** The replica takes all that its primary had; the primary and its other replicas follow it. */
function promote(picture: Picture, id: NodeId): Picture {
  const replica = picture.nodes.find((node) => node.id === id)
  if (replica === undefined || replica.primaryId === null) return picture
  const demoted = replica.primaryId
  const slots = [...picture.nodes, ...picture.absent].find((node) => node.id === demoted)?.slots ?? SlotSet.EMPTY
  const nodes = picture.nodes.map((node): TopologyNode => {
    if (node.id === id) return {...node, role: 'primary', primaryId: null, slots}
    return node.id === demoted || node.primaryId === demoted ? following(node, id) : node
  })
  const absent = picture.absent.map((node): AbsentNode => {
    if (node.id !== demoted && node.primaryId !== demoted) return node
    return {...node, role: 'replica', primaryId: id, slots: SlotSet.EMPTY}
  })
  return {...picture, nodes, absent}
}
