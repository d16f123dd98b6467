/** An application: an ordinary cluster client that writes all the time and keeps account of every answer. */
import {setTimeout as sleep} from 'node:timers/promises'
import {Cluster} from 'ioredis'
import type {RespTarget} from '../../test/support/resp.js'

const PREFIX = 'application:'
const WRITERS = 4
/** Between two writes of one writer: an application that leaves its servers room to breathe. */
const PAUSE_MS = 2
/** Keys written over and over, so that reading them back is quick. */
const KEYS = 5_000
const READ_BATCH = 500

export interface Account {
  readonly acknowledged: number
  readonly refused: number
  /** Keys that do not hold what was last acknowledged. */
  readonly lost: number
  readonly slowestMs: number
}

export class WritingClient {
  readonly #cluster: Cluster
  readonly #written = new Map<string, string>()
  #going = true
  #writers: Promise<void> = Promise.resolve()
  #acknowledged = 0
  #refused = 0
  #slowestMs = 0

  private constructor(nodes: Iterable<RespTarget>) {
    this.#cluster = new Cluster([...nodes].map(({host, port}) => ({host, port})))
    // Connection errors end in refused commands, which are counted.
    this.#cluster.on('error', () => undefined)
  }

  /** Returns when the first write is acknowledged. */
  static async start(nodes: Iterable<RespTarget>): Promise<WritingClient> {
    const client = new WritingClient(nodes)
    await client.#cluster.set(`${PREFIX}0`, 'hello')
    const writers = Array.from({length: WRITERS}, (_, writer) => client.#write(writer))
    client.#writers = Promise.all(writers).then(() => undefined)
    return client
  }

  owns(key: string): boolean {
    return key.startsWith(PREFIX)
  }

  /** Ends the writing and reads everything back. */
  async stop(): Promise<Account> {
    this.#going = false
    await this.#writers
    let lost = 0
    const written = [...this.#written]
    for (let first = 0; first < written.length; first += READ_BATCH) {
      const batch = written.slice(first, first + READ_BATCH)
      const found = await Promise.all(batch.map(([key]) => this.#cluster.get(key)))
      lost += batch.filter(([, value], index) => found[index] !== value).length
    }
    this.#cluster.disconnect()
    return {acknowledged: this.#acknowledged, refused: this.#refused, lost, slowestMs: Math.round(this.#slowestMs)}
  }

  /** Each writer has keys of its own: the last acknowledged value of a key is then known. */
  async #write(writer: number): Promise<void> {
    for (let number = writer; this.#going; number += WRITERS) {
      const key = `${PREFIX}${number % KEYS}`
      const value = `write ${number}`
      const startedMs = performance.now()
      try {
        await this.#cluster.set(key, value)
        this.#written.set(key, value)
        this.#acknowledged++
      } catch {
        this.#refused++
      }
      this.#slowestMs = Math.max(this.#slowestMs, performance.now() - startedMs)
      await sleep(PAUSE_MS)
    }
  }
}
