/** WATCH and the end of a transaction: who waits for which key to change. */
import {type Bytes} from '../ports.js'
import {type Database} from '../keyspace/database.js'
import {type Client, type Transaction} from './client.js'

export function newTransaction(): Transaction {
  return {
    queue: [],
    hasWrite: false,
    hasDenyStale: false,
    hasDenyLoading: false,
    hasDenyOom: false,
    broken: false,
    slot: -1,
  }
}

/** The keys that clients watch. A change of one makes their next EXEC answer null. Source: Redis 7.0's multi.c. */
export class WatchedKeys {
  readonly #byKey = new Map<Database, Map<Bytes, Set<Client>>>()

  get isEmpty(): boolean {
    return this.#byKey.size === 0
  }

  watch(client: Client, database: Database, key: Bytes): void {
    if (client.watched.some((each) => each.database === database && each.key === key)) return
    const keys = this.#byKey.get(database) ?? new Map<Bytes, Set<Client>>()
    this.#byKey.set(database, keys)
    const watchers = keys.get(key)
    if (watchers === undefined) keys.set(key, new Set([client]))
    else watchers.add(client)
    client.watched.push({database, key, wasExpired: isExpired(database, key)})
  }

  unwatchAll(client: Client): void {
    for (const {database, key} of client.watched) {
      const keys = this.#byKey.get(database)
      const watchers = keys?.get(key)
      watchers?.delete(client)
      if (watchers?.size === 0) keys?.delete(key)
      if (keys?.size === 0) this.#byKey.delete(database)
    }
    client.watched = []
  }

  /** DISCARD, and whatever else ends a transaction without running it. */
  discard(client: Client): void {
    client.transaction = undefined
    client.dirtyCas = false
    this.unwatchAll(client)
  }

  /** A key was added, changed or removed. */
  touch(database: Database, key: Bytes): void {
    const watchers = this.#byKey.get(database)?.get(key)
    if (watchers === undefined) return
    const isGone = database.peek(key) === undefined
    for (const client of [...watchers]) {
      const watched = client.watched.find((each) => each.database === database && each.key === key)
      // The key had expired before it was watched: its deletion changes nothing for the watcher.
      if (watched?.wasExpired === true && isGone) {
        watched.wasExpired = false
        continue
      }
      this.#spoil(client)
    }
  }

  /** FLUSHDB, SWAPDB, a full sync: told before all keys of `database` go, and with what comes instead, if something does. */
  touchAll(database: Database, replacement?: Database): void {
    const keys = this.#byKey.get(database)
    if (keys === undefined) return
    for (const [key, watchers] of [...keys]) {
      const existed = database.peek(key) !== undefined
      if (!existed && replacement?.peek(key) === undefined) continue
      for (const client of [...watchers]) {
        const watched = client.watched.find((each) => each.database === database && each.key === key)
        if (watched?.wasExpired === true && existed && replacement?.peek(key) === undefined) watched.wasExpired = false
        else this.#spoil(client)
      }
    }
  }

  /** Whether the time of a watched key has passed since WATCH. */
  hasExpired(client: Client): boolean {
    return client.watched.some((each) => !each.wasExpired && isExpired(each.database, each.key))
  }

  /** The client's EXEC will fail whatever comes: there is nothing left to watch for. */
  #spoil(client: Client): void {
    client.dirtyCas = true
    this.unwatchAll(client)
  }
}

function isExpired(database: Database, key: Bytes): boolean {
  const atMs = database.expiryOf(key)
  return atMs !== undefined && atMs < database.nowMs
}
