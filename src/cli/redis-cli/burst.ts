/** Many lines in one write: a pipe takes one write of 64 lines much faster than 64 of one. */
import type {Printer} from './printer.js'

export class Burst {
  readonly #print: Printer
  #pending = ''

  constructor(print: Printer) {
    this.#print = print
  }

  /** Written with all that is added in the same moment. */
  add(text: string): void {
    if (this.#pending === '') queueMicrotask(() => this.flush())
    this.#pending += text
  }

  /** At once: before something else is written. */
  flush(): void {
    if (this.#pending !== '') this.#print.write(this.#pending)
    this.#pending = ''
  }
}
