/**
 * What is left of a step, by what is true now: one rule for each kind. A rule drops what is done, leaves what is not, and speaks
 * of the nodes that hold the data today. Steps may be carried out twice, so in doubt a step stays.
 */
import type {NodeId} from '../../../model/node-id.js'
import type {SlotId} from '../../../model/slot.js'
import {SlotSet} from '../../../model/slot-set.js'
import {claimsOf} from '../../check/doubtful-slots.js'
import {disagreements} from '../../view/disagreement.js'
import {linesOf} from '../../view/lines.js'
import type {NodeView} from '../../view/node-view.js'
import {readSlots} from '../fix-action.js'
import type {MoveStep} from '../lanes.js'
import type {Step, StepKind, StepOf} from '../step.js'
import {accountOf, successor, type Truth} from './truth.js'

type Rule<Kind extends StepKind> = (step: StepOf<Kind>, truth: Truth) => readonly Step[]

const RULES: {readonly [Kind in StepKind]: Rule<Kind>} = {
  // What a node tells does not show whether it is in its file as well.
  'set-config': keptUnlessFinished,
  'set-config-epoch': (step, truth) => keptUnless(step, (accountOf(truth, step.node)?.line.configEpoch ?? 0) !== 0),
  'add-slots': (step, truth) => withSlots(step, slotsOf(step).minus(claims(truth, step.node))),
  meet: remainingMeet,
  replicate: remainingAttachment,
  'wait-agreement': remainingAgreement,
  'wait-sync': (step, truth) => {
    const {line, server} = accountOf(truth, step.replica) ?? {}
    return keptUnless(step, line?.flags.has('replica') === true && server?.primaryLinkUp === true)
  },
  'wait-forgotten': (step, truth) => {
    const nodes = step.nodes.filter((id) => knows(accountOf(truth, id), step.node))
    return nodes.length === 0 ? [] : [{...step, nodes}]
  },
  // After a reset it is kept, for a greeting under way is not seen: where nothing was reset there is none.
  'wait-alone': (step, truth) => {
    const isAlone = (id: NodeId): boolean => truth.replaced.has(id) || accountOf(truth, id)?.peers.length === 0
    const isNamed = (by: NodeId): boolean => step.nodes.some((id) => knows(accountOf(truth, by), id))
    return keptUnless(step, step.nodes.every(isAlone) && !step.members.some(isNamed))
  },
  // The functions come before the node is introduced: one that knows somebody has them.
  'copy-functions': (step, truth) => keptUnless(step, (accountOf(truth, step.to)?.peers.length ?? 0) > 0),
  'flush-functions': keptUnlessFinished,
  'move-slots': remainingMove,
  'migrate-slots': remainingMove,
  'collect-keys': remainingCollection,
  'claim-slots': remainingClaim,
  'assign-slots': remainingAssignment,
  'close-slots': (step, truth) => withSlots(step, slotsOf(step).intersection(marked(accountOf(truth, step.node)))),
  'del-slots': (step, truth) => withSlots(step, slotsOf(step).intersection(claims(truth, step.node))),
  forget: (step, truth) => keptUnless(step, !knows(accountOf(truth, step.by), step.node)),
  reset: (step, truth) => keptUnless(step, truth.replaced.has(step.node) || isBlank(accountOf(truth, step.node), step)),
  failover: (step, truth) => keptUnless(step, accountOf(truth, step.replica)?.line.flags.has('replica') === false),
  'copy-keys': keptUnlessFinished,
}

/** @returns nothing when it is done, itself or a smaller one when it is not */
export function remainingStep<Kind extends StepKind>(step: StepOf<Kind> & Step, truth: Truth): readonly Step[] {
  const rule = RULES[step.kind]
  return rule(step, truth)
}

/** Slots that this move has still to bring over, and between whom: after a failover the heirs take the places of the fallen. */
function remainingMove(step: MoveStep, truth: Truth): readonly Step[] {
  const source = successor(truth, step.source)
  const target = successor(truth, step.target)
  if (source === undefined || target === undefined || source === target) return []
  const {owners} = truth.topology
  const slots = SlotSet.of([...slotsOf(step)].filter((slot) => owners[slot] === source))
  if (slots.size === 0) return []
  const moved = {...step, slots: slots.toString(), source, target}
  if (moved.kind === 'migrate-slots' || moved.bigKeySlots === undefined) return [moved]
  const {bigKeySlots, ...plain} = moved
  const big = readSlots(bigKeySlots).intersection(slots)
  return [big.size === 0 ? plain : {...plain, bigKeySlots: big.toString()}]
}

