/**
 * When each node must be looked at next, by its index. To look at all of them ten times a second is to look at a thousand objects that
 * lie anywhere in memory, of which a handful have anything due; to look at a thousand numbers side by side costs a microsecond.
 *
 * A time is never later than the first moment at which a look finds something to do. Whatever brings that moment forward says so here.
 */

const FIRST_ROOM = 16

export class WatchTimes {
  /** Unix ms. */
  #atMs = new Float64Array(FIRST_ROOM)

  /** At the next tick: it is new, or it has lost its link. */
  lookSoon(index: number): void {
    this.lookAt(index, 0)
  }

  lookAt(index: number, atMs: number): void {
    if (index >= this.#atMs.length) this.#grow(index)
    this.#atMs[index] = atMs
  }

  /** No later than this. */
  lookBefore(index: number, atMs: number): void {
    if (atMs < this.#atMs[index]!) this.#atMs[index] = atMs
  }

  /** At all of them, at the next tick. */
  lookAtAll(): void {
    this.#atMs.fill(0)
  }

  /** Those whose time has come, by their index. They keep it until they are told another one. */
  due<Node>(byIndex: readonly (Node | null)[], nowMs: number): Node[] {
    const due: Node[] = []
    const atMs = this.#atMs
    for (let index = 1; index < byIndex.length; index++) {
      if (atMs[index]! > nowMs) continue
      const node = byIndex[index]
      if (node !== null && node !== undefined) due.push(node)
    }
    return due
  }

  #grow(index: number): void {
    const grown = new Float64Array(Math.max(index + 1, 2 * this.#atMs.length))
    grown.set(this.#atMs)
    this.#atMs = grown
  }
}
