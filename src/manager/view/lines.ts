/** What the accounts of a cluster say of its nodes, looked through once for all questions. */
import type {NodeLine} from '../../model/cluster-nodes.js'
import type {NodeFlag} from '../../model/node-flags.js'
import type {NodeId} from '../../model/node-id.js'
import type {NodeView} from './node-view.js'

/** By the accounts as they were gathered: these never change, and neither does what is found in them. */
const DISTINCT = new WeakMap<readonly NodeView[], ReadonlySet<NodeLine>>()
const BY_SUBJECT = new WeakMap<readonly NodeView[], ReadonlyMap<NodeId, readonly NodeLine[]>>()

/** All lines of a node's account: its own first. */
export function linesOf(view: NodeView): readonly NodeLine[] {
  return [view.line, ...view.peers]
}

/**
 * Each line once, in the order of first appearance. Accounts that were read together share what they say alike: of the million lines
 * of 1000 nodes some 2000 are left. For questions to which it does not matter who said it.
 */
export function distinctLines(nodes: readonly NodeView[]): ReadonlySet<NodeLine> {
  const known = DISTINCT.get(nodes)
  if (known !== undefined) return known
  const lines = new Set<NodeLine>()
  for (const {line, peers} of nodes) {
    lines.add(line)
    for (const peer of peers) lines.add(peer)
  }
  DISTINCT.set(nodes, lines)
  return lines
}

/** Those of the distinct lines that have this flag; mostly none, and then nobody need be asked who said it. */
export function linesFlagged(nodes: readonly NodeView[], flag: NodeFlag): ReadonlySet<NodeLine> {
  const flagged = new Set<NodeLine>()
  for (const line of distinctLines(nodes)) if (line.flags.has(flag)) flagged.add(line)
  return flagged
}

/** What each of the nodes says of `id`, in their order; who does not know it says nothing. */
export function linesAboutNode(nodes: readonly NodeView[], id: NodeId): readonly NodeLine[] {
  let lines = BY_SUBJECT.get(nodes)
  if (lines === undefined) BY_SUBJECT.set(nodes, (lines = bySubject(nodes)))
  return lines.get(id) ?? []
}

function bySubject(nodes: readonly NodeView[]): ReadonlyMap<NodeId, readonly NodeLine[]> {
  const lines = new Map<NodeId, NodeLine[]>()
  for (const node of nodes) {
    for (const line of linesOf(node)) {
      const others = lines.get(line.id)
      if (others === undefined) lines.set(line.id, [line])
      else others.push(line)
    }
  }
  return lines
}
