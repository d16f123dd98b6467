/** Gives every primary its share of the slots, by weight, and moves no slot that need not move. */
import type {NodeId} from '../../model/node-id.js'
import {SLOT_COUNT} from '../../model/slot.js'
import {finding, type Finding} from '../check/finding.js'
import {command} from '../check/naming.js'
import {findNode, findPrimary, type Primary, type Topology} from '../view/topology.js'
import {apportion} from './apportion.js'
import {idsOf, nodeRefusal, planFor, subjectOf, unknownNode} from './build.js'
import {bigKeyRefusals} from './big-key-refusals.js'
import {healthRefusals} from './health.js'
import {defragmentedLanes} from './defragment.js'
import {atomicRefusals} from './lane-way.js'
import {lanePhases, type Lane} from './lanes.js'
import {lanesBetween, type Balance, type SlotChoice} from './lanes-between.js'
import {refuse, type Planned, type PlanSettings} from './plan.js'

export const DEFAULT_THRESHOLD_PERCENT = 2

export interface RebalanceRequest {
  /** Relative; a primary without one weighs 1, weight 0 drains it. */
  readonly weights: ReadonlyMap<NodeId, number>
  /** Otherwise primaries without slots are left out, whatever their weight. */
  readonly useEmptyPrimaries: boolean
  /**
   * Percent by which a primary's slots may differ from its share before anything is done; when one differs by more, all are
   * set right. 0 means exact. (redis-cli reads 0 as "never"; who has to imitate it passes `Infinity`.)
   */
  readonly threshold?: number
  /** Which slots go where some have to. Default `tidy`. */
  readonly choice?: SlotChoice
  /** Slots that may move, beyond what the shares demand, to make the slot map tidier; `Infinity`: as many as it takes. Default 0. */
  readonly defragment?: number
  /** Let the servers move the slots whole, refused where they cannot; or MIGRATE. By default what the servers can. */
  readonly atomic?: boolean | undefined
  readonly settings?: PlanSettings
}

/** A primary that takes part, what it weighs, and what it should have. */
export interface Share {
  readonly primary: Primary
  readonly weight: number
  /** Slots. All shares together make 16384. */
  readonly expected: number
}

/**
 * The rules of redis-cli's rebalance, with exact shares: "nothing to do" is a plan without phases. What defragmenting moves
 * takes nobody out of the threshold.
 */
export function planRebalance(topology: Topology, request: RebalanceRequest): Planned {
  const {threshold = DEFAULT_THRESHOLD_PERCENT, atomic, settings} = request
  const refusals = [...healthRefusals(topology), ...weightRefusals(topology, request), ...thresholdRefusals(threshold)]
  if (refusals.length > 0) return refuse(...refusals)
  const shares = sharesOf(topology, request)
  if (shares.every(({weight}) => weight === 0)) {
    return refuse(finding('invalid-weight', 'error', 'no primary that takes part weighs more than 0'))
  }
  const lanes = lanesFor(topology, shares, request)
  if (atomic === true) {
    const unable = atomicRefusals(topology, lanes)
    if (unable.length > 0) return refuse(...unable)
  }
  const unable = bigKeyRefusals(topology, lanes, settings)
  if (unable.length > 0) return refuse(...unable)
  const phases = lanePhases(topology, 'move slots', lanes, {atomic, settings, witnesses: idsOf(topology)})
  return planFor(topology, {operation: 'rebalance', phases, settings})
}

function lanesFor(topology: Topology, shares: readonly Share[], request: RebalanceRequest): Lane[] {
  const {threshold = DEFAULT_THRESHOLD_PERCENT, choice, defragment = 0} = request
  const balances = shares.map(({primary, expected}): Balance => ({
    id: primary.id,
    surplus: primary.slots.size - expected,
  }))
  const needed = shares.some(({primary, expected}) => isOver(primary.slots.size, expected, threshold))
  const lanes = needed ? lanesBetween(topology, balances, choice) : []
  if (defragment === 0) return lanes
  const expectedOf = new Map(shares.map(({primary, expected}) => [primary.id, expected]))
  // Nobody is emptied: a primary without slots may turn into a replica.
  const mayHave = (id: NodeId, slots: number): boolean =>
    slots > 0 && !isOver(slots, expectedOf.get(id) ?? 0, threshold)
  return defragmentedLanes(topology, lanes, {budget: defragment, mayHave})
}

/**
 * Who takes part, in the order of the topology, and their shares. Ties of the last slot go to who has more already.
 * All expect 0 when nobody weighs anything.
 */
export function sharesOf(
  topology: Topology,
  {weights, useEmptyPrimaries}: Pick<RebalanceRequest, 'weights' | 'useEmptyPrimaries'>,
): Share[] {
  const involved = topology.primaries.filter(({slots}) => useEmptyPrimaries || slots.size > 0)
  const weightOf = involved.map(({id}) => weights.get(id) ?? 1)
  const total = weightOf.some((weight) => weight > 0) ? SLOT_COUNT : 0
  const expected = apportion(
    total,
    weightOf,
    involved.map(({slots}) => slots.size),
  )
  return involved.map((primary, index) => ({primary, weight: weightOf[index]!, expected: expected[index]!}))
}

/** redis-cli's measure: relative to what the node has; an empty node is over when it should have more than one slot. */
function isOver(has: number, expected: number, threshold: number): boolean {
  if (has === 0) return threshold === 0 ? expected > 0 : expected > 1 && threshold < Infinity
  return Math.abs(100 - (100 * expected) / has) > threshold
}

function weightRefusals(topology: Topology, {weights}: RebalanceRequest): Finding[] {
  const refusals: Finding[] = []
  for (const [id, weight] of weights) {
    const subject = subjectOf(topology, id)
    if (findNode(topology, id) === undefined) refusals.push(unknownNode(topology, id))
    else if (findPrimary(topology, id) === undefined) {
      const remedy = command(topology, 'info')
      refusals.push(nodeRefusal('not-a-primary', subject, 'is a replica: only a primary has a weight', {remedy}))
    }
    if (Number.isFinite(weight) && weight >= 0) continue
    refusals.push(nodeRefusal('invalid-weight', subject, `cannot weigh ${weight}: a weight is a number, 0 or more`))
  }
  return refusals
}

function thresholdRefusals(threshold: number): Finding[] {
  if (threshold >= 0) return []
  return [finding('invalid-threshold', 'error', `${threshold} is not a threshold: percent, 0 or more`)]
}