function remainingMeet(step: StepOf<'meet'>, truth: Truth): readonly Step[] {
  const account = accountOf(truth, step.node)
  const peers = step.peers.filter(
    (peer) => !isAcquainted(account, peer) || !isAcquainted(accountOf(truth, peer), step.node),
  )
  return peers.length === 0 ? [] : [{...step, peers}]
}

function remainingAttachment(step: StepOf<'replicate'>, truth: Truth): readonly Step[] {
  const primary = successor(truth, step.primary) ?? step.primary
  const line = accountOf(truth, step.replica)?.line
  const isAttached = line?.flags.has('replica') === true && line.primaryId === primary
  // Promoted since, in the place of the very primary that it was to follow.
  return keptUnless({...step, primary}, isAttached || primary === step.replica)
}

/** Those who do not answer any more are not waited for. */
function remainingAgreement(step: StepOf<'wait-agreement'>, truth: Truth): readonly Step[] {
  const witnesses = step.nodes.flatMap((id) => accountOf(truth, id) ?? [])
  const isReached = disagreements(witnesses).length === 0
  return isReached ? [] : [{...step, nodes: witnesses.map(({id}) => id)}]
}

function remainingCollection(step: StepOf<'collect-keys'>, truth: Truth): readonly Step[] {
  const source = successor(truth, step.source)
  const target = successor(truth, step.target)
  if (source === undefined || target === undefined || source === target) return []
  const keys = truth.view.keysInSlot.get(step.slot)?.get(source)
  const isOpen = accountOf(truth, source)?.line.importing.has(step.slot) === true
  const isNeeded = truth.topology.owners[step.slot] === target && (keys !== 0 || isOpen)
  return isNeeded ? [{...step, source, target}] : []
}

/** Only what is still nobody's: a claim takes slots away from whoever serves them by now. A replica can take any, but serves none. */
function remainingClaim(step: StepOf<'claim-slots'>, truth: Truth): readonly Step[] {
  const node = successor(truth, step.node) ?? step.node
  return withSlots({...step, node}, slotsOf(step).minus(claimedByAnybody(truth)))
}

/** Right only as long as the owner that is to be named still claims the slots. */
function remainingAssignment(step: StepOf<'assign-slots'>, truth: Truth): readonly Step[] {
  const owned = slotsOf(step).intersection(claims(truth, step.owner))
  const account = accountOf(truth, step.node)
  if (account === undefined) return withSlots(step, owned)
  const credited = linesOf(account).find(({id}) => id === step.owner)?.slots ?? SlotSet.EMPTY
  return withSlots(step, owned.minus(credited).union(owned.intersection(marked(account))))
}

function keptUnless(step: Step, isDone: boolean): readonly Step[] {
  return isDone ? [] : [step]
}

function keptUnlessFinished(step: Step, {finished}: Truth): readonly Step[] {
  return keptUnless(step, finished(step))
}

function slotsOf({slots}: {readonly slots: string}): SlotSet {
  return readSlots(slots)
}

type SlotStep = StepOf<'add-slots' | 'claim-slots' | 'assign-slots' | 'close-slots' | 'del-slots'>

function withSlots(step: SlotStep, slots: SlotSet): readonly Step[] {
  return slots.size === 0 ? [] : [{...step, slots: slots.toString()}]
}

function claims({topology}: Truth, id: NodeId): SlotSet {
  return topology.nodes.find((node) => node.id === id)?.slots ?? SlotSet.EMPTY
}

function claimedByAnybody({view}: Truth): SlotSet {
  return view.nodes.reduce((all, {line}) => all.union(claimsOf(line)), SlotSet.EMPTY)
}

function marked(account: NodeView | undefined): SlotSet {
  const open: SlotId[] =
    account === undefined ? [] : [...account.line.migrating.keys(), ...account.line.importing.keys()]
  return SlotSet.of(open)
}

function knows(account: NodeView | undefined, id: NodeId): boolean {
  return account !== undefined && account.id !== id && linesOf(account).some((line) => line.id === id)
}

/** One who is still shaking hands may yet give up. */
function isAcquainted(account: NodeView | undefined, id: NodeId): boolean {
  return account?.peers.some((line) => line.id === id && !line.flags.has('handshake')) === true
}

/** As a reset leaves a node; a hard one takes the epoch too. */
function isBlank(account: NodeView | undefined, {mode}: StepOf<'reset'>): boolean {
  if (account === undefined) return false
  const {line, peers} = account
  return peers.length === 0 && line.slots.size === 0 && (mode === 'soft' || line.configEpoch === 0)
}
