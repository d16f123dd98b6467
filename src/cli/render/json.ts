/**
 * `--json`: one document on standard output, written when the command returns; nothing is drawn. Errors travel in it too.
 * `--json-stream`: before it, what happens, each event a line of its own; what a person reads goes to standard error.
 */
import type {ClaimOwner} from '../../manager/claim-owner.js'
import type {ManagerError} from '../../manager/error.js'
import type {ErrorInfo} from '../../manager/error-info.js'
import type {ExecutionEvent, StepId} from '../../manager/execute/event.js'
import type {Plan} from '../../manager/plan/plan.js'
import type {NodeId} from '../../model/node-id.js'
import type {ExitCode} from '../exit-code.js'
import type {LaneEnd} from '../progress-tally.js'
import type {Output} from '../world.js'
import type {Renderer} from './renderer.js'

export function jsonRenderer(): Renderer {
  const silent = (): void => undefined
  return {
    busy: silent,
    idle: silent,
    note: silent,
    warn: silent,
    plan: () => Promise.resolve(),
    nothingToDo: silent,
    refuse: silent,
    begin: silent,
    hint: () => false,
    event: silent,
    outcome: silent,
    verification: silent,
    findings: silent,
    error: silent,
    suggest: silent,
    close: silent,
  }
}

/**
 * Each event as a line of JSON, whatever else is shown.
 * @param wallClock the time of day, for the stamps
 */
export function streamingEvents(renderer: Renderer, stdout: Output, wallClock: () => Date): Renderer {
  const stream = new EventStream(stdout, wallClock)
  return {
    // One by one: a renderer may be an object of a class, whose methods a spread would leave behind.
    busy: (what) => renderer.busy(what),
    idle: () => renderer.idle(),
    note: (message) => renderer.note(message),
    warn: (message) => renderer.warn(message),
    plan: (plan, notes) => renderer.plan(plan, notes),
    nothingToDo: (why) => renderer.nothingToDo(why),
    refuse: (why) => renderer.refuse(why),
    hint: (text) => renderer.hint(text),
    outcome: (plan, outcome, resume) => renderer.outcome(plan, outcome, resume),
    verification: (plan, report) => renderer.verification(plan, report),
    findings: (findings) => renderer.findings(findings),
    error: (error) => renderer.error(error),
    suggest: (command) => renderer.suggest(command),
    close: () => renderer.close(),
    begin: (plan) => {
      stream.begin(plan)
      return renderer.begin(plan)
    },
    event: (event) => {
      stream.event(event)
      renderer.event(event)
    },
  }
}

/** The document that takes the place of a result: docs/json.md. */
export function errorToJson(
  {code, message, node, hint, claim}: ErrorInfo & Pick<Partial<ManagerError>, 'claim'>,
  exitCode: ExitCode,
): object {
  const error = {code, message, node, hint, ...(claim !== undefined && {claim: claimToJson(claim)})}
  return {schema: 'tscluster.error/1', exitCode, error}
}

/** Who works on the cluster. */
export function claimToJson({id, operation, user, host, sinceMs}: ClaimOwner): object {
  return {id, operation, user, host, since: new Date(sinceMs).toISOString()}
}

interface LaneNames {
  readonly source: LaneEnd
  readonly target: LaneEnd
}

class EventStream {
  readonly #stdout: Output
  readonly #wallClock: () => Date
  readonly #lanes = new Map<StepId, LaneNames>()
  #addresses: ReadonlyMap<NodeId, string> = new Map()

  constructor(stdout: Output, wallClock: () => Date) {
    this.#stdout = stdout
    this.#wallClock = wallClock
  }

  begin(plan: Plan): void {
    this.#addresses = new Map(plan.nodes.map(({id, address}) => [id, address]))
  }

  event(event: ExecutionEvent): void {
    if (event.kind === 'step-started' && 'source' in event.does) {
      const {source, target} = event.does
      this.#lanes.set(event.step, {source: this.#nameOf(source), target: this.#nameOf(target)})
    }
    const lane = 'step' in event ? this.#lanes.get(event.step) : undefined
    const line = {
      schema: 'tscluster.event/1',
      at: this.#wallClock().toISOString(),
      ...eventToJson(event),
      ...(lane !== undefined && {lane}),
    }
    this.#stdout.write(`${JSON.stringify(line)}\n`)
  }

  #nameOf(id: NodeId): LaneEnd {
    return {id, address: this.#addresses.get(id) ?? id}
  }
}

function eventToJson(event: ExecutionEvent): object {
  switch (event.kind) {
    case 'step-failed': {
      const {code, message, node, hint} = event.error
      return {...event, error: {code, message, node, hint}}
    }
    case 'big-key':
    case 'key-copied':
      return {...event, key: Buffer.from(event.key).toString()}
    default:
      return event
  }
}
