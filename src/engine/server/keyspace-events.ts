/** Keyspace notifications: the classes of notify-keyspace-events, and whether an event is wanted. */

/** A letter of notify-keyspace-events: g generic, $ string, l list, s set, h hash, z zset, x expired, e evicted, t stream, m miss, n new key, d module. */
export type EventClass = 'g' | '$' | 'l' | 's' | 'h' | 'z' | 'x' | 'e' | 't' | 'm' | 'n' | 'd'

const ALL_CLASSES = 'g$lshzxetd'

/** Which events a node announces: `K` on `__keyspace@db__:key`, `E` on `__keyevent@db__:event`. */
export class EventFilter {
  #classes = new Set<string>()
  keyspace = false
  keyevent = false

  get isSilent(): boolean {
    return !this.keyspace && !this.keyevent
  }

  /** @returns false when there is an unknown letter */
  configure(letters: string): boolean {
    const classes = new Set<string>()
    for (const letter of letters) {
      if (letter === 'A') for (const each of ALL_CLASSES) classes.add(each)
      else if (/[g$lshzxetmndKE]/.test(letter)) classes.add(letter)
      else return false
    }
    this.keyspace = classes.has('K')
    this.keyevent = classes.has('E')
    this.#classes = classes
    return true
  }

  wants(eventClass: EventClass): boolean {
    return this.#classes.has(eventClass)
  }

  /** All letters in one order. */
  get letters(): string {
    return [...this.#classes].sort().join('')
  }

  /** As CONFIG GET prints it: `A` for all, then the rest. */
  toString(): string {
    const has = (each: string): boolean => this.#classes.has(each)
    // As in Redis 7.0, `n` is told only where the classes are listed one by one.
    const classes = [...ALL_CLASSES].every(has) ? 'A' : [...ALL_CLASSES, 'n'].filter(has).join('')
    return classes + ['K', 'E', 'm'].filter(has).join('')
  }
}
