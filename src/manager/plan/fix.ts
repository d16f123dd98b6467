/**
 * Repairs a cluster: a diagnosis, and a plan of what may be done about it. Every action says whether it can lose keys; the
 * lossy ones are part of the plan only on demand. Covers what `redis-cli --cluster fix` does, from the nodes' own records
 * (recorded peers, config epochs, keys counted) instead of guesses.
 */
import type {NodeId} from '../../model/node-id.js'
import {SLOT_COUNT} from '../../model/slot.js'
import {SlotSet} from '../../model/slot-set.js'
import {check, isHealthy} from '../check/check.js'
import {finding, type Finding} from '../check/finding.js'
import {command} from '../check/naming.js'
import type {ClusterView} from '../view/cluster-view.js'
import {toTopology} from '../view/topology.js'
import {agreement, planFor} from './build.js'
import {fixAccounts, settledNodes} from './fix-accounts.js'
import {diagnose, readSlots, type Diagnosis, type FixAction, type Remedy} from './fix-action.js'
import {fixCoverage} from './fix-coverage.js'
import {fixOpenSlots} from './fix-open-slot.js'
import {toPicture, type FixPicture} from './fix-picture.js'
import {refuse, type Phase, type Planned, type PlanSettings, type Risk} from './plan.js'
import {nodesOfStep} from './step-nodes.js'
import type {Step, StepKind} from './step.js'

export interface FixRequest {
  /** Also do what loses keys. */
  readonly acceptDataLoss: boolean
  /** Also act on slots whose owner, or recorded peer, is a primary that does not answer. */
  readonly withUnreachablePrimaries: boolean
  /** The view counts the keys of all slots: keys outside their owner are brought home. */
  readonly searchMultipleOwners: boolean
  readonly settings: PlanSettings
}

export interface Fix {
  readonly diagnosis: readonly Diagnosis[]
  /** Without phases when there is nothing to repair; refused when nothing of what is wrong may be repaired. */
  readonly planned: Planned
}

/**
 * What is wrong with the cluster and what to do about it. For a fix to find what an earlier, interrupted one left behind, the
 * view should count the keys of all slots.
 */
export function planFix(view: ClusterView, request: FixRequest): Fix {
  const {searchMultipleOwners} = request
  const picture = toPicture(view)
  const findings = check(view, {searchMultipleOwners})
  const remedies = [
    ...fixCoverage(picture, request),
    ...fixOpenSlots(picture, {...request, replace: request.settings.replace}),
    ...fixAccounts(picture, findings),
  ]
  const feasible = withholdWaitsWhileApart(withholdMovesWhileDown(picture, remedies))
  const diagnosis = diagnose(findings, feasible)
  const actions = feasible.map(({action}) => action).filter(({withheld}) => withheld === null)
  if (actions.length === 0 && !isHealthy(findings)) return {diagnosis, planned: refuse(...refusals(view, diagnosis))}
  return {diagnosis, planned: planActions(view, actions, request.settings)}
}

/** A plan of some of the actions that planFix found in this view: for who is asked about them group by group. */
export function planActions(view: ClusterView, actions: readonly FixAction[], settings: PlanSettings): Planned {
  const phases = actions.length === 0 ? [] : toPhases(toPicture(view), actions)
  return planFor(toTopology(view), {operation: 'fix', phases, settings, risk: riskOf(actions)})
}

/** Both ends of a MIGRATE refuse while their cluster is down, and it stays down as long as slots are uncovered. */
function withholdMovesWhileDown(picture: FixPicture, remedies: readonly Remedy[]): Remedy[] {
  const {actors, view} = picture
  const claimed = actors.reduce((slots, actor) => slots.union(actor.claims), SlotSet.EMPTY)
  const covered = remedies
    .filter(({action}) => action.withheld === null)
    .reduce((slots, {action}) => slots.union(claimsIn(action.steps)), claimed)
  const down = new Set(view.nodes.filter(({clusterOk}) => !clusterOk).map(({id}) => id))
  if (covered.size === SLOT_COUNT || down.size === 0) return [...remedies]
  const blocked = (step: Step): boolean =>
    (step.kind === 'move-slots' || step.kind === 'collect-keys') && (down.has(step.source) || down.has(step.target))
  const reason = 'no key can be moved until all slots are covered: see to the uncovered ones first, then run fix again'
  return remedies.map((remedy): Remedy => {
    const {action} = remedy
    if (action.withheld !== null || !action.steps.some(blocked)) return remedy
    return {...remedy, action: {...action, withheld: {code: 'cluster-down-for-now', reason}}}
  })
}

