/** A client that writes numbers to a node until the node is killed, and tells afterwards which of them are gone. */
import {RespConnection, RespError} from '../../test/support/resp.js'

const IN_FLIGHT = 8
/** Each writer goes round this many keys. */
const KEYS = 300
const VALUE = 'x'.repeat(100)

/**
 * The numbers that one writer has written, each in a transaction of two commands: a counter, and a key that bears the number.
 * What is found afterwards must be one prefix of them, whole transactions, at least as long as what was acknowledged.
 */
export class Writer {
  readonly #name: string
  /** The last number that was sent, and that was acknowledged. */
  sent = 0
  acknowledged = 0
  /** When each was, performance.now(). */
  readonly #times: number[] = []
  #first = 1

  constructor(name: string) {
    this.#name = name
  }

  /** Keys that it has when all its numbers up to this one are there. */
  static keysAt(found: number): number {
    return found === 0 ? 0 : 1 + Math.min(found, KEYS)
  }

  get counter(): string {
    return `count:${this.#name}`
  }

  /** Goes on behind what was found. */
  begin(found: number): void {
    this.sent = found
    this.acknowledged = found
    this.#first = found + 1
    this.#times.length = 0
  }

  /** Writes until the connection breaks. */
  async run(port: number): Promise<void> {
    const connection = await RespConnection.open({host: '127.0.0.1', port})
    try {
      await Promise.all(Array.from({length: IN_FLIGHT}, () => this.#writeOn(connection)))
    } catch {
      // killed
    } finally {
      connection.close()
    }
  }

  /** @returns how many acknowledged writes are missing, and the oldest one's age at the kill, ms @throws Error when what is there is no prefix */
  async check(connection: RespConnection, killedAt: number): Promise<{found: number; lost: number; oldestMs: number}> {
    const found = Number((await connection.call('GET', this.counter)) ?? 0)
    if (found > this.sent) throw new Error(`${this.counter} is ${found}, but only ${this.sent} were sent`)
    const slots = Array.from({length: KEYS}, (_, slot) => slot)
    const values = await connection.pipeline(slots.map((slot) => ['GET', this.#key(slot)]))
    for (const slot of slots) {
      const last = found - ((((found - slot) % KEYS) + KEYS) % KEYS)
      const expected = last <= 0 ? null : `${last} ${VALUE}`
      if (values[slot] !== expected) {
        throw new Error(`${this.#key(slot)} is "${String(values[slot]).slice(0, 12)}" beside a count of ${found}`)
      }
    }
    const lost = Math.max(0, this.acknowledged - found)
    const oldestMs = lost === 0 ? 0 : killedAt - (this.#times[found + 1 - this.#first] ?? killedAt)
    return {found, lost, oldestMs}
  }

  async #writeOn(connection: RespConnection): Promise<void> {
    for (;;) {
      const number = ++this.sent
      const transaction = [['MULTI'], ['INCR', this.counter], ['SET', this.#key(number % KEYS), `${number} ${VALUE}`]]
      const replies = await connection.pipeline([...transaction, ['EXEC']])
      for (const reply of replies) if (reply instanceof RespError) throw reply
      this.acknowledged = number
      this.#times[number - this.#first] = performance.now()
    }
  }

  #key(slot: number): string {
    return `key:${this.#name}:${slot}`
  }
}
