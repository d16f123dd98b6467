/** What can be compared: a cluster, a server, a backup. */
import type {SlotSet} from '../../model/slot-set.js'
import type {TakeKey} from './key-record.js'

export interface Side {
  /** As the operator named it. */
  readonly name: string
  /**
   * Tells every key of `slots` that is there all the while, in any order; one key may come twice. May be called again.
   * @throws ManagerError when not all of it can be read
   */
  read(slots: SlotSet, take: TakeKey): Promise<void>
}
