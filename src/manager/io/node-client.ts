/** One node over one ioredis connection. */
import type {Redis} from 'ioredis'
import type {Address} from '../../model/address.js'
import type {Argument, CallOptions, NodeClient, Reply} from '../ports.js'
import {isReplyError, timedOut, translateError} from './translate-error.js'

type Bulk = string | number | Buffer

export class IoredisNodeClient implements NodeClient {
  readonly address: Address
  readonly #redis: Redis
  readonly #timeoutMs: number
  #failure: Error | undefined
  #hasAnswered = false

  /** @param timeoutMs how long a command may take when the call does not say */
  constructor(redis: Redis, address: Address, timeoutMs: number) {
    this.#redis = redis
    this.address = address
    this.#timeoutMs = timeoutMs
    // ioredis ends waiting commands with "Connection is closed"; the reason comes only here.
    redis.on('error', (error: Error) => (this.#failure ??= error))
  }

  get usable(): boolean {
    return this.#redis.status === 'ready' || this.#redis.status === 'connect'
  }

  call(command: readonly Argument[], options: CallOptions = {}): Promise<Reply> {
    return this.#bounded(command, options, async () => {
      const [name, ...rest] = command as readonly [string, ...Argument[]]
      const argv = rest.map(toBulk)
      const reply = options.bytes === true ? this.#redis.callBuffer(name, ...argv) : this.#redis.call(name, ...argv)
      return (await reply) as Reply
    })
  }

  pipeline(commands: readonly (readonly Argument[])[], options: CallOptions = {}): Promise<(Reply | Error)[]> {
    if (commands.length === 0) return Promise.resolve([])
    return this.#bounded(commands[0]!, options, async () => {
      const pipeline = this.#redis.pipeline()
      for (const command of commands) {
        const [name, ...rest] = command as readonly [string, ...Argument[]]
        if (options.bytes === true) pipeline.callBuffer(name, ...rest.map(toBulk))
        else pipeline.call(name, ...rest.map(toBulk))
      }
      const results = (await pipeline.exec()) ?? []
      return results.map(([error, reply], index): Reply | Error => {
        if (error === null) return reply as Reply
        if (!isReplyError(error)) throw error as Error
        return translateError(error, this.address, commands[index])
      })
    })
  }

  close(): void {
    this.#redis.disconnect()
  }

  async #bounded<T>(command: readonly Argument[], options: CallOptions, send: () => Promise<T>): Promise<T> {
    const limitMs = options.timeoutMs ?? this.#timeoutMs
    let expired = false
    const timer = setTimeout(() => {
      // Replies come in order: one that is late would be taken for the next command's.
      expired = true
      this.close()
    }, limitMs)
    try {
      const answer = await send()
      this.#hasAnswered = true
      return answer
    } catch (error) {
      if (expired) throw timedOut(this.address, command, limitMs)
      const cause = isReplyError(error) ? error : (this.#failure ?? error)
      throw translateError(cause, this.address, command, this.#hasAnswered)
    } finally {
      clearTimeout(timer)
    }
  }
}

function toBulk(argument: Argument): Bulk {
  return argument instanceof Uint8Array && !Buffer.isBuffer(argument) ? Buffer.from(argument) : argument
}
