/** What `tscluster pace` says to an operation that runs, and what that answers. */
import type {PaceChange} from '../../manager/execute/pace/pace.js'
import type {ProgressReport} from '../progress-tally.js'

/** Without a change: only how far it is. */
export interface PaceRequest {
  readonly changes: readonly PaceChange[]
}

export type PaceAnswer =
  | {readonly did: 'report'; readonly report: ProgressReport; readonly latencyMs: number | null}
  | {readonly did: 'fail'; readonly error: string}
