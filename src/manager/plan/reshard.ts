/** Moves a number of slots, or certain slots, to one primary. */
import type {NodeId} from '../../model/node-id.js'
import {isSlot, SLOT_COUNT} from '../../model/slot.js'
import {SlotSet} from '../../model/slot-set.js'
import {finding, type Finding} from '../check/finding.js'
import {command} from '../check/naming.js'
import {findNode, findPrimary, type Primary, type Topology} from '../view/topology.js'
import {apportion} from './apportion.js'
import {idsOf, nodeRefusal, planFor, subjectOf, unknownNode} from './build.js'
import {bigKeyRefusals} from './big-key-refusals.js'
import {healthRefusals} from './health.js'
import {atomicRefusals} from './lane-way.js'
import {lanePhases, type Lane} from './lanes.js'
import {lanesBetween, type SlotChoice} from './lanes-between.js'
import {refuse, type Planned, type PlanSettings} from './plan.js'

export interface ReshardRequest {
  /** How many, 1 … 16384; or exactly which. */
  readonly slots: number | SlotSet
  readonly to: NodeId
  /** `all`: every other primary, in proportion to the slots that it has. */
  readonly from: readonly NodeId[] | 'all'
  /** Of slots asked for by their number: which. Default `tidy`. */
  readonly choice?: SlotChoice
  /** Let the servers move the slots whole, refused where they cannot; or MIGRATE. By default what the servers can. */
  readonly atomic?: boolean | undefined
  readonly settings?: PlanSettings
}

/**
 * Each source gives in proportion to what it has, as with redis-cli; but the total is exact, where redis-cli's rounding moves
 * fewer slots than it was asked for, and they are those that leave the fewest ranges, where redis-cli takes the lowest. Slots asked for by number that the target already has are
 * no work: when all are, the plan is empty.
 */
export function planReshard(topology: Topology, request: ReshardRequest): Planned {
  const refusals = [
    ...healthRefusals(topology),
    ...targetRefusals(topology, request),
    ...sourceRefusals(topology, request),
  ]
  if (refusals.length > 0) return refuse(...refusals)
  const sources = sourcesOf(topology, request)
  const {slots, to} = request
  const tooMany = typeof slots === 'number' ? countRefusals(sources, slots) : slotRefusals(topology, sources, slots, to)
  if (tooMany.length > 0) return refuse(...tooMany)
  const lanes =
    typeof slots === 'number' ? lanesByCount(topology, sources, slots, request) : lanesBySlot(sources, slots, to)
  if (request.atomic === true) {
    const unable = atomicRefusals(topology, lanes)
    if (unable.length > 0) return refuse(...unable)
  }
  const {atomic, settings} = request
  const unable = bigKeyRefusals(topology, lanes, settings)
  if (unable.length > 0) return refuse(...unable)
  const phases = lanePhases(topology, 'move slots', lanes, {atomic, settings, witnesses: idsOf(topology)})
  return planFor(topology, {operation: 'reshard', phases, settings})
}

function targetRefusals(topology: Topology, {to}: ReshardRequest): Finding[] {
  const node = findNode(topology, to)
  if (node === undefined) return [unknownNode(topology, to)]
  return node.role === 'primary' ? [] : [notAPrimary(topology, to, 'receive slots')]
}

function sourceRefusals(topology: Topology, {from, to}: ReshardRequest): Finding[] {
  if (from === 'all') return []
  const refusals: Finding[] = []
  for (const id of new Set(from)) {
    const subject = subjectOf(topology, id)
    if (id === to) refusals.push(nodeRefusal('target-is-source', subject, 'cannot be a source: it is the target'))
    else if (findNode(topology, id) === undefined) refusals.push(unknownNode(topology, id))
    else if (findPrimary(topology, id) === undefined) refusals.push(notAPrimary(topology, id, 'give slots'))
    if (from.indexOf(id) !== from.lastIndexOf(id)) {
      refusals.push(nodeRefusal('duplicate-source', subject, 'is named twice as a source'))
    }
  }
  if (from.length === 0) refusals.push(noSources('no source was named'))
  return refusals
}

function sourcesOf(topology: Topology, {from, to}: ReshardRequest): Primary[] {
  if (from === 'all') return topology.primaries.filter(({id, slots}) => id !== to && slots.size > 0)
  return from.map((id) => findPrimary(topology, id)!)
}

function countRefusals(sources: readonly Primary[], count: number): Finding[] {
  if (!isSlot(count - 1)) {
    return [finding('invalid-slot-count', 'error', `${count} is not a number of slots from 1 to ${SLOT_COUNT}`)]
  }
  const available = sources.reduce((sum, {slots}) => sum + slots.size, 0)
  if (available === 0) return [noSources('no source has any slots')]
  if (count <= available) return []
  const message = `${count} slots were asked for, but the sources together have ${available}`
  return [finding('too-many-slots', 'error', message, {remedy: `ask for ${available} slots at most`})]
}

/** Asked for by number, a slot has to be at one of the sources, or at the target already. */
function slotRefusals(topology: Topology, sources: readonly Primary[], slots: SlotSet, to: NodeId): Finding[] {
  if (slots.size === 0) return [finding('invalid-slot-count', 'error', 'the list of slots is empty')]
  const reachable = [findPrimary(topology, to)!, ...sources].reduce((all, each) => all.union(each.slots), SlotSet.EMPTY)
  const elsewhere = slots.minus(reachable)
  if (elsewhere.size === 0) return []
  const message = `slots ${elsewhere} belong to none of the sources`
  return [
    finding('not-at-source', 'error', message, {
      slots: elsewhere.toString(),
      remedy: 'name their owners, or all, as sources',
    }),
  ]
}

/** In the order of the sources. */
function lanesByCount(
  topology: Topology,
  sources: readonly Primary[],
  count: number,
  {to, choice}: ReshardRequest,
): Lane[] {
  const parts = apportion(
    count,
    sources.map(({slots}) => slots.size),
  )
  const balances = sources.map(({id}, index) => ({id, surplus: parts[index]!}))
  const lanes = lanesBetween(topology, [...balances, {id: to, surplus: -count}], choice)
  const bySource = new Map(lanes.map((lane) => [lane.source, lane]))
  return sources.flatMap(({id}) => bySource.get(id) ?? [])
}

function lanesBySlot(sources: readonly Primary[], wanted: SlotSet, target: NodeId): Lane[] {
  return sources.map(({id, slots}) => ({source: id, target, slots: slots.intersection(wanted)}))
}

function notAPrimary(topology: Topology, id: NodeId, what: string): Finding {
  const message = `is a replica: only a primary can ${what}`
  return nodeRefusal('not-a-primary', subjectOf(topology, id), message, {remedy: command(topology, 'info')})
}

function noSources(message: string): Finding {
  return finding('no-sources', 'error', message, {remedy: '--from all, or ids of primaries that have slots'})
}
