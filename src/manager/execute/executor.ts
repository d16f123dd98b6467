/** Carries out a plan: phases in order, the steps of a phase together, and what must be cleaned up however it ends. */
import type {Address} from '../../model/address.js'
import type {NodeId} from '../../model/node-id.js'
import {assert} from '../../model/assert.js'
import {ManagerError, toManagerError} from '../error.js'
import type {Phase, Plan} from '../plan/plan.js'
import {stepCount} from '../plan/plan.js'
import type {Step} from '../plan/step.js'
import type {ManagerClock, NodeClient, NodePool} from '../ports.js'
import type {Emit, ExecutionEvent, StepId} from './event.js'
import {leftBehind, slotsLeft, type LeftSlot} from './left-behind.js'
import {nodesFelt, STEPS_AT_ONCE} from './limits.js'
import {StallGuard} from './migration/stall-guard.js'
import type {Outcome} from './outcome.js'
import type {LanePace} from './pace/lane-pace.js'
import {Pace} from './pace/pace.js'
import {runStep} from './run-step.js'
import {Schedule, type Scheduled} from './schedule.js'
import {interrupted, type StepContext} from './step-context.js'

export interface Execution {
  readonly pool: NodePool
  readonly clock: ManagerClock
  readonly emit: Emit
  /** Where each node of the plan is, as it was last seen; the plan's own addresses where it was not. */
  readonly addresses: ReadonlyMap<NodeId, Address>
  readonly primaries: readonly NodeId[]
  /** For suggested commands. */
  readonly entry: string
  /** First Ctrl-C: finish what is in hand. */
  readonly stop: AbortSignal
  /** Second Ctrl-C: now. */
  readonly kill: AbortSignal
  /** Another operation works on the cluster now: not even `undo` and `lastly` may be sent. Whoever raises it raises `kill`, too. */
  readonly lost?: AbortSignal
  readonly source?: NodePool
  /** How fast keys move, where somebody wants to steer it; default: as the plan says. */
  readonly pace?: Pace
}

/**
 * Never throws for what nodes or network do: the outcome says it. The caller has made sure that the plan still fits the
 * cluster (see `isStale`).
 */
export async function execute(plan: Plan, execution: Execution): Promise<Outcome> {
  const run = new Run(plan, execution)
  return run.toTheEnd()
}

class Run {
  readonly #plan: Plan
  readonly #execution: Execution
  readonly #startedMs: number
  readonly #pace: Pace
  readonly #stalls: StallGuard
  readonly #left: LeftSlot[] = []
  #leftError: ManagerError | undefined
  #stepsDone = 0
  #slotsMoved = 0
  #keysMoved = 0
  #bytesMoved = 0
  #touched = false

  constructor(plan: Plan, execution: Execution) {
    this.#plan = plan
    this.#execution = execution
    this.#startedMs = execution.clock.nowMs()
    this.#pace = execution.pace ?? new Pace(plan.settings.pace, execution.clock)
    this.#pace.onChange((state) => this.#emit({kind: 'pace-changed', ...state}))
    this.#stalls = new StallGuard(execution.pool, execution.clock)
  }

  async toTheEnd(): Promise<Outcome> {
    const {undo = [], lastly = []} = this.#plan
    let error = await this.#phases(this.#plan.phases, '')
    if (this.#execution.lost?.aborted === true) {
      const raised = this.#stalls.timeouts.leftBehind
      if (raised !== undefined) this.#emit({kind: 'noted', step: 'lastly', message: raised})
      return this.#outcome(error, false)
    }
    let undone = false
    if (error !== undefined && this.#touched && undo.length > 0) {
      this.#execution.emit({kind: 'undo-started', reason: error.message})
      const failure = await this.#closing(undo, 'undo')
      undone = failure === undefined
      if (failure !== undefined) error = withFailedUndo(error, failure)
    }
    const failure = this.#touched ? await this.#closing(lastly, 'lastly') : undefined
    error ??= failure
    const raised = await this.#stalls.timeouts.restore()
    if (raised !== undefined) {
      this.#emit({kind: 'noted', step: 'lastly', message: `${raised.message}: ${raised.hint ?? ''}`})
    }
    error ??= raised
    return this.#outcome(error, undone)
  }

