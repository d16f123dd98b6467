/**
 * Waiting with a bound: the limit counts from the last progress, not from the start. Progress is that fewer obstacles are left
 * than ever before, or that a slow one moves: obstacles that only come and go are none.
 */
import {ManagerError} from '../error.js'
import type {StepContext} from './step-context.js'
import {interrupted} from './step-context.js'

const FIRST_PAUSE_MS = 4
const LONGEST_PAUSE_MS = 50
const TELL_AFTER_MS = 2_000

export interface Obstacle {
  /** What is still missing, for the operator. */
  readonly reason: string
  /** `host:port` of the node at fault, where one is. */
  readonly node?: string
  readonly hint?: string
  /** Changes as long as the work behind the obstacle goes on: bytes left, say. */
  readonly pace?: string
}

/**
 * Asks `look` again and again, a little more rarely each time, until it reports no obstacle.
 * @throws ManagerError `timed-out` naming the first obstacle when nothing moves for `settings.timeoutMs`
 */
export async function waitUntilClear(context: StepContext, look: () => Promise<readonly Obstacle[]>): Promise<void> {
  const {clock, settings, emit, id} = context
  let pauseMs = FIRST_PAUSE_MS
  let fewest = Infinity
  let pace = ''
  let progressAt = clock.nowMs()
  let toldAt = clock.nowMs()
  for (;;) {
    const obstacles = await look()
    const first = obstacles[0]
    if (first === undefined) return
    if (context.kill.aborted || context.stop.aborted) throw interrupted()
    const nowMs = clock.nowMs()
    const paceNow = obstacles.flatMap((obstacle) => obstacle.pace ?? []).join('\n')
    if (obstacles.length < fewest || paceNow !== pace) progressAt = nowMs
    fewest = Math.min(fewest, obstacles.length)
    pace = paceNow
    if (nowMs - progressAt > settings.timeoutMs) throw stuck(obstacles, settings.timeoutMs)
    if (nowMs - toldAt > TELL_AFTER_MS) {
      toldAt = nowMs
      emit({
        kind: 'waiting',
        step: id,
        reason: first.node === undefined ? first.reason : `${first.node} ${first.reason}`,
      })
    }
    await clock.sleep(pauseMs, context.stop)
    pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 1.5)
  }
}

function stuck(obstacles: readonly Obstacle[], limitMs: number): ManagerError {
  const [first] = obstacles
  const more = obstacles.length === 1 ? '' : ` (and ${obstacles.length - 1} more)`
  return new ManagerError(
    'timed-out',
    `${first!.reason}${more}, without progress for ${Math.round(limitMs / 1000)} s`,
    {
      node: first!.node,
      hint: first!.hint,
    },
  )
}
