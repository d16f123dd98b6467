/** `Waiting for the cluster to join`, with a dot for each time that something is still missing. */
import type {ExecutionEvent} from '../../manager/execute/event.js'
import type {Printer} from './printer.js'

export class JoinLines {
  readonly #print: Printer
  readonly #atMeet: () => void
  #state: 'before' | 'met' | 'waiting' | 'joined' = 'before'

  /** @param atMeet prints what comes before the first node is introduced */
  constructor(print: Printer, atMeet: () => void) {
    this.#print = print
    this.#atMeet = atMeet
  }

  event(event: ExecutionEvent): void {
    if (event.kind === 'waiting' && this.#state === 'waiting') this.#print.write('.')
    if (event.kind !== 'step-started') return
    if (event.does.kind === 'meet' && this.#state === 'before') {
      this.#state = 'met'
      this.#atMeet()
    }
    if (this.#state === 'met' && (event.does.kind === 'wait-agreement' || event.does.kind === 'replicate')) {
      this.#state = 'waiting'
      this.#print.line('Waiting for the cluster to join')
    }
  }

  /** Ends the line of dots, if there is one. May be called again. */
  end(): void {
    if (this.#state === 'waiting') this.#print.write('\n')
    this.#state = 'joined'
  }
}
