/** Clients that wait: for keys to get something to take, for replicas, for a pause to end. */
import {type Database} from '../keyspace/database.js'
import {type Bytes} from '../ports.js'
import {type Client} from './client.js'
import {TimeoutQueue} from './timeout-queue.js'

/** A client that waits for keys. */
export interface KeyWait {
  readonly client: Client
  readonly database: Database
  /** Each key once. */
  readonly keys: readonly Bytes[]
  /**
   * Called when the key may have something to take: replies and returns true (an error is a reply too), or returns false and the
   * client stays blocked.
   */
  readonly serve: (key: Bytes) => boolean
}

export interface BlockRequest {
  readonly keys: readonly Bytes[]
  /** Unix ms; Infinity: no timeout. */
  readonly timeoutAtMs: number
  readonly serve: (key: Bytes) => boolean
  readonly onTimeout: (client: Client) => void
}

/** The clients of one key, in the order in which they came. */
interface KeyQueue {
  readonly database: Database
  readonly key: Bytes
  readonly waits: Set<KeyWait>
  /** Already in the list of keys to be served. */
  signalled: boolean
}

/** First come, first served, key by key. Source: Redis 7.0's blocked.c and the documentation of BLPOP. */
export class Blocking {
  readonly #countError: (text: string) => void
  readonly #waits = new Map<Client, KeyWait>()
  readonly #queues = new Map<Database, Map<Bytes, KeyQueue>>()
  #ready: KeyQueue[] = []
  readonly #timeouts = new TimeoutQueue<Client>()
  /** Clients whose wait is over: the node reads on from their parsers at the end of the turn. */
  readonly unblocked: Client[] = []

  /** `countError` hears of every error that ends a wait: INFO errorstats. */
  constructor(countError: (text: string) => void = () => undefined) {
    this.#countError = countError
  }

  get blockedClients(): number {
    return this.#timeouts.size
  }

  /** The earliest timeout of anybody, unix ms; Infinity without one. */
  get nextTimeoutMs(): number {
    return this.#timeouts.nextMs
  }

  /** The client stops reading commands until `unblock`. */
  block(client: Client, blocked: NonNullable<Client['blocked']>): void {
    client.blocked = blocked
    this.#timeouts.add(client, blocked.timeoutAtMs)
  }

