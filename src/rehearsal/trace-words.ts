/** What the executor tells, as lines of a trace: what matters of it, in words that no clock and no machine changes. */
import type {ExecutionEvent} from '../manager/execute/event.js'
import type {Step} from '../manager/plan/step.js'

export function describeStep(event: ExecutionEvent, say: (line: string) => void): void {
  switch (event.kind) {
    case 'phase-started':
      return say(`phase ${event.phase}: ${event.title} (${event.steps} steps)`)
    case 'step-started':
      return say(`step ${event.step}: ${stepText(event.does)}`)
    case 'step-finished':
      return say(`step ${event.step} finished`)
    case 'step-failed':
      return say(`step ${event.step} failed: ${event.error.node ?? ''} ${event.error.message}`)
    case 'undo-started':
      return say(`undoes what was done: ${event.reason}`)
    case 'noted':
    case 'waiting':
      return say(`step ${event.step}: ${event.kind === 'noted' ? event.message : `waits: ${event.reason}`}`)
    case 'slot-moved':
      return say(`slot ${event.slot} is ${event.target.slice(0, 8)}'s, with ${event.keys} keys`)
    case 'keys-moved':
    case 'big-key':
    case 'key-copied':
    case 'keys-counted':
    case 'pace-changed':
      return
  }
}

function stepText({kind, ...details}: Step): string {
  return `${kind} ${JSON.stringify(details)}`
}
