/** Time that passes when nothing more happens at this moment: a heap of what is to come. */

interface Event {
  readonly atMs: number
  /** Breaks ties: who was scheduled first. */
  readonly order: number
  /** Undefined when it was cancelled. */
  run: (() => void) | undefined
}

/** Takes an event out before it has happened; afterwards it does nothing. */
export type Cancel = () => void

/** The moment at which every simulation begins, unix ms: 2026-01-01, so that times in logs read well. */
export const START_MS = 1_767_225_600_000

/** One order for all that happens: by time, and what was scheduled first comes first. Nothing else reads a clock or waits. */
export class VirtualClock {
  #nowMs = START_MS
  readonly #heap: Event[] = []
  /** What ends the present moment: taken after all events of this moment, in its order. */
  readonly #soon: (() => void)[] = []
  #nextSoon = 0
  #lastOrder = 0

  /** Unix ms with a fraction. */
  get nowMs(): number {
    return this.#nowMs
  }

  /** How many events are to come, cancelled ones that have not been passed over yet included. */
  get pending(): number {
    return this.#heap.length + this.#soon.length - this.#nextSoon
  }

  /** Unix ms of the next event; Infinity when none is to come. */
  get nextMs(): number {
    return this.#nextSoon < this.#soon.length ? this.#nowMs : (this.#heap[0]?.atMs ?? Infinity)
  }

  /** @param delayMs from now; less than nothing is nothing */
  schedule(delayMs: number, run: () => void): Cancel {
    return this.at(this.#nowMs + delayMs, run)
  }

  /** At a time, unix ms; now, when it has passed. */
  at(atMs: number, run: () => void): Cancel {
    const event: Event = {atMs: Math.max(atMs, this.#nowMs), order: ++this.#lastOrder, run}
    this.#push(event)
    return () => {
      event.run = undefined
    }
  }

  /** At this very moment, after everything else that happens in it. */
  soon(run: () => void): void {
    this.#soon.push(run)
  }

  /** Lets the next event happen. False when none is left. */
  step(): boolean {
    while (this.#heap.length > 0 && (this.#heap[0]!.atMs <= this.#nowMs || !this.#hasSoon)) {
      const {atMs, run} = this.#pop()
      if (run === undefined) continue
      this.#nowMs = atMs
      run()
      return true
    }
    if (!this.#hasSoon) return false
    this.#takeSoon()()
    return true
  }

  /** Nothing happens on the way: for who has looked at `nextMs`. */
  advanceTo(ms: number): void {
    if (ms > this.#nowMs) this.#nowMs = ms
  }

  get #hasSoon(): boolean {
    return this.#nextSoon < this.#soon.length
  }

  #takeSoon(): () => void {
    const run = this.#soon[this.#nextSoon++]!
    if (this.#nextSoon === this.#soon.length) {
      this.#soon.length = 0
      this.#nextSoon = 0
    }
    return run
  }

  #push(event: Event): void {
    const heap = this.#heap
    let place = heap.length
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (!isBefore(event, heap[parent]!)) break
      heap[place] = heap[parent]!
      place = parent
    }
    heap[place] = event
  }

  #pop(): Event {
    const heap = this.#heap
    const first = heap[0]!
    const last = heap.pop()!
    if (heap.length > 0) this.#sink(last)
    return first
  }

  /** Finds the place of an event from the top down. */
  #sink(event: Event): void {
    const heap = this.#heap
    let place = 0
    for (;;) {
      let child = 2 * place + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (!isBefore(heap[child]!, event)) break
      heap[place] = heap[child]!
      place = child
    }
    heap[place] = event
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}
