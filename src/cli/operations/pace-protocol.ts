/** What `tscluster pace` says to an operation that runs, and what that answers. Either may be of another version. */
import type {PaceChange} from '../../manager/execute/pace/pace.js'
import type {PaceLimits} from '../../manager/plan/pace-limits.js'
import type {ProgressReport} from '../progress-tally.js'

/** Without a change: only how far it is. */
export interface PaceRequest {
  readonly changes: readonly PaceChange[]
}

export type PaceAnswer =
  | {readonly did: 'report'; readonly report: ProgressReport; readonly latencyMs: number | null}
  | {readonly did: 'fail'; readonly error: string}

const LIMITS: readonly (keyof PaceLimits)[] = ['maxLatencyMs', 'bytesPerSecond', 'keysPerSecond']

/** All of them, or none: half of what was asked for is not what was asked for. @throws Error naming what is not understood */
export function readChanges(request: PaceRequest): readonly PaceChange[] {
  for (const change of request.changes) {
    if (!isChange(change)) throw new Error(`it knows no change ${JSON.stringify(change)}`)
  }
  return request.changes
}

function isChange(change: PaceChange): boolean {
  switch (change.do) {
    case 'pause':
    case 'resume':
    case 'slower':
    case 'faster':
    case 'no-limit':
      return true
    case 'limit':
      return Object.entries(change.limits).every(
        ([name, value]) => LIMITS.some((each) => each === name) && isLimit(value),
      )
    default:
      return false
  }
}

function isLimit(value: number | null): boolean {
  return value === null || (Number.isFinite(value) && value > 0)
}
