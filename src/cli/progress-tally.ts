/** How far a plan is, reckoned from its events: for the progress lines and for whoever asks from another terminal. */
import type {ExecutionEvent, StepId} from '../manager/execute/event.js'
import type {PaceState} from '../manager/execute/pace/pace-control.js'
import {RateMeter} from '../manager/execute/pace/rate-meter.js'
import {NO_LIMITS} from '../manager/plan/pace-limits.js'
import {stepCount, type Plan} from '../manager/plan/plan.js'
import {movesKeys, type Step} from '../manager/plan/step.js'
import type {NodeId} from '../model/node-id.js'
import {SlotSet} from '../model/slot-set.js'

/** Done and expected; `all` is `null` while it is not known. */
export interface Part {
  readonly done: number
  readonly all: number | null
}

export interface LaneEnd {
  readonly id: NodeId
  /** `host:port`, as in the plan; the id where it does not say. */
  readonly address: string
}

export interface LaneProgress {
  readonly step: StepId
  readonly source: LaneEnd
  readonly target: LaneEnd
  readonly slots: Part
  readonly keys: Part
  readonly bytes: number
  readonly keysPerSecond: number
  /** Of an atomic migration's stream, where the server tells. */
  readonly bytesLeft: number | null
  /** What it waits for; '' when it moves. */
  readonly waiting: string
}

export interface ProgressReport {
  readonly phase: string
  readonly elapsedMs: number
  readonly steps: Part
  readonly slots: Part
  readonly keys: Part
  readonly bytes: number
  readonly keysPerSecond: number
  readonly bytesPerSecond: number
  /** `null` while nothing can be said. */
  readonly leftMs: number | null
  /** What is waited for where no lane runs; '' otherwise. */
  readonly waiting: string
  /** Those that run now, in the order of their steps. */
  readonly lanes: readonly LaneProgress[]
  readonly pace: PaceState
}

interface Lane {
  readonly step: StepId
  readonly source: LaneEnd
  readonly target: LaneEnd
  readonly slots: number
  slotsDone: number
  keys: number | null
  bytes: number
  bytesLeft: number | null
  waiting: string
  readonly meter: RateMeter
}

const AT_FULL_SPEED: PaceState = {paused: false, speed: 1, limits: NO_LIMITS}

export class ProgressTally {
  readonly #addresses: ReadonlyMap<NodeId, string>
  readonly #steps: number
  readonly #slots: number
  /** Steps that move keys. */
  readonly #movers: number
  /** By step, what it had moved and what it counted then. */
  readonly #expected = new Map<StepId, number>()
  readonly #startedMs: number
  readonly #keys: RateMeter
  readonly #bytes: RateMeter
  readonly #lanes = new Map<StepId, Lane>()
  #phase = ''
  #waiting = ''
  #stepsDone = 0
  #slotsDone = 0
  #pace: PaceState

  constructor(plan: Plan, nowMs: number) {
    this.#addresses = new Map(plan.nodes.map(({id, address}) => [id, address]))
    const steps = plan.phases.flatMap((phase) => phase.steps)
    this.#steps = stepCount(plan)
    this.#slots = steps.reduce((sum, step) => sum + slotsMovedBy(step), 0)
    this.#movers = steps.filter(movesKeys).length
    this.#startedMs = nowMs
    this.#keys = new RateMeter(nowMs)
    this.#bytes = new RateMeter(nowMs)
    this.#pace = {...AT_FULL_SPEED, limits: plan.settings.pace ?? NO_LIMITS}
  }

