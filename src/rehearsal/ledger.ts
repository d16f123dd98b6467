/** What clients were promised: every write that was acknowledged, and which of them may be gone because replication is asynchronous. */

/** Values of one key are elements of a set: whatever order writes arrive in, what was acknowledged has to be among them. */
export type Elements = ReadonlySet<string>
export type Contents = ReadonlyMap<string, Elements>

export interface LostWrite {
  readonly key: string
  readonly element: string
}

export class Ledger {
  readonly #acknowledged = new Map<string, Set<string>>()
  readonly #excused = new Map<string, Set<string>>()
  #writes = 0

  get writes(): number {
    return this.#writes
  }

  get keys(): IterableIterator<string> {
    return this.#acknowledged.keys()
  }

  /** What was acknowledged of a key. */
  elementsOf(key: string): Elements {
    return this.#acknowledged.get(key) ?? new Set()
  }

  /** Acknowledged writes that may be gone. */
  get excusedAcknowledged(): number {
    let sum = 0
    for (const [key, elements] of this.#excused) {
      for (const element of elements) if (this.isAcknowledged(key, element)) sum++
    }
    return sum
  }

  acknowledge(key: string, element: string): void {
    addTo(this.#acknowledged, key, element)
    this.#writes++
  }

  isAcknowledged(key: string, element: string): boolean {
    return this.#acknowledged.get(key)?.has(element) === true
  }

  /** The node that held this was replaced by one that had not heard of it. */
  excuse(key: string, element: string): void {
    addTo(this.#excused, key, element)
  }

  isExcused(key: string, element: string): boolean {
    return this.#excused.get(key)?.has(element) === true
  }

  /** What `held` had and `heir` has not: lost with `held`, as far as it was acknowledged. */
  excuseWhatIsMissing(held: Contents, heir: Contents): void {
    for (const [key, elements] of held) {
      const kept = heir.get(key)
      for (const element of elements) if (kept?.has(element) !== true) this.excuse(key, element)
    }
  }

  /** Acknowledged, and not there by right: a failover took them. */
  countTaken(contents: (key: string) => Elements | undefined): number {
    let taken = 0
    for (const [key, elements] of this.#excused) {
      const there = contents(key)
      for (const element of elements) if (this.isAcknowledged(key, element) && there?.has(element) !== true) taken++
    }
    return taken
  }

  /** Acknowledged, not excused, and not there. */
  lost(contents: (key: string) => Elements | undefined): LostWrite[] {
    const lost: LostWrite[] = []
    for (const [key, elements] of this.#acknowledged) {
      const there = contents(key)
      for (const element of elements) {
        if (there?.has(element) !== true && !this.isExcused(key, element)) lost.push({key, element})
      }
    }
    return lost
  }
}

function addTo(map: Map<string, Set<string>>, key: string, element: string): void {
  const known = map.get(key)
  if (known === undefined) map.set(key, new Set([element]))
  else known.add(element)
}
