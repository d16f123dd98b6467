/** From where to where keys go, and how. */
import type {Address} from '../../../model/address.js'
import type {PlanSettings} from '../../plan/plan.js'
import type {Credentials, ManagerClock, NodeClient} from '../../ports.js'

export interface Route {
  readonly source: NodeClient
  /** For questions about keys that the target has already: in the same database as `source`. */
  readonly target: NodeClient
  readonly targetAddress: Address
  readonly database: number
  /** What the target asks of who logs in. */
  readonly credentials: Credentials
  readonly settings: PlanSettings
  readonly clock: ManagerClock
  readonly keepAtSource: boolean
  /** The slots are not on their way, as they are while they migrate: nobody needs to say ASKING. */
  readonly settled?: boolean
}
