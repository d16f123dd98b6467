/**
 * A primary that was out of reach may have been replaced, and be the last to hear of it. To give it a slot, or to let it give one away,
 * makes a new epoch, with which it (or whoever it gives the slot to) would be believed: what clients have written to its heir would be
 * lost. The other end of the move knows better: it stands with the majority, or has at least heard of the election.
 */
import {formatAddress} from '../../../model/address.js'
import {ManagerError} from '../../error.js'
import {linesOf} from '../../view/lines.js'
import type {NodeView} from '../../view/node-view.js'

/** @throws ManagerError `stale-plan` when one of the two credits slots of the other to a third node, by right of its epoch */
export function assertNotReplaced(one: NodeView, other: NodeView): void {
  for (const [node, witness] of [
    [one, other],
    [other, one],
  ] as const) {
    const heir = linesOf(witness).find(({id, slots, configEpoch}) => {
      return (
        id !== node.id && id !== witness.id && configEpoch >= node.line.configEpoch && slots.intersects(node.line.slots)
      )
    })
    if (heir === undefined) continue
    throw new ManagerError('stale-plan', `was replaced by ${formatAddress(heir.address)} and has not heard of it yet`, {
      node: formatAddress(node.address),
      hint: 'run the command again: it plans anew',
    })
  }
}