  event(event: ExecutionEvent, nowMs: number): void {
    switch (event.kind) {
      case 'phase-started':
        this.#phase = event.title
        this.#waiting = ''
        break
      case 'step-started':
        this.#begin(event.step, event.does, nowMs)
        break
      case 'step-finished':
        this.#stepsDone++
        // One that found its work done has counted nothing.
        if (this.#lanes.delete(event.step) && !this.#expected.has(event.step)) this.#expected.set(event.step, 0)
        break
      case 'step-failed':
        this.#lanes.delete(event.step)
        break
      case 'slot-moved':
        this.#slotsDone++
        this.#change(event.step, (lane) => lane.slotsDone++)
        break
      case 'keys-moved':
        this.#moved(event.step, event.keys, event.bytes ?? 0, nowMs)
        break
      case 'keys-counted':
        this.#count(event.step, event.keys)
        break
      case 'waiting':
        this.#wait(event.step, event.reason, event.bytesLeft)
        break
      case 'pace-changed':
        this.#pace = {paused: event.paused, speed: event.speed, limits: event.limits}
        this.#restartMeters(nowMs)
        break
      default:
        break
    }
  }

  report(nowMs: number): ProgressReport {
    const elapsedMs = nowMs - this.#startedMs
    const counted = [...this.#expected.values()]
    const all = counted.length < this.#movers ? null : counted.reduce((sum, each) => sum + each, 0)
    const keys = {done: this.#keys.total, all}
    return {
      phase: this.#phase,
      elapsedMs: Math.round(elapsedMs),
      steps: {done: this.#stepsDone, all: this.#steps},
      slots: {done: this.#slotsDone, all: this.#slots},
      keys,
      bytes: this.#bytes.total,
      keysPerSecond: Math.round(this.#keys.perSecond(nowMs)),
      bytesPerSecond: Math.round(this.#bytes.perSecond(nowMs)),
      leftMs: this.#pace.paused ? null : this.#leftMs(keys, nowMs),
      waiting: this.#lanes.size > 0 ? '' : this.#waiting,
      lanes: [...this.#lanes.values()].map((lane) => laneProgress(lane, nowMs)),
      pace: this.#pace,
    }
  }

  #restartMeters(nowMs: number): void {
    const lanes = [...this.#lanes.values()].map(({meter}) => meter)
    for (const meter of [this.#keys, this.#bytes, ...lanes]) meter.restart(nowMs)
  }

  #begin(step: StepId, does: Step, nowMs: number): void {
    if (does.kind !== 'move-slots' && does.kind !== 'migrate-slots') return
    this.#lanes.set(step, {
      step,
      source: this.#endOf(does.source),
      target: this.#endOf(does.target),
      slots: slotsMovedBy(does),
      slotsDone: 0,
      keys: null,
      bytes: 0,
      bytesLeft: null,
      waiting: '',
      meter: new RateMeter(nowMs),
    })
  }

  #moved(step: StepId, keys: number, bytes: number, nowMs: number): void {
    this.#keys.add(nowMs, keys)
    this.#bytes.add(nowMs, bytes)
    this.#change(step, (lane) => {
      lane.meter.add(nowMs, keys)
      lane.bytes += bytes
      lane.waiting = ''
      lane.bytesLeft = null
    })
  }

  /** A step that goes on in another way counts once more what is left. */
  #count(step: StepId, left: number): void {
    const lane = this.#lanes.get(step)
    const expected = (lane?.meter.total ?? 0) + left
    this.#expected.set(step, expected)
    if (lane !== undefined) lane.keys = expected
  }

  #wait(step: StepId, reason: string, bytesLeft: number | undefined): void {
    this.#waiting = reason
    this.#change(step, (lane) => {
      lane.waiting = reason
      lane.bytesLeft = bytesLeft ?? null
    })
  }

  #change(step: StepId, change: (lane: Lane) => void): void {
    const lane = this.#lanes.get(step)
    if (lane !== undefined) change(lane)
  }

  /** By the keys where it is known how many there are, for slots are not alike; otherwise by the slots, then by the steps. */
  #leftMs(keys: Part, nowMs: number): number | null {
    const elapsedMs = nowMs - this.#startedMs
    if (keys.all !== null && keys.all > 0) {
      const perSecond = this.#keys.perSecond(nowMs)
      return perSecond === 0 ? null : Math.round((Math.max(0, keys.all - keys.done) * 1000) / perSecond)
    }
    const [done, all] = this.#slots > 0 ? [this.#slotsDone, this.#slots] : [this.#stepsDone, this.#steps]
    return done === 0 ? null : Math.round((elapsedMs * Math.max(0, all - done)) / done)
  }

  #endOf(id: NodeId): LaneEnd {
    return {id, address: this.#addresses.get(id) ?? id}
  }
}

function laneProgress(lane: Lane, nowMs: number): LaneProgress {
  const {step, source, target, slots, slotsDone, keys, bytes, bytesLeft, waiting, meter} = lane
  return {
    step,
    source,
    target,
    slots: {done: slotsDone, all: slots},
    keys: {done: meter.total, all: keys},
    bytes,
    keysPerSecond: Math.round(meter.perSecond(nowMs)),
    bytesLeft,
    waiting,
  }
}

function slotsMovedBy(step: Step): number {
  return step.kind === 'move-slots' || step.kind === 'migrate-slots' ? (SlotSet.parse(step.slots)?.size ?? 0) : 0
}
