/** Who is to be woken next: a binary heap of times, from which anybody can be taken out early. */

interface Entry<T> {
  readonly item: T
  readonly atMs: number
  /** Breaks ties: who came first. */
  readonly order: number
  place: number
}

/** Everything costs the logarithm of the number of waiters; `nextMs`, which is asked every turn, costs nothing. */
export class TimeoutQueue<T> {
  readonly #heap: Entry<T>[] = []
  readonly #entries = new Map<T, Entry<T>>()
  #lastOrder = 0

  get size(): number {
    return this.#entries.size
  }

  /** Unix ms of the earliest; Infinity when nobody waits for a time. */
  get nextMs(): number {
    return this.#heap[0]?.atMs ?? Infinity
  }

  has(item: T): boolean {
    return this.#entries.has(item)
  }

  /** Everybody, in no order. The queue may change meanwhile. */
  items(): T[] {
    return [...this.#entries.keys()]
  }

  /** `atMs` may be Infinity: never due, but in. An item that is in already gets its new time. */
  add(item: T, atMs: number): void {
    this.delete(item)
    const entry: Entry<T> = {item, atMs, order: ++this.#lastOrder, place: -1}
    this.#entries.set(item, entry)
    if (atMs === Infinity) return
    entry.place = this.#heap.length
    this.#heap.push(entry)
    this.#rise(entry)
  }

  delete(item: T): boolean {
    const entry = this.#entries.get(item)
    if (entry === undefined) return false
    this.#entries.delete(item)
    if (entry.place < 0) return true
    const last = this.#heap.pop()!
    if (last === entry) return true
    last.place = entry.place
    this.#heap[last.place] = last
    this.#rise(last)
    this.#sink(last)
    return true
  }

  /** The earliest one whose time has come, left in; undefined when there is none. */
  due(nowMs: number): T | undefined {
    const first = this.#heap[0]
    return first !== undefined && first.atMs <= nowMs ? first.item : undefined
  }

  #rise(entry: Entry<T>): void {
    while (entry.place > 0) {
      const parent = this.#heap[(entry.place - 1) >> 1]!
      if (!isBefore(entry, parent)) return
      this.#swap(entry, parent)
    }
  }

  #sink(entry: Entry<T>): void {
    for (;;) {
      const left = this.#heap[2 * entry.place + 1]
      const right = this.#heap[2 * entry.place + 2]
      const child = right !== undefined && isBefore(right, left!) ? right : left
      if (child === undefined || !isBefore(child, entry)) return
      this.#swap(child, entry)
    }
  }

  #swap(a: Entry<T>, b: Entry<T>): void {
    const place = a.place
    a.place = b.place
    b.place = place
    this.#heap[a.place] = a
    this.#heap[b.place] = b
  }
}

function isBefore(a: Entry<unknown>, b: Entry<unknown>): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}
