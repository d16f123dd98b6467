/**
 * Who may move how much, and when: asked before each batch and told after it. Pure; the time comes in. There is one for an
 * operation: its lanes share the rates and take turns, while latency is each lane's own.
 */
import {NO_LIMITS, type PaceLimits} from '../../plan/pace-limits.js'
import {LatencyControl} from './latency-control.js'
import {RateLimit} from './rate-limit.js'

/** What the operator has set. */
export interface PaceState {
  readonly paused: boolean
  /** Of what the limits and the nodes allow: 1, 1/2, 1/4 … */
  readonly speed: number
  readonly limits: PaceLimits
}

/** A batch that may go. */
export interface Ticket {
  /** At most so many. */
  readonly keys: number
  /** What was reckoned for them. */
  readonly bytes: number
}

/** To be waited before asking again. */
export interface Wait {
  readonly waitMs: number
  /** Because the operator paused, and slots are open. */
  readonly isPaused: boolean
}

export interface Wish {
  /** The lane would move so many. */
  readonly keys: number
  /** What one of them weighs; 0 where nobody knows. */
  readonly bytesPerKey: number
  /** The operator wants to stop: what is in hand is finished, paused or not. */
  readonly isStopping: boolean
}

const SLOWEST = 1 / 64
/** Batches are at most this part of a second's worth, so that a slow rate is a trickle, not gulps. */
const BATCHES_PER_SECOND = 20
/** A pause lets a window be finished; one that takes longer waits with its slots open. */
const FINISH_WINDOW_MS = 2_000
/** A lane that is paused is woken when that ends; until then it may sleep. */
const LONG_MS = 3_600_000

export class PaceControl {
  #limits: PaceLimits
  #speed = 1
  #pausedAtMs: number | undefined
  readonly #keys: RateLimit
  readonly #bytes: RateLimit
  /** Lanes that wait for the rate: the first to come is the first to go. */
  readonly #queue: LaneControl[] = []

  constructor(limits: PaceLimits = NO_LIMITS) {
    this.#limits = limits
    this.#keys = new RateLimit(limits.keysPerSecond)
    this.#bytes = new RateLimit(limits.bytesPerSecond)
  }

  get state(): PaceState {
    return {paused: this.isPaused, speed: this.#speed, limits: this.#limits}
  }

  get isPaused(): boolean {
    return this.#pausedAtMs !== undefined
  }

  get limits(): PaceLimits {
    return this.#limits
  }

  pause(nowMs: number): void {
    this.#pausedAtMs ??= nowMs
  }

  resume(): void {
    this.#pausedAtMs = undefined
  }

  slower(nowMs: number): void {
    this.#setSpeed(Math.max(SLOWEST, this.#speed / 2), nowMs)
  }

  /** Never beyond the limits. */
  faster(nowMs: number): void {
    this.#setSpeed(Math.min(1, this.#speed * 2), nowMs)
  }

  /** New limits for all that begins from now on. */
  limit(change: Partial<PaceLimits>, nowMs: number): void {
    this.#limits = {...this.#limits, ...change}
    this.#applyRates(nowMs)
  }

  /** Neither a limit nor a lower speed. */
  unlimit(nowMs: number): void {
    this.#speed = 1
    this.limit(NO_LIMITS, nowMs)
  }

  openLane(nowMs: number): LaneControl {
    return new LaneControl(nowMs)
  }

  closeLane(lane: LaneControl): void {
    this.#leaveQueue(lane)
  }

  /** May this lane begin a batch now? If so, it has begun. */
  admit(lane: LaneControl, nowMs: number, {keys, bytesPerKey, isStopping}: Wish): Ticket | Wait {
    const isOver = this.#pausedAtMs !== undefined && nowMs - this.#pausedAtMs >= FINISH_WINDOW_MS
    if (isOver && !isStopping) return {waitMs: LONG_MS, isPaused: true}
    const waitMs = lane.restMs(nowMs) || this.#turnMs(lane, nowMs)
    if (waitMs > 0) return {waitMs, isPaused: false}
    this.#leaveQueue(lane)
    const most = Math.min(keys, this.keysInASecond(bytesPerKey) / BATCHES_PER_SECOND, this.#latencyOf(lane))
    const ticket: Ticket = {keys: Math.max(1, Math.floor(most)), bytes: Math.max(1, Math.floor(most)) * bytesPerKey}
    this.#keys.take(nowMs, ticket.keys)
    this.#bytes.take(nowMs, ticket.bytes)
    return ticket
  }

  /** A batch is through: it took `elapsedMs` and weighed `bytes`. */
  sent(
    lane: LaneControl,
    nowMs: number,
    {ticket, bytes, elapsedMs}: {readonly ticket: Ticket; readonly bytes: number; readonly elapsedMs: number},
  ): void {
    this.#bytes.take(nowMs, bytes - ticket.bytes)
    this.observe(lane, nowMs, elapsedMs)
    const idleMs = elapsedMs * (1 / this.#speed - 1)
    const restMs = this.#limits.maxLatencyMs === null ? 0 : lane.latency.restMs
    lane.rest(nowMs + Math.max(idleMs, restMs))
  }

  /** One of the lane's nodes took so long to answer. */
  observe(lane: LaneControl, nowMs: number, latencyMs: number): void {
    const {maxLatencyMs} = this.#limits
    if (maxLatencyMs !== null) lane.latency.observe(nowMs, latencyMs, maxLatencyMs)
  }

  /** What a second holds at the rates in force; `Infinity` without one. */
  keysInASecond(bytesPerKey: number): number {
    const byBytes = bytesPerKey > 0 && this.#bytes.perSecond !== null ? this.#bytes.perSecond / bytesPerKey : Infinity
    return Math.min(this.#keys.perSecond ?? Infinity, byBytes)
  }

  #latencyOf(lane: LaneControl): number {
    return this.#limits.maxLatencyMs === null ? Infinity : lane.latency.keys
  }

  #turnMs(lane: LaneControl, nowMs: number): number {
    const waitMs = Math.max(this.#keys.waitMs(nowMs), this.#bytes.waitMs(nowMs))
    const first = this.#queue[0]
    if (waitMs === 0 && (first === undefined || first === lane)) return 0
    if (!this.#queue.includes(lane)) this.#queue.push(lane)
    // Whoever is behind another looks again a moment after that one's turn.
    return first === undefined || first === lane ? waitMs : waitMs + 1
  }

  #leaveQueue(lane: LaneControl): void {
    const place = this.#queue.indexOf(lane)
    if (place >= 0) this.#queue.splice(place, 1)
  }

  #setSpeed(speed: number, nowMs: number): void {
    this.#speed = speed
    this.#applyRates(nowMs)
  }

  #applyRates(nowMs: number): void {
    const {keysPerSecond, bytesPerSecond} = this.#limits
    this.#keys.change(keysPerSecond === null ? null : keysPerSecond * this.#speed, nowMs)
    this.#bytes.change(bytesPerSecond === null ? null : bytesPerSecond * this.#speed, nowMs)
  }
}

/** What is one lane's own. */
export class LaneControl {
  readonly latency: LatencyControl
  #restsUntilMs = -Infinity

  constructor(nowMs: number) {
    this.latency = new LatencyControl(nowMs)
  }

  restMs(nowMs: number): number {
    return Math.max(0, this.#restsUntilMs - nowMs)
  }

  rest(untilMs: number): void {
    this.#restsUntilMs = untilMs
  }
}