/** Nodes that do not hear each other never agree, however long one waits. */
function withholdWaitsWhileApart(remedies: readonly Remedy[]): Remedy[] {
  const apart = remedies.find(({action}) => action.withheld?.code === 'nodes-apart')?.action.withheld ?? null
  if (apart === null) return [...remedies]
  return remedies.map((remedy) =>
    remedy.action.case === 'agreement' ? {...remedy, action: {...remedy.action, withheld: apart}} : remedy,
  )
}

function claimsIn(steps: readonly Step[]): SlotSet {
  return steps.reduce(
    (slots, step) => (step.kind === 'claim-slots' ? slots.union(readSlots(step.slots)) : slots),
    SlotSet.EMPTY,
  )
}

function riskOf(actions: readonly FixAction[]): Risk {
  const lossy = actions.filter(({effect}) => effect === 'lossy')
  return {
    keysAtStake: lossy.reduce((sum, {keysAtStake}) => sum + (keysAtStake ?? 0), 0),
    losses: lossy.map(
      ({title, keysAtStake}) =>
        `${title} (${keysAtStake === null ? 'an unknown number of keys' : `${keysAtStake} keys`})`,
    ),
  }
}

function refusals(view: ClusterView, diagnosis: readonly Diagnosis[]): Finding[] {
  return diagnosis.map(({finding: found, action}) => {
    if (action === null || action.withheld === null) return found
    const {code, reason} = action.withheld
    const remedy =
      code === 'needs-accept-data-loss' || code === 'needs-unreachable-primaries'
        ? command(
            view,
            'fix',
            '--with-unreachable-primaries',
            ...(action.effect === 'lossy' ? ['--accept-data-loss'] : []),
          )
        : null
    return finding(code, 'error', reason, {node: found.node, slots: action.slots, remedy})
  })
}

interface Stage {
  readonly title: string
  readonly kinds: readonly StepKind[]
}

/**
 * First everything has an owner again, then keys move: every phase leaves a cluster that a next fix can read. Claims come
 * before the keys that go to the claimer; what the owner itself moves away comes before what others bring to the new owner.
 */
const STAGES: readonly Stage[] = [
  {title: 'promote replicas of dead primaries', kinds: ['failover']},
  {title: 'settle who owns what', kinds: ['claim-slots', 'assign-slots', 'close-slots']},
  {title: 'finish moves', kinds: ['move-slots']},
  {title: 'bring stranded keys home', kinds: ['collect-keys']},
  {title: 'forget nodes that are gone', kinds: ['forget']},
  {title: 'wait until they stay forgotten', kinds: ['wait-forgotten']},
]

function toPhases(picture: FixPicture, actions: readonly FixAction[]): Phase[] {
  const steps = actions.flatMap((action) => action.steps)
  const of = (kinds: readonly StepKind[]): Step[] => steps.filter(({kind}) => kinds.includes(kind))
  const [promotion, ownership, ...rest] = STAGES.map(({title, kinds}): Phase => ({title, steps: of(kinds)}))
  const nodes = settledNodes(picture)
  const newOwners = of(['claim-slots', 'assign-slots']).length > 0
  const keysMove = of(['move-slots', 'collect-keys']).length > 0
  const told = new Set(of(['assign-slots']).map((step) => nodesOfStep(step)[0]))
  return [
    promotion!,
    ...(promotion!.steps.length > 0
      ? [
          agreement(
            nodes.filter((id) => !told.has(id)),
            {push: true},
          ),
        ]
      : []),
    ownership!,
    ...(newOwners && keysMove ? [agreement(withoutLosers(nodes, actions), {push: true})] : []),
    ...rest,
    agreement(nodes, {push: true}),
  ]
}

/** A claimant that is to lose its slots goes on disagreeing until its keys have left. */
function withoutLosers(nodes: readonly NodeId[], actions: readonly FixAction[]): NodeId[] {
  const contested = actions.filter((action) => action.case === 'several-owners').flatMap(({steps}) => steps)
  const losers = new Set(contested.flatMap((step) => (step.kind === 'move-slots' ? [step.source] : [])))
  return nodes.filter((id) => !losers.has(id))
}
