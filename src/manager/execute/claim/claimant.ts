/** Who wants to work on a cluster, and what it needs from outside to find out whether it may. */
import type {ClaimOwner} from '../../claim-owner.js'
import type {ManagerClock} from '../../ports.js'
import type {ClaimTerms} from './terms.js'

export interface Claimant {
  readonly owner: ClaimOwner
  /** Ends the claim of whoever works on the cluster, dead or alive. */
  readonly force: boolean
  /** Must go on while the machine sleeps: what others take for dead must know it itself. */
  readonly clock: ManagerClock
  /** The time of day, Unix ms. */
  readonly wallMs: () => number
  readonly note: (message: string) => void
  readonly warn: (message: string) => void
  readonly terms?: ClaimTerms
}
