/** The pace of a lane, for runners that are given a context by hand. */
import type {LanePace} from '../../src/manager/execute/pace/lane-pace.js'
import {Pace} from '../../src/manager/execute/pace/pace.js'
import {NO_LIMITS} from '../../src/manager/plan/pace-limits.js'
import type {ManagerClock} from '../../src/manager/ports.js'

interface Signals {
  readonly stop: AbortSignal
  readonly kill: AbortSignal
}

/** One that nobody holds back. */
export function freePace(clock: ManagerClock): LanePace {
  const never = new AbortController().signal
  return openPace(clock, {stop: never, kill: never}).lane
}

/** One that `pace` steers; its nodes are not asked how they feel. */
export function openPace(clock: ManagerClock, signals: Signals): {readonly pace: Pace; readonly lane: LanePace} {
  const pace = new Pace(NO_LIMITS, clock)
  const connect = (): Promise<never> => Promise.reject(new Error('nobody is asked'))
  return {pace, lane: pace.enter({...signals, connect, note: () => undefined}, [])}
}
