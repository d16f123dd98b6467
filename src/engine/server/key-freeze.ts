/** Keys in transit: whoever touches one waits until MIGRATE knows where the key is. */
import {type Database} from '../keyspace/database.js'
import {type Bytes} from '../ports.js'

/** Callers that wait are told when the last of the keys they met is free. */
export interface Thawed {
  (): void
}

export class KeyFreeze {
  readonly #byDatabase = new Map<Database, Map<Bytes, Thawed[]>>()

  /** The common case, asked before every command. */
  get isEmpty(): boolean {
    return this.#byDatabase.size === 0
  }

  freeze(database: Database, keys: readonly Bytes[]): void {
    let frozen = this.#byDatabase.get(database)
    if (frozen === undefined) this.#byDatabase.set(database, (frozen = new Map<Bytes, Thawed[]>()))
    for (const key of keys) if (!frozen.has(key)) frozen.set(key, [])
  }

  isFrozen(database: Database, key: Bytes): boolean {
    return this.#byDatabase.get(database)?.has(key) === true
  }

  /** `thawed` is called once, when this key is free again. The key must be frozen. */
  wait(database: Database, key: Bytes, thawed: Thawed): void {
    this.#byDatabase.get(database)?.get(key)?.push(thawed)
  }

  thaw(database: Database, keys: readonly Bytes[]): void {
    const frozen = this.#byDatabase.get(database)
    if (frozen === undefined) return
    const waiting: Thawed[] = []
    for (const key of keys) {
      waiting.push(...(frozen.get(key) ?? []))
      frozen.delete(key)
    }
    if (frozen.size === 0) this.#byDatabase.delete(database)
    for (const thawed of waiting) thawed()
  }
}
