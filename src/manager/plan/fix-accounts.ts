/** Repairs of what nodes remember: accounts that differ, markers of replicas, and ids of nodes that are gone. */
import type {NodeId} from '../../model/node-id.js'
import {SlotSet} from '../../model/slot-set.js'
import {findDissent, type Dissent} from '../check/agreement.js'
import {uncoveredSlots} from '../check/coverage.js'
import {claimsOf} from '../check/doubtful-slots.js'
import type {Finding} from '../check/finding.js'
import {counted, groupBy, listNames, nameOf} from '../check/naming.js'
import {staleMarkers} from '../check/open-slots.js'
import {ghosts} from '../check/reachability.js'
import type {ClusterView} from '../view/cluster-view.js'
import type {NodeView} from '../view/node-view.js'
import {lossless, type Remedy} from './fix-action.js'
import {claimants, winner, type Actor, type FixPicture} from './fix-picture.js'
import type {Step} from './step.js'

/** Whatever gossip settles by itself, given a push and some time. */
const SETTLED_BY_GOSSIP = ['slots-disagree', 'node-unknown', 'role-disagree', 'epoch-collision', 'handshake']

export function fixAccounts(picture: FixPicture, findings: readonly Finding[]): Remedy[] {
  const {view} = picture
  return [
    ...fixStaleAccounts(picture),
    ...fixStaleMarkers(view),
    ...forgetGhosts(view),
    ...awaitGossip(picture, findings),
  ]
}

/**
 * The nodes that can be expected to agree: not those that are loading, nor replicas that have lost their primary. Where one of them
 * is promoted in its place, the others follow that one.
 */
export function settledNodes({view, absent}: FixPicture): NodeId[] {
  const succeeded = new Set(absent.flatMap(({id, heir}) => (heir === null ? [] : [id])))
  const follows = ({line}: NodeView): boolean => line.primaryId !== null && succeeded.has(line.primaryId)
  return view.nodes
    .filter((node) => !node.server.loading && (node.server.primaryLinkUp !== false || follows(node)))
    .map(({id}) => id)
}

interface StaleAccount extends Dissent {
  readonly claimant: Actor
}

/**
 * A node believes another owner than the one that claims the slot, and holds that other's config epoch to be no lower: then
 * the claimant's gossip is not believed, however long one waits. A primary is told; for a replica, which takes no SETSLOT,
 * the claimant claims anew, with a higher epoch.
 */
function fixStaleAccounts(picture: FixPicture): Remedy[] {
  const {view} = picture
  const stale = findStaleAccounts(picture)
  const groups = groupBy(stale, ({node, claimant}) => `${node.line.flags.has('replica') ? '' : node.id} ${claimant.id}`)
  return [...groups.values()].map((group) => {
    const {node, claimant} = group[0]!
    const slots = SlotSet.of(group.map(({slot}) => slot)).toString()
    const toReplica = node.line.flags.has('replica')
    const step: Step = toReplica
      ? {kind: 'claim-slots', node: claimant.id, slots}
      : {kind: 'assign-slots', node: node.id, slots, owner: claimant.id}
    const owner = nameOf(view, claimant.id)
    const action = lossless({
      title: toReplica
        ? `claim slots ${slots} anew for ${owner}`
        : `tell ${nameOf(view, node.id)} that slots ${slots} belong to ${owner}`,
      case: 'stale-account',
      slots,
      owner: claimant.id,
      steps: [step],
    })
    return {action, codes: ['slots-disagree'], nodes: group.map((each) => each.node.id)}
  })
}

/** Open and contested slots apart: their own repair tells everybody. */
function findStaleAccounts(picture: FixPicture): StaleAccount[] {
  const {view} = picture
  return findDissent(view).flatMap((dissent): StaleAccount[] => {
    const {slot, node, believes} = dissent
    const claiming = claimants(picture, slot)
    if (believes === null || claiming.length !== 1 || claimsOf(node.line).has(slot)) return []
    const claimant = winner(claiming)
    const believed = node.id === believes ? node.line : node.peers.find(({id}) => id === believes)
    const gossipWins = claimant.configEpoch > (believed?.configEpoch ?? 0)
    return gossipWins || isOpen(picture, slot) ? [] : [{...dissent, claimant}]
  })
}

function isOpen({actors}: FixPicture, slot: number): boolean {
  return actors.some(({migrating, importing}) => migrating.has(slot) || importing.has(slot))
}

/** SETSLOT STABLE through the primary reaches its replicas: Valkey replicates it. */
function fixStaleMarkers(view: ClusterView): Remedy[] {
  const replicas = view.nodes.filter(({line, server}) => line.primaryId !== null && server.product === 'valkey')
  return replicas.flatMap((replica): Remedy[] => {
    const slots = staleMarkers(view, replica)
    if (slots.size === 0) return []
    const primary = replica.line.primaryId!
    const action = lossless({
      title: `close ${counted(slots.size, 'slot')} on ${nameOf(view, replica.id)} through its primary ${nameOf(view, primary)}`,
      case: 'stale-marker',
      slots: slots.toString(),
      steps: [{kind: 'close-slots', node: primary, slots: slots.toString()}],
    })
    return [{action, codes: ['stale-marker'], nodes: [replica.id]}]
  })
}

/** All at once: one node that still remembers would tell the others again. */
function forgetGhosts(view: ClusterView): Remedy[] {
  const nodes = view.nodes.map(({id}) => id)
  return ghosts(view).map(({line, knownBy}) => {
    const action = lossless({
      title: `make ${listNames(knownBy.map(({id}) => nameOf(view, id)))} forget ${nameOf(view, line.id)}, which is gone`,
      case: 'ghost',
      source: line.id,
      steps: [
        ...knownBy.map(({id}): Step => ({kind: 'forget', node: line.id, by: id})),
        {kind: 'wait-forgotten', node: line.id, nodes},
      ],
    })
    return {action, codes: ['ghost'], nodes: [line.id]}
  })
}

function awaitGossip(picture: FixPicture, findings: readonly Finding[]): Remedy[] {
  const covered = uncoveredSlots(picture.view).size === 0
  const codes = covered ? [...SETTLED_BY_GOSSIP, 'cluster-down'] : SETTLED_BY_GOSSIP
  if (!findings.some(({code}) => codes.includes(code))) return []
  const action = lossless({
    title: 'make the nodes talk to each other until they agree',
    case: 'agreement',
    steps: [{kind: 'wait-agreement', nodes: settledNodes(picture), push: true}],
  })
  return [{action, codes, nodes: []}]
}
