/** Do all nodes tell the same story: who serves which slots, who is there, and in which role? */
import type {NodeId} from '../../model/node-id.js'
import {SLOT_COUNT, type SlotId} from '../../model/slot.js'
import {SlotSet} from '../../model/slot-set.js'
import type {ClusterView} from '../view/cluster-view.js'
import {assignmentsAgree, assigns, type Assignment} from '../view/assignment.js'
import {disagreements, type Disagreement} from '../view/disagreement.js'
import {linesOf} from '../view/lines.js'
import type {NodeView} from '../view/node-view.js'
import {toTopology} from '../view/topology.js'
import {finding, type Finding} from './finding.js'
import {command, counted, groupBy, listNames, nameOf, subjectOf} from './naming.js'

/** By slot; `null` where nobody is believed to serve it. */
type Owners = readonly (NodeId | null)[]

/** Whether all nodes assign the slots alike, as redis-cli compares them. */
export function nodesAgree(view: ClusterView): boolean {
  return assignmentsAgree(view.nodes)
}

export function checkAgreement(view: ClusterView): Finding[] {
  return [...checkSlotAgreement(view), ...checkMembership(view)]
}

/** One slot that one node sees otherwise than the cluster. */
export interface Dissent {
  readonly slot: SlotId
  readonly node: NodeView
  readonly believes: NodeId | null
  /** Who claims the slot or, when nobody does, whom most nodes believe to serve it. */
  readonly owner: NodeId | null
}

/** Where single accounts differ from what the claimants say of themselves. Empty exactly when all nodes agree. */
export function findDissent(view: ClusterView): Dissent[] {
  if (nodesAgree(view)) return []
  const owners = referenceOwners(view)
  const reference = assignmentBySlot(owners)
  const dissent: Dissent[] = []
  for (const node of view.nodes) {
    if (assigns(node, reference)) continue
    const believed = believedOwners(node)
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      const [believes, owner] = [believed[slot]!, owners[slot]!]
      if (believes !== owner) dissent.push({slot, node, believes, owner})
    }
  }
  return dissent
}

function checkSlotAgreement(view: ClusterView): Finding[] {
  if (nodesAgree(view)) return []
  const byNode = groupBy(findDissent(view), ({node}) => node)
  const remedy = command(view, 'fix')
  if (byNode.size === 0) return [finding('slots-disagree', 'error', 'No node knows of any slot.', {remedy})]
  return [...byNode].map(([node, dissent]) => {
    const slots = SlotSet.of(dissent.map(({slot}) => slot))
    return finding('slots-disagree', 'error', describeDissent(view, dissent), {
      node: subjectOf(node),
      slots: slots.toString(),
      remedy,
    })
  })
}

function describeDissent(view: ClusterView, dissent: readonly Dissent[]): string {
  const [first, ...others] = [...groupBy(dissent, ({believes, owner}) => `${believes} ${owner}`).values()]
  const {believes, owner} = first![0]!
  const name = (id: NodeId | null): string => (id === null ? 'nobody' : nameOf(view, id))
  const more = others.length === 0 ? '' : `, and ${counted(others.length, 'more difference')}`
  return `credits ${counted(first!.length, 'slot')} to ${name(believes)}, the cluster to ${name(owner)}${more}`
}

function checkMembership(view: ClusterView): Finding[] {
  const found = disagreements(view.nodes).filter((each) => !isOfUnknownPrimary(each))
  const remedy = command(view, 'fix')
  const about = (kind: string): Map<NodeView, string[]> => {
    const nodes = groupBy(
      found.filter((each) => each.kind === kind),
      (each) => each.about,
    )
    return new Map([...nodes].map(([node, all]) => [node, all.map((each) => nameOf(view, each.node.id))]))
  }
  const strangers = [...about('unknown')].map(([node, by]) =>
    finding('node-unknown', 'warning', `is not known to ${listNames(by)}`, {node: subjectOf(node), remedy}),
  )
  const misread = [...about('role')].map(([node, by]) =>
    finding(
      'role-disagree',
      'warning',
      `${describeRole(view, node)}, but ${listNames(by)} ${by.length === 1 ? 'sees' : 'see'} it otherwise`,
      {
        node: subjectOf(node),
        remedy,
      },
    ),
  )
  return [...strangers, ...misread]
}

/** Who does not know the primary of a replica cannot say whose replica it is: that is a finding of its own. */
function isOfUnknownPrimary({kind, node, about}: Disagreement): boolean {
  const {primaryId} = about.line
  return kind === 'role' && primaryId !== null && !linesOf(node).some(({id}) => id === primaryId)
}

function describeRole(view: ClusterView, {line}: NodeView): string {
  if (line.primaryId !== null) return `is a replica of ${nameOf(view, line.primaryId)} by its own account`
  return 'is a primary by its own account'
}

function assignmentBySlot(owners: Owners): Assignment {
  const slots = groupBy(owners.keys(), (slot) => owners[slot]!)
  return new Map([...slots].flatMap(([id, list]) => (id === null ? [] : [[id, SlotSet.of(list)]])))
}

function believedOwners(node: NodeView): Owners {
  const owners = new Array<NodeId | null>(SLOT_COUNT).fill(null)
  for (const {id, slots} of linesOf(node)) for (const slot of slots) owners[slot] = id
  return owners
}

/** Who claims a slot; where nobody does, who is believed to. */
function referenceOwners(view: ClusterView): Owners {
  const {owners} = toTopology(view)
  const unclaimed = owners.flatMap((owner, slot) => (owner === null ? [slot] : []))
  if (unclaimed.length === 0) return owners
  const beliefs = view.nodes.map((node) => {
    const believed = believedOwners(node)
    return new Map(unclaimed.map((slot) => [slot, believed[slot]!]))
  })
  return owners.map((owner, slot) => owner ?? mostBelieved(beliefs.map((believed) => believed.get(slot) ?? null)))
}

/** On a tie the one that was named first: the entry's. */
function mostBelieved(beliefs: readonly (NodeId | null)[]): NodeId | null {
  let most: readonly [NodeId | null, readonly (NodeId | null)[]] = [null, []]
  for (const group of groupBy(beliefs, (id) => id)) if (group[1].length > most[1].length) most = group
  return most[0]
}
