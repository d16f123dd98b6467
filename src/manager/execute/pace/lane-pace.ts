/** The pace of one lane: waits where the operator or a limit wants it to, and measures what its nodes feel. */
import type {NodeId} from '../../../model/node-id.js'
import type {ManagerClock, NodeClient} from '../../ports.js'
import type {LatencyProbes} from './latency-probe.js'
import type {LaneControl, PaceControl, Ticket} from './pace-control.js'
import {RateMeter} from './rate-meter.js'

/** What a lane's pace needs of the step that it belongs to. */
export interface LaneEnds {
  readonly connect: (node: NodeId, channel: string) => Promise<NodeClient>
  /** First Ctrl-C: what is in hand is finished, paused or not. */
  readonly stop: AbortSignal
  /** Second Ctrl-C. */
  readonly kill: AbortSignal
  readonly note: (message: string) => void
}

/** What all lanes of an operation share. */
export interface SharedPace {
  readonly control: PaceControl
  readonly probes: LatencyProbes
  readonly clock: ManagerClock
  /** What the operator has been told since the pace was changed. */
  readonly told: Set<string>
}

export interface Batch {
  readonly keys: number
  /** In memory at the source. */
  readonly bytes: number
  readonly elapsedMs: number
}

const LATENCY_SHOWN_MS = 1_000
/** What a timer takes; whoever sleeps longer looks again. */
const LONGEST_SLEEP_MS = 3_600_000
/** Below any `timeout` that makes sense for clients. */
const AWAKE_EVERY_MS = 10_000
const PAUSED_WITHIN =
  'paused in the middle of a window: its slots stay open, and their clients are redirected, until it goes on'
/** A lane that has hardly begun shows no rate yet. */
const FEW_KEYS = 500

export class LanePace {
  readonly #control: PaceControl
  readonly #clock: ManagerClock
  readonly #ends: LaneEnds
  readonly #signals: readonly AbortSignal[]
  readonly #nodes: readonly NodeId[]
  readonly #lane: LaneControl
  readonly #keys: RateMeter
  readonly #sleepers = new Set<AbortController>()
  readonly #wake = (): void => this.reconsider()
  readonly #probes: LatencyProbes
  readonly #told: Set<string>
  #listening: (() => void)[] = []
  readonly #latencies: {readonly atMs: number; readonly ms: number}[] = []
  #bytesPerKey = 0
  #inFlight = 0
  #endedAtMs = -Infinity

