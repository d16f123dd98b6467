/** What a plan brings about besides what its steps say: told before anybody agrees to it. */
import {formatAddress} from '../../model/address.js'
import type {NodeId} from '../../model/node-id.js'
import {SlotSet} from '../../model/slot-set.js'
import {counted, groupBy} from '../check/naming.js'
import {findNode, findPrimary, type Topology} from '../view/topology.js'
import {isMove, type MoveStep} from './lanes.js'
import type {Plan} from './plan.js'

/**
 * One sentence for each primary that gives away its last slot: the server then makes it a replica of the node that took the
 * slot, and its own replicas follow (cluster-allow-replica-migration, on by default; redis#9223). Nodes that the plan takes
 * out of the cluster are left out.
 */
export function consequences(topology: Topology, plan: Plan): string[] {
  const moves = plan.phases.flatMap((phase) => phase.steps).filter(isMove)
  const leaving = new Set(
    plan.phases.flatMap((phase) => phase.steps.flatMap((step) => (step.kind === 'forget' ? [step.node] : []))),
  )
  return emptiedPrimaries(topology, moves)
    .filter((id) => !leaving.has(id))
    .map((id) => sentence(topology, id, takersFrom(moves, id)))
}

/** Primaries that have slots now and will have none, in the order of the topology. */
export function emptiedPrimaries(topology: Topology, moves: readonly MoveStep[]): NodeId[] {
  const slotsIn = (steps: readonly MoveStep[]): SlotSet =>
    steps.reduce((all, {slots}) => all.union(SlotSet.parse(slots) ?? SlotSet.EMPTY), SlotSet.EMPTY)
  const [bySource, byTarget] = [groupBy(moves, ({source}) => source), groupBy(moves, ({target}) => target)]
  return topology.primaries
    .filter(({id, slots}) => {
      const given = slotsIn(bySource.get(id) ?? [])
      const taken = slotsIn(byTarget.get(id) ?? [])
      return slots.size > 0 && slots.minus(given).union(taken).size === 0
    })
    .map(({id}) => id)
}

function takersFrom(moves: readonly MoveStep[], id: NodeId): NodeId[] {
  return moves.filter(({source}) => source === id).map(({target}) => target)
}

function sentence(topology: Topology, id: NodeId, takers: readonly NodeId[]): string {
  const name = (node: NodeId): string => formatAddress(findNode(topology, node)!.address)
  const replicas = findPrimary(topology, id)!.replicas.length
  const followers = replicas === 0 ? '' : `, and its ${counted(replicas, 'replica')} with it`
  const option = 'unless its cluster-allow-replica-migration is off'
  return `${name(id)} gives away its last slot: it becomes a replica of ${takers.map(name).join(' or ')}${followers}, ${option}.`
}
