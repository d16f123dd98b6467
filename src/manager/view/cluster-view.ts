/** All accounts side by side, and who stayed silent. */
import type {Address} from '../../model/address.js'
import type {NodeLine} from '../../model/cluster-nodes.js'
import type {NodeId} from '../../model/node-id.js'
import type {SlotId} from '../../model/slot.js'
import type {ErrorInfo} from '../error-info.js'
import type {NodeView} from './node-view.js'

export interface ClusterView {
  /** The address through which the cluster was entered, as typed: what the commands that we suggest name. */
  readonly entry: Address
  /** The entry first, then the others in the entry's order, then those whom it does not know. Never empty. */
  readonly nodes: readonly NodeView[]
  /** Named by the entry, or by another node that answered, but without an answer. */
  readonly silent: readonly SilentNode[]
  /** Keys per node in doubtful slots: open ones, uncovered ones, and those that several nodes claim. */
  readonly keysInSlot: ReadonlyMap<SlotId, ReadonlyMap<NodeId, number>>
}

export interface SilentNode {
  /** What the entry says of it or, where the entry does not know it, the first that does. */
  readonly line: NodeLine
  readonly error: ErrorInfo
}
