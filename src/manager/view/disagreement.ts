/** What keeps the accounts of several nodes from telling one story. */
import {formatAddress} from '../../model/address.js'
import type {NodeLine} from '../../model/cluster-nodes.js'
import type {NodeId} from '../../model/node-id.js'
import {SLOT_COUNT} from '../../model/slot.js'
import {SlotSet} from '../../model/slot-set.js'
import {assignmentOf, assigns} from './assignment.js'
import type {NodeView} from './node-view.js'

export interface Disagreement {
  readonly kind: 'unknown' | 'handshake' | 'slots' | 'role' | 'not-serving'
  /** Whose account is behind. */
  readonly node: NodeView
  /** About whom; the node itself when it is about its own state. */
  readonly about: NodeView
}

/**
 * Everything that still differs: nodes that do not know each other, other slots, other roles, and, once
 * all slots are covered, nodes that do not serve clients yet. Empty: they agree.
 */
export function disagreements(views: readonly NodeView[]): Disagreement[] {
  const found: Disagreement[] = []
  const first = views[0]
  if (first === undefined) return found
  const assignment = assignmentOf(first)
  const acquaintance = new Acquaintance(views)
  const covered = views.reduce((slots, view) => slots.union(view.line.slots), SlotSet.EMPTY).size === SLOT_COUNT
  for (const view of views) {
    acquaintance.of(view, (kind, about) => found.push({kind, node: view, about}))
    if (!assigns(view, assignment)) found.push({kind: 'slots', node: view, about: first})
    if (covered && !view.clusterOk) found.push({kind: 'not-serving', node: view, about: view})
  }
  return found
}

/** For an operator: `127.0.0.1:7000 does not know 127.0.0.1:7003 yet`, without the first address. */
export function describeDisagreement({kind, about}: Disagreement): string {
  const name = formatAddress(about.address)
  switch (kind) {
    case 'unknown':
      return `does not know ${name} yet`
    case 'handshake':
      return `could not finish its handshake with ${name} yet`
    case 'slots':
      return `does not agree with ${name} about the slots yet`
    case 'role':
      return `does not know the role of ${name} yet`
    case 'not-serving':
      return 'does not accept writes yet'
  }
}

/** Who knows whom. Most nodes say the same of a node, by the same line: what was found of it is remembered. */
class Acquaintance {
  readonly #views: readonly NodeView[]
  /** Where a node stands among the views. */
  readonly #places: ReadonlyMap<NodeId, number>
  readonly #judged: {line: NodeLine | undefined; kind: Disagreement['kind'] | undefined}[]

  constructor(views: readonly NodeView[]) {
    this.#views = views
    this.#places = new Map(views.map(({id}, place) => [id, place]))
    this.#judged = views.map(() => ({line: undefined, kind: 'unknown'}))
  }

  /** What this node does not know, or knows otherwise, of each of the others. */
  of(view: NodeView, report: (kind: Disagreement['kind'], about: NodeView) => void): void {
    const known = new Array<NodeLine | undefined>(this.#views.length)
    for (const line of view.peers) {
      const place = this.#places.get(line.id)
      if (place !== undefined) known[place] = line
    }
    for (let place = 0; place < this.#views.length; place++) {
      const about = this.#views[place]!
      if (about === view) continue
      const judged = this.#judged[place]!
      if (judged.line !== known[place]) {
        judged.line = known[place]
        judged.kind = compare(known[place], about)
      }
      if (judged.kind !== undefined) report(judged.kind, about)
    }
  }
}

function compare(line: NodeLine | undefined, about: NodeView): Disagreement['kind'] | undefined {
  if (line === undefined) return 'unknown'
  if (line.flags.has('handshake')) return 'handshake'
  if (line.primaryId !== about.line.primaryId || line.flags.has('replica') !== about.line.flags.has('replica')) {
    return 'role'
  }
  return undefined
}
