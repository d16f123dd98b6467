/** What keeps the accounts of several nodes from telling one story. */
import {formatAddress} from '../../model/address.js'
import type {NodeLine} from '../../model/cluster-nodes.js'
import type {NodeId} from '../../model/node-id.js'
import {SLOT_COUNT} from '../../model/slot.js'
import {SlotSet} from '../../model/slot-set.js'
import type {NodeView} from './node-view.js'
import {linesOf, slotsSignature} from './signature.js'

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
  const signature = slotsSignature(linesOf(first))
  const covered = views.reduce((slots, view) => slots.union(view.line.slots), SlotSet.EMPTY).size === SLOT_COUNT
  for (const view of views) {
    const known = new Map<NodeId, NodeLine>(view.peers.map((line) => [line.id, line]))
    for (const about of views) {
      if (about === view) continue
      const kind = compare(known.get(about.id), about)
      if (kind !== undefined) found.push({kind, node: view, about})
    }
    if (slotsSignature(linesOf(view)) !== signature) found.push({kind: 'slots', node: view, about: first})
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

function compare(line: NodeLine | undefined, about: NodeView): Disagreement['kind'] | undefined {
  if (line === undefined) return 'unknown'
  if (line.flags.has('handshake')) return 'handshake'
  if (line.primaryId !== about.line.primaryId || line.flags.has('replica') !== about.line.flags.has('replica')) {
    return 'role'
  }
  return undefined
}
