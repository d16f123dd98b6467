/** Keys whose time has passed go even if nobody asks for them: a little work every 100 ms, more while there is much to do. */
import {type Bytes} from '../ports.js'
import {type Database} from './database.js'

/** What the cycle needs of its node. */
export interface ExpiryHost {
  readonly databases: readonly Database[]
  /** False on a replica, while loading, while writes are paused, and after DEBUG SET-ACTIVE-EXPIRE 0. */
  mayExpire(): boolean
  /** A key was deleted: its DEL goes out as a command of its own. */
  deleted(): void
}

/** Keys looked at before their share of expired ones is judged (Redis: ACTIVE_EXPIRE_CYCLE_KEYS_PER_LOOP). */
const SAMPLE_KEYS = 20
/** While more than this share of a sample had expired, the cycle goes on (Redis: ACTIVE_EXPIRE_CYCLE_ACCEPTABLE_STALE). */
const ACCEPTABLE_SHARE = 0.1
/** Keys looked at in one tick over all databases: some 20 ms when all of them must go. */
const KEYS_PER_TICK = 20_000
/** How slowly the average follows the samples. */
const AVERAGE_WEIGHT = 50

/** Source: Redis 7.0's activeExpireCycle, bounded by a count of keys where Redis looks at a clock. */
export class ExpiryCycle {
  readonly #host: ExpiryHost
  readonly #walks = new Map<Database, Iterator<[Bytes, number]>>()
  /** The database that comes first in the next tick: none is left out when the work does not end. */
  #first = 0

  constructor(host: ExpiryHost) {
    this.#host = host
  }

  /** Every 100 ms. */
  tick(): void {
    const {databases} = this.#host
    if (!this.#host.mayExpire()) return
    let left = KEYS_PER_TICK
    for (let turn = 0; turn < databases.length && left > 0; turn++) {
      const database = databases[(this.#first + turn) % databases.length]!
      left -= this.#expireSome(database, left)
      if (left <= 0) this.#first = (this.#first + turn + 1) % databases.length
    }
  }

  /** Samples until one has few expired keys. @returns how many keys were looked at */
  #expireSome(database: Database, most: number): number {
    let seen = 0
    while (seen < most && database.expiringKeys > 0) {
      const size = Math.min(SAMPLE_KEYS, database.expiringKeys)
      const expired = this.#sample(database, size)
      seen += size
      if (expired <= size * ACCEPTABLE_SHARE) break
    }
    if (database.expiringKeys === 0) this.#walks.delete(database)
    return seen
  }

  /** @returns how many of the next `size` keys had expired and are gone */
  #sample(database: Database, size: number): number {
    let [expired, living, sumMs] = [0, 0, 0]
    for (let drawn = 0; drawn < size; drawn++) {
      const entry = this.#next(database)
      if (entry === undefined) break
      const [key, atMs] = entry
      if (database.expireIfDue(key)) {
        expired++
        this.#host.deleted()
      } else if (atMs > database.nowMs) {
        living++
        sumMs += atMs - database.nowMs
      }
    }
    if (living > 0) followAverage(database, sumMs / living)
    return expired
  }

  /** The next key with an expiry, round the end. */
  #next(database: Database): [Bytes, number] | undefined {
    let walk = this.#walks.get(database)
    if (walk === undefined) this.#walks.set(database, (walk = database.expiries()))
    const next = walk.next()
    if (next.done !== true) return next.value
    const again = database.expiries()
    this.#walks.set(database, again)
    const first = again.next()
    return first.done === true ? undefined : first.value
  }
}

function followAverage(database: Database, sampleMs: number): void {
  const before = database.averageTtlMs
  const after = before === 0 ? sampleMs : (before / AVERAGE_WEIGHT) * (AVERAGE_WEIGHT - 1) + sampleMs / AVERAGE_WEIGHT
  database.averageTtlMs = Math.floor(after)
}