  /** @param nodes whose clients are to be spared: the source and the target */
  constructor({control, probes, clock, told}: SharedPace, ends: LaneEnds, nodes: readonly NodeId[]) {
    this.#control = control
    this.#probes = probes
    this.#told = told
    this.#clock = clock
    this.#ends = ends
    // Of its own: many lanes that listen to the same signal would look like a leak to Node.
    this.#signals = [AbortSignal.any([ends.stop]), AbortSignal.any([ends.kill])]
    this.#nodes = nodes
    this.#lane = control.openLane(clock.nowMs())
    this.#keys = new RateMeter(clock.nowMs())
    for (const signal of this.#signals) signal.addEventListener('abort', this.#wake)
  }

  /** The slowest answer of the last second, ms; `null` while nothing is measured. */
  get latencyMs(): number | null {
    this.#forget(this.#clock.nowMs())
    return this.#latencies.length === 0 ? null : Math.max(...this.#latencies.map(({ms}) => ms))
  }

  /** The operator wants nothing new to begin. */
  get isPaused(): boolean {
    return this.#control.isPaused
  }

  /** A rate in bytes is in force: each key has to be weighed. */
  get weighsEachKey(): boolean {
    return this.#control.limits.bytesPerSecond !== null
  }

  /** The most keys that should be opened at once, so that finishing them takes about a second; `Infinity` at full speed. */
  get windowKeys(): number {
    const {state} = this.#control
    const limited = this.#control.keysInASecond(this.#bytesPerKey)
    const isHeldBack = state.speed < 1 || state.limits.maxLatencyMs !== null
    const measured = Math.max(FEW_KEYS, this.#keys.perSecond(this.#clock.nowMs()))
    return Math.min(limited, isHeldBack ? measured : Infinity)
  }

  /**
   * Where nothing is in hand: waits while the operator pauses. Returns when it goes on, or is to be stopped.
   * @returns whether it waited: the cluster may be another by now
   */
  async atBorder(): Promise<boolean> {
    let waited = false
    while (this.#control.isPaused && !this.#ends.stop.aborted && !this.#ends.kill.aborted) {
      waited = true
      await this.#sleep(Infinity)
    }
    if (waited) this.#keys.restart(this.#clock.nowMs())
    return waited
  }

  /**
   * Waits until the next batch may begin. When the operator stops at once it returns as well: the caller looks.
   * @param keys that would be moved
   * @param bytesPerKey what one of them weighs; 0 where nobody knows
   * @param keepAwake says something on the lane's connections: servers close those that are silent for long (`timeout`)
   */
  async admit(keys: number, bytesPerKey: number, keepAwake?: () => Promise<unknown>): Promise<Ticket> {
    this.#bytesPerKey = bytesPerKey
    this.#probe()
    for (;;) {
      const isStopping = this.#ends.stop.aborted
      const verdict = this.#control.admit(this.#lane, this.#clock.nowMs(), {keys, bytesPerKey, isStopping})
      if ('keys' in verdict || this.#ends.kill.aborted) {
        this.#inFlight++
        return 'keys' in verdict ? verdict : {keys, bytes: 0}
      }
      if (verdict.isPaused) this.#tell(PAUSED_WITHIN)
      await this.#sleep(Math.min(verdict.waitMs, keepAwake === undefined ? Infinity : AWAKE_EVERY_MS))
      if (verdict.isPaused) await keepAwake?.()
    }
  }

  /** What the ticket was for is through. */
  sent(ticket: Ticket, {keys, bytes, elapsedMs}: Batch): void {
    const nowMs = this.#clock.nowMs()
    this.#inFlight--
    this.#endedAtMs = nowMs
    this.#control.sent(this.#lane, nowMs, {ticket, bytes, elapsedMs})
    this.#keys.add(nowMs, keys)
    const {maxLatencyMs} = this.#control.limits
    if (maxLatencyMs !== null && this.#lane.latency.isAtItsFloor) {
      this.#tell(
        `the nodes do not answer within ${maxLatencyMs} ms even at the slowest pace: something else keeps them busy`,
      )
    }
  }

  /** The pace has changed: whoever waits looks again. */
  reconsider(): void {
    this.#probe()
    for (const sleeper of this.#sleepers) sleeper.abort()
  }

  close(): void {
    for (const signal of this.#signals) signal.removeEventListener('abort', this.#wake)
    this.#stopProbes()
    this.#control.closeLane(this.#lane)
  }

  async #sleep(ms: number): Promise<void> {
    const sleeper = new AbortController()
    this.#sleepers.add(sleeper)
    await this.#clock.sleep(Math.min(ms, LONGEST_SLEEP_MS), sleeper.signal)
    this.#sleepers.delete(sleeper)
  }

  /** As long as there is a limit for it, and not longer. */
  #probe(): void {
    if (this.#control.limits.maxLatencyMs === null) return this.#stopProbes()
    if (this.#listening.length > 0) return
    this.#listening = this.#nodes.map((id) =>
      this.#probes.listen(
        id,
        () => this.#ends.connect(id, 'latency probe'),
        (ms) => this.#hear(ms),
      ),
    )
  }

  #hear(latencyMs: number): void {
    const nowMs = this.#clock.nowMs()
    this.#forget(nowMs)
    this.#latencies.push({atMs: nowMs, ms: latencyMs})
    // A node that was slow while we left it alone would not be quicker if we moved less.
    const isOurs = this.#inFlight > 0 || this.#endedAtMs >= nowMs - latencyMs
    const {maxLatencyMs} = this.#control.limits
    if (isOurs || latencyMs <= (maxLatencyMs ?? 0)) this.#control.observe(this.#lane, nowMs, latencyMs)
  }

  #tell(message: string): void {
    if (this.#told.has(message)) return
    this.#told.add(message)
    this.#ends.note(message)
  }

  #forget(nowMs: number): void {
    while (this.#latencies.length > 0 && nowMs - this.#latencies[0]!.atMs > LATENCY_SHOWN_MS) this.#latencies.shift()
  }

  #stopProbes(): void {
    for (const end of this.#listening) end()
    this.#listening = []
    this.#latencies.length = 0
  }
}
