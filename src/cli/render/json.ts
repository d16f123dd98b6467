/** `--json`: one document on standard output, written when the command returns; nothing is drawn. Errors travel in it too. */
import type {ErrorInfo} from '../../manager/error-info.js'
import type {ExecutionEvent} from '../../manager/execute/event.js'
import type {ExitCode} from '../exit-code.js'
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
    event: silent,
    outcome: silent,
    findings: silent,
    error: silent,
    suggest: silent,
    close: silent,
  }
}

/** The document that takes the place of a result: docs/json.md. */
export function errorToJson({code, message, node, hint}: ErrorInfo, exitCode: ExitCode): object {
  return {schema: 'tscluster.error/1', exitCode, error: {code, message, node, hint}}
}

/** `--events`: each event as one line of JSON on standard error, whatever else is shown. */
export function streamingEvents(renderer: Renderer, stderr: Output): Renderer {
  return {
    // One by one: a renderer may be an object of a class, whose methods a spread would leave behind.
    busy: (what) => renderer.busy(what),
    idle: () => renderer.idle(),
    note: (message) => renderer.note(message),
    warn: (message) => renderer.warn(message),
    plan: (plan, notes) => renderer.plan(plan, notes),
    nothingToDo: (why) => renderer.nothingToDo(why),
    refuse: (why) => renderer.refuse(why),
    begin: (plan) => renderer.begin(plan),
    outcome: (plan, outcome, resume) => renderer.outcome(plan, outcome, resume),
    findings: (findings) => renderer.findings(findings),
    error: (error) => renderer.error(error),
    suggest: (command) => renderer.suggest(command),
    close: () => renderer.close(),
    event: (event) => {
      stderr.write(`${JSON.stringify(eventToJson(event))}\n`)
      renderer.event(event)
    },
  }
}

export function eventToJson(event: ExecutionEvent): object {
  switch (event.kind) {
    case 'step-failed': {
      const {code, message, node, hint} = event.error
      return {...event, error: {code, message, node, hint}}
    }
    case 'key-copied':
      return {...event, key: Buffer.from(event.key).toString()}
    default:
      return event
  }
}
