/** Puts an RDB file into the databases, a piece at a time: at the start of a node, and when a replica takes over its primary's data. */
import {type Bytes} from '../ports.js'
import {type Database} from '../keyspace/database.js'
import {type EncodingLimits} from '../values/encoding-limits.js'
import {RdbReader, type RdbEvent} from './rdb-reader.js'

const MIB = 1024 * 1024

export interface LoadTarget {
  readonly databases: readonly Database[]
  readonly limits: EncodingLimits
  /** A primary leaves out what expired before this time (unix ms); a replica keeps it until the DEL arrives: -Infinity. */
  readonly dropExpiredBeforeMs: number
  /** Told of each key that is left out for that reason. */
  readonly expired?: (db: number, key: Bytes) => void
  /** A key that is there already, be it from the same file, ends the load, as it ends a real server. */
  readonly refusesDuplicates?: boolean
}

export class RdbLoader {
  readonly #target: LoadTarget
  readonly #reader: RdbReader
  readonly #aux = new Map<Bytes, Bytes>()
  /** What was passed over (`stream`, `module value`, …) and how often. */
  readonly skipped = new Map<string, number>()
  keysLoaded = 0
  keysExpired = 0
  #error: string | undefined

  constructor(target: LoadTarget) {
    this.#target = target
    this.#reader = new RdbReader(target.limits)
  }

  get isComplete(): boolean {
    return this.#reader.isComplete
  }

  /** In the words of a real server's log. */
  get error(): string | undefined {
    return this.#error ?? this.#reader.error
  }

  /** The AUX fields seen so far: `repl-id`, `repl-offset`, `repl-stream-db`, … */
  aux(name: string): Bytes | undefined {
    return this.#aux.get(name)
  }

  /** Takes in a chunk; what is complete in it is in the databases afterwards. */
  feed(chunk: Uint8Array): void {
    this.#reader.feed(chunk)
    this.#drain()
  }

  /** No more bytes will come. */
  close(): void {
    this.#reader.close()
    this.#drain()
  }

  /** Bytes behind the end of the RDB part: an AOF goes on with commands. */
  rest(): Uint8Array {
    return this.#reader.rest()
  }

  /** What a real server logs of a file that it has loaded: who made it, how old it is, how much was in it. */
  summary(nowMs: number): readonly string[] {
    const madeAt = this.aux('ctime')
    const usedBytes = this.aux('used-mem')
    const version = this.aux('redis-ver') ?? this.aux('valkey-ver')
    return [
      ...(version === undefined ? [] : [`Loading RDB produced by version ${version}`]),
      ...(madeAt === undefined ? [] : [`RDB age ${Math.max(0, Math.floor(nowMs / 1000) - Number(madeAt))} seconds`]),
      ...(usedBytes === undefined ? [] : [`RDB memory usage when created ${(Number(usedBytes) / MIB).toFixed(2)} Mb`]),
      `Done loading RDB, keys loaded: ${this.keysLoaded}, keys expired: ${this.keysExpired}.`,
    ]
  }

  #drain(): void {
    if (this.#error !== undefined) return
    for (let event = this.#reader.next(); event !== undefined; event = this.#reader.next()) {
      this.#take(event)
      if (this.#error !== undefined) return
    }
  }

  #take(event: RdbEvent): void {
    switch (event.kind) {
      case 'entry':
        return this.#store(event)
      case 'aux':
        this.#aux.set(event.name, event.value)
        return
      case 'function':
        return this.#skip('function library')
      case 'skipped':
        return this.#skip(event.what)
      case 'sizes':
        return
    }
  }

  #store({db, key, value, expireAtMs}: Extract<RdbEvent, {kind: 'entry'}>): void {
    const {databases, dropExpiredBeforeMs, refusesDuplicates} = this.#target
    const database = databases[db]
    if (database === undefined) {
      this.#error = `FATAL: Data file was created with a Redis server configured to handle more than ${databases.length} databases. Exiting`
      return
    }
    if (expireAtMs !== undefined && expireAtMs < dropExpiredBeforeMs) {
      this.keysExpired++
      this.#target.expired?.(db, key)
      return
    }
    if (refusesDuplicates === true && database.peek(key) !== undefined) {
      this.#error = `RDB has duplicated key '${key}' in DB ${db}`
      return
    }
    database.set(key, value)
    if (expireAtMs !== undefined) database.setExpiry(key, expireAtMs)
    this.keysLoaded++
  }

  #skip(what: string): void {
    this.skipped.set(what, (this.skipped.get(what) ?? 0) + 1)
  }
}
