/** Who an operation is, as others on the same cluster see it. */
import {randomBytes} from 'node:crypto'
import os from 'node:os'
import type {Claimant} from '../../manager/execute/claim/claimant.js'
import type {ManagerClock} from '../../manager/ports.js'
import type {Renderer} from '../render/renderer.js'
import type {World} from '../world.js'

export function newOperationId(): string {
  return randomBytes(8).toString('hex')
}

export interface ClaimingOperation {
  readonly id: string
  /** The command: `reshard`. */
  readonly operation: string
  /** `--force-unlock` */
  readonly force: boolean
}

export function claimantOf(
  {id, operation, force}: ClaimingOperation,
  {clock}: Pick<World, 'clock'>,
  teller: Pick<Renderer, 'note' | 'warn'>,
): Claimant {
  return {
    owner: {
      id,
      run: randomBytes(4).toString('hex'),
      operation,
      user: userName(),
      host: os.hostname(),
      sinceMs: Date.now(),
    },
    force,
    clock: sleeplessClock(clock, Date.now),
    wallMs: Date.now,
    note: (message) => teller.note(message),
    warn: (message) => teller.warn(message),
  }
}

/** Never goes back, and goes on while the machine is suspended, when the clock of the process may stand still. */
export function sleeplessClock(clock: ManagerClock, wallMs: () => number): ManagerClock {
  let steadyMs = clock.nowMs()
  let dayMs = wallMs()
  let nowMs = steadyMs
  return {
    nowMs: () => {
      const [steady, day] = [clock.nowMs(), wallMs()]
      nowMs += Math.max(0, steady - steadyMs, day - dayMs)
      steadyMs = steady
      dayMs = day
      return nowMs
    },
    sleep: (ms, signal) => clock.sleep(ms, signal),
  }
}

/** A process in a container may run as a user who has no name. */
function userName(): string {
  try {
    return os.userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
