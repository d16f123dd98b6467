/** The pace of one operation, on the clock: the operator steers it while its lanes ask it before every batch. */
import type {NodeId} from '../../../model/node-id.js'
import {NO_LIMITS, type PaceLimits} from '../../plan/pace-limits.js'
import type {ManagerClock} from '../../ports.js'
import {LanePace, type LaneEnds} from './lane-pace.js'
import {LatencyProbes} from './latency-probe.js'
import {PaceControl, type PaceState} from './pace-control.js'

/** What an operator may ask for. */
export type PaceChange =
  | {readonly do: 'pause' | 'resume' | 'slower' | 'faster' | 'no-limit'}
  | {readonly do: 'limit'; readonly limits: Partial<PaceLimits>}

export class Pace {
  readonly #clock: ManagerClock
  readonly #control: PaceControl
  readonly #probes: LatencyProbes
  readonly #lanes = new Set<LanePace>()
  readonly #told = new Set<string>()
  readonly #listeners = new Set<(state: PaceState) => void>()

  constructor(limits: PaceLimits | undefined, clock: ManagerClock) {
    this.#clock = clock
    this.#probes = new LatencyProbes(clock)
    this.#control = new PaceControl(limits ?? NO_LIMITS)
  }

  get state(): PaceState {
    return this.#control.state
  }

  /** The slowest answer of any node in the last second, ms; `null` while nothing is measured. */
  get latencyMs(): number | null {
    const measured = [...this.#lanes].flatMap((lane) => lane.latencyMs ?? [])
    return measured.length === 0 ? null : Math.max(...measured)
  }

  /** Hears of every change. */
  onChange(listener: (state: PaceState) => void): void {
    this.#listeners.add(listener)
  }

  /** Takes effect with the next batch of each lane. */
  change(change: PaceChange): void {
    const before = JSON.stringify(this.state)
    this.#apply(change)
    if (JSON.stringify(this.state) === before) return
    this.#told.clear()
    for (const lane of this.#lanes) lane.reconsider()
    for (const listener of this.#listeners) listener(this.state)
  }

  /** For one step that moves keys; `leave` ends it. */
  enter(ends: LaneEnds, nodes: readonly NodeId[]): LanePace {
    const lane = new LanePace(
      {control: this.#control, probes: this.#probes, clock: this.#clock, told: this.#told},
      ends,
      nodes,
    )
    this.#lanes.add(lane)
    return lane
  }

  leave(lane: LanePace): void {
    this.#lanes.delete(lane)
    lane.close()
  }

  #apply(change: PaceChange): void {
    const nowMs = this.#clock.nowMs()
    switch (change.do) {
      case 'pause':
        return this.#control.pause(nowMs)
      case 'resume':
        return this.#control.resume()
      case 'slower':
        return this.#control.slower(nowMs)
      case 'faster':
        return this.#control.faster(nowMs)
      case 'no-limit':
        return this.#control.unlimit(nowMs)
      case 'limit':
        return this.#control.limit(change.limits, nowMs)
    }
  }
}