  blockOnKeys(
    {client, db}: {readonly client: Client; readonly db: Database},
    {keys, timeoutAtMs, serve, onTimeout}: BlockRequest,
  ): void {
    const wait: KeyWait = {client, database: db, keys: [...new Set(keys)], serve}
    this.#waits.set(client, wait)
    for (const key of wait.keys) this.#queueOf(db, key).waits.add(wait)
    this.block(client, {kind: 'keys', timeoutAtMs, onTimeout, onEnd: (each) => this.#forget(each)})
  }

  /** Ends a wait, however it ended; what to reply is the caller's business. */
  unblock(client: Client): void {
    const {blocked} = client
    if (blocked === undefined) return
    client.blocked = undefined
    this.#timeouts.delete(client)
    blocked.onEnd?.(client)
    this.unblocked.push(client)
  }

  /** Ends a wait with an error; the text has its code (`UNBLOCKED …`, `MOVED …`). */
  unblockWithError(client: Client, errorText: string): void {
    if (client.blocked === undefined) return
    this.#countError(errorText)
    client.output.error(errorText)
    this.unblock(client)
  }

  /**
   * CLIENT UNBLOCK: as if the time were over, or with an error.
   * @returns false when the client is not blocked by a command (a pause is nothing that can be ended one by one)
   */
  unblockOnRequest(client: Client, how: 'timeout' | 'error'): boolean {
    const {blocked} = client
    if (blocked === undefined || blocked.kind === 'pause' || blocked.kind === 'shutdown') return false
    if (how === 'error') {
      this.unblockWithError(client, 'UNBLOCKED client unblocked via CLIENT UNBLOCK')
    } else {
      blocked.onTimeout(client)
      this.unblock(client)
    }
    return true
  }

  /** Ends the waits whose time is over, the earliest first. */
  timeOut(nowMs: number): void {
    for (let client = this.#timeouts.due(nowMs); client !== undefined; client = this.#timeouts.due(nowMs)) {
      client.blocked?.onTimeout(client)
      this.unblock(client)
    }
  }

  /** Every client that waits for keys, with the keys. The waits may be ended meanwhile. */
  keyWaits(): IterableIterator<KeyWait> {
    return this.#waits.values()
  }

  /**
   * Ends those waits for keys of which `isEnded` says so (a slot leaves, the cluster goes down) with an error, which may depend on
   * the wait (`MOVED 12182 127.0.0.1:7002`).
   * @returns how many were ended
   */
  endKeyWaits(isEnded: (wait: KeyWait) => boolean, errorText: string | ((wait: KeyWait) => string)): number {
    let ended = 0
    for (const wait of this.#waits.values()) {
      if (!isEnded(wait)) continue
      this.unblockWithError(wait.client, typeof errorText === 'string' ? errorText : errorText(wait))
      ended++
    }
    return ended
  }

  /**
   * The node becomes a replica: whoever waits, for keys or for replicas, is told and sent away; a pause goes on.
   * Source: Redis 7.0's disconnectAllBlockedClients.
   */
  endAllForNewRole(): void {
    for (const client of this.#timeouts.items()) {
      if (client.blocked?.kind === 'pause') continue
      this.unblockWithError(
        client,
        'UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)',
      )
      if (client.closing === 'no') client.closing = 'after-output'
    }
  }

  /** A key got something that a blocked client could take. Costs next to nothing when nobody waits for it. */
  signal(database: Database, key: Bytes): void {
    if (this.#waits.size === 0) return
    const queue = this.#queues.get(database)?.get(key)
    if (queue === undefined || queue.signalled) return
    queue.signalled = true
    this.#ready.push(queue)
  }

  /** All keys of a database may have become others at once (SWAPDB). */
  signalAll(database: Database): void {
    for (const key of this.#queues.get(database)?.keys() ?? []) if (database.has(key)) this.signal(database, key)
  }

  get hasReady(): boolean {
    return this.#ready.length > 0
  }

  /**
   * Serves the clients of all keys that were signalled, in the order of the signals; serving may signal more keys. To be called
   * after the whole unit (a command, a transaction) that signalled them, and `afterEach` ends the unit of each client served.
   */
  serveReady(afterEach: () => void): void {
    while (this.#ready.length > 0) {
      const ready = this.#ready
      this.#ready = []
      for (const queue of ready) {
        queue.signalled = false
        serveQueue(queue, (client) => {
          this.unblock(client)
          afterEach()
        })
      }
    }
  }

  #queueOf(database: Database, key: Bytes): KeyQueue {
    let queues = this.#queues.get(database)
    if (queues === undefined) this.#queues.set(database, (queues = new Map<Bytes, KeyQueue>()))
    let queue = queues.get(key)
    if (queue === undefined) queues.set(key, (queue = {database, key, waits: new Set(), signalled: false}))
    return queue
  }

  #forget(client: Client): void {
    const wait = this.#waits.get(client)
    if (wait === undefined) return
    this.#waits.delete(client)
    const queues = this.#queues.get(wait.database)
    for (const key of wait.keys) {
      const queue = queues?.get(key)
      queue?.waits.delete(wait)
      if (queue?.waits.size === 0) queues?.delete(key)
    }
  }
}

/** Stops as soon as there is nothing left to take; a client that is being closed takes nothing, it would be lost. */
function serveQueue({database, key, waits}: KeyQueue, served: (client: Client) => void): void {
  for (const {client, serve} of waits) {
    if (!database.has(key)) return
    if (client.closing === 'no' && serve(key)) served(client)
  }
}
