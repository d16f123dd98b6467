/** One attempt to migrate ranges of slots: asks for one after another, watches them, and leaves none of them running. */
import {formatAddress} from '../../../model/address.js'
import type {NodeId} from '../../../model/node-id.js'
import {SlotSet} from '../../../model/slot-set.js'
import {isManagerError} from '../../error.js'
import type {StepContext} from '../step-context.js'
import {waitUntilClear} from '../patience.js'
import type {MigrationDriver, SlotJob} from './driver.js'
import {StallWatch} from './stall-watch.js'

const FIRST_PAUSE_MS = 10
const LONGEST_PAUSE_MS = 50
const TELL_AFTER_MS = 1_000
const FOREVER = new AbortController().signal

export interface AttemptRequest {
  readonly source: NodeId
  readonly driver: MigrationDriver
  /** In the order in which they are to go. */
  readonly ranges: readonly SlotSet[]
  /** A stream that never drains is given up after this long without progress, ms. */
  readonly stallMs: number
  /** Called once for each range that the target has. */
  readonly moved: (slots: SlotSet) => void
}

/**
 * The first stop lets the ranges in hand end and begins no other; so does a failure. A kill cancels them.
 * @returns why a range failed; `undefined` when none did, which after a stop does not mean that all are done
 * @throws ManagerError when a node is lost
 */
export function attemptMigration(context: StepContext, request: AttemptRequest): Promise<string | undefined> {
  return new Attempt(context, request).run()
}

class Attempt {
  readonly #context: StepContext
  readonly #request: AttemptRequest
  readonly #watch: StallWatch
  readonly #waiting: SlotSet[]
  readonly #running = new Map<string, SlotSet>()
  /** Asked for and not known to have succeeded. */
  readonly #unsure = new Map<string, SlotSet>()
  #failure: string | undefined
  #busySinceMs: number | undefined
  #toldAtMs: number

  constructor(context: StepContext, request: AttemptRequest) {
    this.#context = context
    this.#request = request
    this.#watch = new StallWatch(request.stallMs)
    this.#waiting = [...request.ranges]
    this.#toldAtMs = context.clock.nowMs()
  }

  async run(): Promise<string | undefined> {
    const {clock, kill} = this.#context
    let pauseMs = FIRST_PAUSE_MS
    while (!kill.aborted) {
      await this.#askForMore()
      if (this.#running.size === 0 && !this.#goesOn) break
      const before = this.#running.size
      const jobs = await this.#look()
      const stalled = this.#watch.stalled(jobs, clock.nowMs())
      if (stalled !== undefined) {
        this.#failure ??= stallReason(stalled, this.#request.stallMs)
        break
      }
      if (this.#running.size < before) pauseMs = FIRST_PAUSE_MS
      else await clock.sleep(pauseMs, kill)
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 1.5)
    }
    await this.#endAll()
    return this.#failure
  }

  get #goesOn(): boolean {
    return this.#waiting.length > 0 && this.#failure === undefined && !this.#context.stop.aborted
  }

  async #askForMore(): Promise<void> {
    const {driver} = this.#request
    const {pace, kill} = this.#context
    while (this.#goesOn && this.#running.size < driver.jobsAhead) {
      if (pace.isPaused) {
        // What runs is the servers' affair, and is watched to its end.
        if (this.#running.size > 0 || kill.aborted) return
        await pace.atBorder()
        continue
      }
      const slots = this.#waiting[0]!
      const id = await this.#start(slots)
      if (id === undefined) return
      this.#waiting.shift()
      this.#running.set(id, slots)
      this.#unsure.set(id, slots)
    }
  }

  /** A refusal is a failure like any other: the next attempt, or MIGRATE, may fare better. */
  async #start(slots: SlotSet): Promise<string | undefined> {
    const {clock, settings} = this.#context
    try {
      const id = await this.#request.driver.start(slots)
      if (id === undefined && this.#running.size === 0) {
        this.#busySinceMs ??= clock.nowMs()
        if (clock.nowMs() - this.#busySinceMs > settings.timeoutMs) this.#failure = 'another migration does not end'
      } else this.#busySinceMs = undefined
      return id
    } catch (error) {
      if (!isManagerError(error, 'error-reply', 'not-permitted')) throw error
      this.#failure = error.message
      return undefined
    }
  }

  /** @returns the jobs of ours that go on */
  async #look(): Promise<SlotJob[]> {
    if (this.#running.size === 0) return []
    const jobs = new Map((await this.#request.driver.jobs()).map((job) => [job.id, job]))
    const going: SlotJob[] = []
    for (const [id, slots] of this.#running) {
      const job = jobs.get(id)
      if (job?.state === 'running' || job?.state === 'handing-over') {
        going.push(job)
        continue
      }
      this.#running.delete(id)
      if (job?.state === 'succeeded') {
        this.#unsure.delete(id)
        this.#request.moved(slots)
      } else if (job === undefined) this.#failure ??= 'the server does not tell how it ended'
      else this.#failure ??= await this.#request.driver.whyFailed(job)
    }
    if (going.length > 0) this.#tell(going)
    return going
  }

  #tell(jobs: readonly SlotJob[]): void {
    const {clock, emit, id} = this.#context
    const nowMs = clock.nowMs()
    if (nowMs - this.#toldAtMs < TELL_AFTER_MS) return
    this.#toldAtMs = nowMs
    const oldest = jobs[0]!
    const known = jobs.flatMap(({bytesLeft}) => bytesLeft ?? [])
    const bytesLeft = known.reduce((sum, bytes) => sum + bytes, 0)
    const reason = `${formatAddress(this.#context.addressOf(this.#request.source))} is moving slots ${oldest.slots}: ${oldest.phase}`
    emit({kind: 'waiting', step: id, reason, ...(known.length > 0 ? {bytesLeft} : {})})
  }

  /**
   * Whatever did not succeed is cancelled on both ends, and both have to say that it is over: the target of a job whose source
   * gave up may go on (Redis), or still be cleaning up (Valkey).
   */
  async #endAll(): Promise<void> {
    if (this.#unsure.size === 0) return
    const {driver} = this.#request
    const patient = {...this.#context, stop: FOREVER, kill: FOREVER}
    const slots = [...this.#unsure.values()].reduce((all, each) => all.union(each), SlotSet.EMPTY)
    let cancelled = false
    await waitUntilClear(patient, async () => {
      cancelled ||= await driver.cancel([...this.#unsure.keys()])
      const left = await driver.unfinished(slots)
      return left.map((obstacle) => ({...obstacle, hint: 'the slots are whole where they are; look into its log'}))
    })
  }
}

function stallReason({phase, bytesLeft}: SlotJob, limitMs: number): string {
  const stood = `no progress for ${Math.round(limitMs / 1000)} s in ${phase}`
  if (bytesLeft === 0) return stood
  const left = bytesLeft === null ? '' : ` with ${bytesLeft} bytes left`
  return `${stood}${left}: clients write faster than the target reads`
}