  #outcome(error: ManagerError | undefined, undone: boolean): Outcome {
    const asAsked = error?.code === 'interrupted' || (error !== undefined && error === this.#leftError)
    const status = error === undefined ? 'applied' : asAsked ? 'stopped' : 'failed'
    return {
      status,
      stepsDone: this.#stepsDone,
      stepsLeft: stepCount(this.#plan) - this.#stepsDone,
      slotsMoved: this.#slotsMoved,
      keysMoved: this.#keysMoved,
      bytesMoved: this.#bytesMoved,
      elapsedMs: Math.round(this.#execution.clock.nowMs() - this.#startedMs),
      undone,
      touched: this.#touched,
      error,
      ...(this.#left.length > 0 && {slotsLeft: slotsLeft(this.#left)}),
    }
  }

  /** @returns the first error; the phases after it are not begun */
  async #phases(phases: readonly Phase[], prefix: string): Promise<ManagerError | undefined> {
    const {stop, kill} = this.#execution
    for (const [index, phase] of phases.entries()) {
      if (stop.aborted || kill.aborted) return interrupted()
      // Of what comes after a move, only to wait for agreement is right when something of it was left.
      if (this.#left.length > 0 && !phase.steps.every(({kind}) => kind === 'wait-agreement')) break
      this.#emit({kind: 'phase-started', phase: index, title: phase.title, steps: phase.steps.length})
      const error = await this.#steps(phase.steps, `${prefix}${index}`, stop, kill)
      if (error !== undefined) return error
    }
    if (this.#left.length > 0) this.#leftError = leftBehind(this.#left, this.#execution)
    return this.#leftError
  }

  /** What must be done even after an interruption: no signal stops it, and each step is tried. */
  async #closing(phases: readonly Phase[], prefix: string): Promise<ManagerError | undefined> {
    const never = new AbortController().signal
    let first: ManagerError | undefined
    for (const [index, phase] of phases.entries()) {
      for (const [number, step] of phase.steps.entries()) {
        const error = await this.#step(step, `${prefix}.${index}.${number}`, never, never)
        first ??= error
      }
    }
    return first
  }

  async #steps(
    steps: readonly Step[],
    prefix: string,
    stop: AbortSignal,
    kill: AbortSignal,
  ): Promise<ManagerError | undefined> {
    // One failed step asks its siblings to finish what they have in hand: half a plan is better stopped than torn.
    const halt = new AbortController()
    const either = AbortSignal.any([stop, halt.signal])
    const schedule = new Schedule(steps, STEPS_AT_ONCE)
    let failure: ManagerError | undefined
    const beginAll = async (): Promise<void> => {
      if (!either.aborted) await Promise.all(schedule.take().map(run))
    }
    const run = async ({step, index}: Scheduled): Promise<void> => {
      const error = await this.#step(step, `${prefix}.${index}`, either, kill)
      schedule.done(step)
      if (error === undefined) this.#stepsDone++
      else {
        if (failure === undefined || failure.code === 'interrupted') failure = error
        if (!concernsOneSlot(step, error)) halt.abort()
      }
      await beginAll()
    }
    await beginAll()
    if (failure === undefined && schedule.left > 0) return interrupted()
    return failure
  }

  async #step(step: Step, id: StepId, stop: AbortSignal, kill: AbortSignal): Promise<ManagerError | undefined> {
    const {clock} = this.#execution
    const startedMs = clock.nowMs()
    this.#emit({kind: 'step-started', step: id, does: step})
    this.#touched = true
    const pace = this.#enter(step, id, stop, kill)
    try {
      await runStep(step, this.#context(id, stop, kill, pace))
      this.#emit({kind: 'step-finished', step: id, elapsedMs: Math.round(clock.nowMs() - startedMs)})
      return undefined
    } catch (thrown) {
      const error = toManagerError(thrown)
      this.#emit({kind: 'step-failed', step: id, error})
      return error
    } finally {
      this.#pace.leave(pace)
    }
  }

  #enter(step: Step, id: StepId, stop: AbortSignal, kill: AbortSignal): LanePace {
    const connect = (node: NodeId, channel: string): Promise<NodeClient> =>
      this.#execution.pool.connect(this.#addressOf(node), channel)
    const note = (message: string): void => this.#emit({kind: 'noted', step: id, message})
    return this.#pace.enter({connect, stop, kill, note}, nodesFelt(step))
  }

  #addressOf(node: NodeId): Address {
    const address = this.#execution.addresses.get(node)
    assert(address !== undefined, 'a plan lists every node that its steps name')
    return address
  }

  #context(id: StepId, stop: AbortSignal, kill: AbortSignal, pace: LanePace): StepContext {
    const {pool, clock, source, primaries, entry} = this.#execution
    const addressOf = (node: NodeId): Address => this.#addressOf(node)
    return {
      id,
      pool,
      clock,
      source,
      primaries,
      entry,
      settings: this.#plan.settings,
      stop,
      kill,
      stalls: this.#stalls,
      emit: (event) => this.#emit(event),
      pace,
      addressOf,
      connect: (node, channel) => pool.connect(addressOf(node), channel),
      connectLines: (node, channel) => pool.connectLines(addressOf(node), channel),
    }
  }

  #emit(event: ExecutionEvent): void {
    if (event.kind === 'slot-moved') this.#slotsMoved++
    if (event.kind === 'big-key' && event.treatment === 'left') this.#left.push(event)
    if (event.kind === 'keys-moved') {
      this.#keysMoved += event.keys
      this.#bytesMoved += event.bytes ?? 0
    }
    this.#execution.emit(event)
  }
}

/** Two versions of a key are for the operator to choose from. Keys of other slots are out of reach until they are brought home. */
function concernsOneSlot(step: Step, {code}: ManagerError): boolean {
  return step.kind === 'collect-keys' && code === 'key-exists'
}

function withFailedUndo(error: ManagerError, failure: ManagerError): ManagerError {
  const node = failure.node === undefined ? '' : `${failure.node} `
  return new ManagerError(error.code, `${error.message}; undoing it failed too: ${node}${failure.message}`, {
    node: error.node,
    reply: error.reply,
    hint: error.hint,
    cause: failure,
  })
}
