/** What one node believes about who serves which slots, as one text: nodes agree exactly when their texts are equal. */
import type {NodeLine} from '../../model/cluster-nodes.js'
import type {NodeView} from './node-view.js'

/**
 * The configuration signature of one CLUSTER NODES reply, as redis-cli computes it: each line with slots gives `id:` and its
 * slot words sorted as text; the lines sorted as text and joined. Open slots, roles, epochs and nodes without slots do not
 * count. '' when the reply assigns no slot at all.
 */
export function slotsSignature(lines: readonly NodeLine[]): string {
  const entries: string[] = []
  for (const {id, slots} of lines) {
    if (slots.size > 0) entries.push(`${id}:${slots.toString().split(' ').sort().join(',')}`)
  }
  return entries.sort().join('|')
}

/** All lines of a node's account: its own first. */
export function linesOf(view: NodeView): readonly NodeLine[] {
  return [view.line, ...view.peers]
}

/**
 * Whether all accounts assign the slots alike. As in redis-cli a single account always agrees with itself, and several
 * that know of no slot at all do not agree.
 */
export function signaturesAgree(signatures: readonly string[]): boolean {
  const [first, ...others] = signatures
  if (first === undefined || others.length === 0) return true
  return first !== '' && others.every((signature) => signature === first)
}
