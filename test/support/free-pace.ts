/** The pace of a lane that nobody holds back, for runners that are given a context by hand. */
import type {LanePace} from '../../src/manager/execute/pace/lane-pace.js'
import {Pace} from '../../src/manager/execute/pace/pace.js'
import {NO_LIMITS} from '../../src/manager/plan/pace-limits.js'
import type {ManagerClock} from '../../src/manager/ports.js'

export function freePace(clock: ManagerClock): LanePace {
  const never = new AbortController().signal
  const ends = {
    connect: () => Promise.reject(new Error('nobody is asked')),
    stop: never,
    kill: never,
    note: () => undefined,
  }
  return new Pace(NO_LIMITS, clock).enter(ends, [])
}
