/** An application on ioredis: it writes, reads and counts all the while, and notes what was acknowledged to it. */
import {setTimeout as sleep} from 'node:timers/promises'
import {Cluster} from 'ioredis'
import type {RespTarget} from '../resp.js'

export interface LoadOptions {
  /** Only what a replica has confirmed (WAIT 1) counts as acknowledged: the rest a crash may take. Default false. */
  readonly confirmed?: boolean
  /** Between two requests of a writer. Default 1: as much as it can. */
  readonly pauseMs?: number
}

export interface LoadReport {
  /** How many writes were acknowledged. */
  readonly acknowledged: number
  /** Acknowledged and not there; replies that cannot be right. Empty when all is well. */
  readonly faults: readonly string[]
  /** The longest that one request took, its redirections and retries included. */
  readonly slowestMs: number
}

const WRITERS = 8
const KEYS_EACH = 40
const CONFIRM_MS = 200
const RETRY_MS = 50
/** ioredis goes on for so many tries: a failover takes longer than its default allows. */
const MOST_TRIES = 200

/** Every writer has keys of its own, and one request under way: what a key must hold is then known. */
class Writer {
  readonly #cluster: Cluster
  readonly #name: string
  readonly #confirmed: boolean
  readonly #pauseMs: number
  readonly #last = new Map<string, number>()
  readonly #members = new Map<string, Set<string>>()
  readonly faults: string[] = []
  acknowledged = 0
  slowestMs = 0

  constructor(cluster: Cluster, name: string, {confirmed = false, pauseMs = 1}: LoadOptions) {
    this.#cluster = cluster
    this.#name = name
    this.#confirmed = confirmed
    this.#pauseMs = pauseMs
  }

  async run(isGoing: () => boolean): Promise<void> {
    for (let number = 1; isGoing(); number++) {
      const startedMs = performance.now()
      const tag = `{${this.#name}:${number % KEYS_EACH}}`
      await this.#round(number, tag)
      this.slowestMs = Math.max(this.slowestMs, performance.now() - startedMs)
      await sleep(this.#pauseMs)
    }
  }

  /** A string that only grows, a list and a set that keep every number: one request, of one slot. */
  async #round(number: number, tag: string): Promise<void> {
    const pipeline = this.#cluster.pipeline()
    pipeline.set(`last:${tag}`, number)
    pipeline.rpush(`list:${tag}`, number)
    pipeline.sadd(`set:${tag}`, number)
    pipeline.get(`last:${tag}`)
    if (this.#confirmed) pipeline.wait(1, CONFIRM_MS)
    const replies = await pipeline.exec().catch(() => null)
    if (replies === null) return
    const [set, push, add, got, confirmed] = replies as [error: Error | null, result: unknown][]
    if (this.#confirmed && !(confirmed?.[0] === null && Number(confirmed[1]) >= 1)) return
    this.#check(set, (reply) => reply === 'OK', tag) && this.#last.set(tag, number)
    this.#check(push, (reply) => Number(reply) > 0, tag) && this.#note(`list:${tag}`, number)
    this.#check(add, (reply) => reply === 1 || reply === 0, tag) && this.#note(`set:${tag}`, number)
    if (set?.[0] === null) this.#check(got, (reply) => reply === String(number), tag, `after SET ${number}`)
  }

  /** An error is an answer, if a sad one; a reply that cannot be right is a fault. @returns whether it was acknowledged */
  #check(
    reply: [Error | null, unknown] | undefined,
    isRight: (reply: unknown) => boolean,
    key: string,
    what = '',
  ): boolean {
    if (reply === undefined || reply[0] !== null) return false
    if (!isRight(reply[1])) this.faults.push(`${key}: ${JSON.stringify(reply[1])} ${what}`)
    this.acknowledged++
    return true
  }

  #note(key: string, number: number): void {
    const members = this.#members.get(key) ?? new Set<string>()
    this.#members.set(key, members.add(String(number)))
  }

  /** Reads everything back. */
  async verify(): Promise<void> {
    for (const [tag, last] of this.#last) {
      const found = Number(await this.#cluster.get(`last:${tag}`))
      if (found < last) this.faults.push(`last:${tag} is ${found} after ${last} was acknowledged`)
    }
    for (const [key, members] of this.#members) {
      const found = new Set(
        key.startsWith('list:') ? await this.#cluster.lrange(key, 0, -1) : await this.#cluster.smembers(key),
      )
      const lost = [...members].filter((member) => !found.has(member))
      if (lost.length > 0) {
        this.faults.push(`${key} has lost ${lost.length} of ${members.size}: ${lost.slice(0, 5).join()}`)
      }
    }
  }
}

export class ClusterLoad {
  readonly #cluster: Cluster
  readonly #writers: readonly Writer[]
  #going = true
  #done: Promise<unknown> = Promise.resolve()

  private constructor(nodes: Iterable<RespTarget>, prefix: string, options: LoadOptions) {
    this.#cluster = new Cluster(
      [...nodes].map(({host, port}) => ({host, port})),
      {
        maxRedirections: MOST_TRIES,
        retryDelayOnClusterDown: RETRY_MS,
        retryDelayOnFailover: RETRY_MS,
        retryDelayOnTryAgain: RETRY_MS,
        slotsRefreshTimeout: 2000,
      },
    )
    // Connection errors end in refused commands, which are not acknowledged.
    this.#cluster.on('error', () => undefined)
    this.#writers = Array.from({length: WRITERS}, (_, index) => new Writer(this.#cluster, `${prefix}${index}`, options))
  }

  /** @param prefix of its keys: two loads on one cluster need two */
  static async start(nodes: Iterable<RespTarget>, prefix: string, options: LoadOptions = {}): Promise<ClusterLoad> {
    const load = new ClusterLoad(nodes, prefix, options)
    await load.#cluster.ping()
    load.#done = Promise.all(load.#writers.map((writer) => writer.run(() => load.#going)))
    return load
  }

  get acknowledged(): number {
    return this.#writers.reduce((sum, writer) => sum + writer.acknowledged, 0)
  }

  /** Ends the writing and reads everything back. */
  async stop(): Promise<LoadReport> {
    this.#going = false
    await this.#done
    for (const writer of this.#writers) await writer.verify()
    this.#cluster.disconnect()
    return {
      acknowledged: this.acknowledged,
      faults: this.#writers.flatMap(({faults}) => faults).slice(0, 10),
      slowestMs: Math.round(Math.max(...this.#writers.map(({slowestMs}) => slowestMs))),
    }
  }
}
