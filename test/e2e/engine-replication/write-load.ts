/** Writes of every kind to a primary, all the while: what the stream must carry to its replicas, and what a full sync must not tear. */
import {setTimeout as sleep} from 'node:timers/promises'
import {RespConnection, RespError, type RespTarget} from '../../support/resp.js'
import {until} from '../../support/until.js'

type Command = readonly (string | number)[]

const KEYS_OF_A_KIND = 60
/** How many different things are written. */
const ROUNDS = 20
const BATCH = 25
const PAUSE_MS = 4
const RETRY_MS = 20
/** Far from the end of any test, and near enough to be over before the data are compared. */
const LONG_TTL_SECONDS = 3600
const SHORT_TTL_MS = 300

/** Errors that are the server's business: it is loading, going down, waiting, or a replica by now. */
const PASSING = /^(LOADING|MASTERDOWN|READONLY|NOREPLICAS|UNBLOCKED|WRONGTYPE|EXECABORT|ERR no such key)/

export class WriteLoad {
  readonly #target: () => RespTarget
  #connection: RespConnection | undefined
  #going = true
  #number = 0
  /** Commands that were acknowledged. */
  acknowledged = 0
  /** Error replies that nothing here explains. */
  readonly faults: string[] = []
  #done: Promise<void> = Promise.resolve()

  private constructor(target: () => RespTarget) {
    this.#target = target
  }

  /** @param target asked anew after each lost connection: whoever is the primary then */
  static start(target: () => RespTarget): WriteLoad {
    const load = new WriteLoad(target)
    load.#done = load.#run()
    return load
  }

  /** Waits until that many more commands were acknowledged. */
  async more(commands: number): Promise<void> {
    const goal = this.acknowledged + commands
    await until(() => this.acknowledged >= goal, {what: `${commands} more writes`, timeoutMs: 30_000})
  }

  /** Ends the writing. @throws Error when a reply was one that no write here may get */
  async stop(): Promise<void> {
    this.#going = false
    await this.#done
    this.#connection?.close()
    if (this.faults.length > 0) throw new Error(`refused writes: ${this.faults.slice(0, 5).join('; ')}`)
  }

  async #run(): Promise<void> {
    while (this.#going) {
      try {
        this.#connection ??= await RespConnection.open(this.#target())
        await this.#writeBatch(this.#connection)
        await sleep(PAUSE_MS)
      } catch {
        this.#connection?.close()
        this.#connection = undefined
        await sleep(RETRY_MS)
      }
    }
  }

  async #writeBatch(connection: RespConnection): Promise<void> {
    const commands = Array.from({length: BATCH}, () => commandsOf(this.#number++)).flat()
    for (const [at, reply] of (await connection.pipeline(commands)).entries()) {
      if (!(reply instanceof RespError)) this.acknowledged++
      else if (!PASSING.test(reply.message)) this.faults.push(`${commands[at]!.join(' ')}: ${reply.message}`)
    }
  }
}

/** The writes of one round: every type, every way of rewriting that Redis 7.0 knows (replication.md §6), two databases. */
function commandsOf(number: number): readonly Command[] {
  // One key after another gets all of it, so that what one round writes the next ones find.
  const of = (kind: string): string => `${kind}:${Math.floor(number / ROUNDS) % KEYS_OF_A_KIND}`
  const rounds: readonly (readonly Command[])[] = [
    [['SET', of('string'), `value ${number}`]],
    [['SET', of('brief'), number, 'PX', SHORT_TTL_MS]],
    [['SET', of('expiring'), number, 'EX', LONG_TTL_SECONDS]],
    [['GETEX', of('expiring'), 'EX', LONG_TTL_SECONDS + number]],
    [
      ['INCR', of('counter')],
      ['INCRBYFLOAT', of('float'), 0.25],
      ['APPEND', of('string'), '+'.repeat(number % 40)],
    ],
    [
      ['RPUSH', of('list'), ...words(number)],
      ['LTRIM', of('list'), -60, -1],
      ['LMPOP', 1, of('list'), 'LEFT'],
    ],
    [
      ['LMOVE', of('list'), of('other list'), 'LEFT', 'RIGHT'],
      ['BLPOP', of('other list'), 0.01],
    ],
    [
      ['HSET', of('hash'), `field ${number % 70}`, 'x'.repeat(number % 90)],
      ['HINCRBYFLOAT', of('hash'), 'sum', 1.5],
    ],
    [
      ['HDEL', of('hash'), `field ${(number * 3) % 70}`],
      ['HEXISTS', of('hash'), 'sum'],
    ],
    [
      ['SADD', of('set'), ...words(number)],
      ['SPOP', of('set'), 2],
      ['SADD', of('numbers'), number % 700],
    ],
    [
      ['SUNIONSTORE', of('union'), of('set'), of('numbers')],
      ['SREM', of('numbers'), (number * 5) % 700],
    ],
    [
      ['ZADD', of('zset'), number % 31, `member ${number % 200}`],
      ['ZINCRBY', of('zset'), 0.5, 'member 7'],
    ],
    [
      ['ZPOPMIN', of('zset')],
      ['ZRANGESTORE', of('range'), of('zset'), 0, 20],
    ],
    [
      ['SETBIT', of('bits'), number % 4000, 1],
      ['PFADD', of('visitors'), `visitor ${number}`],
      ['PFCOUNT', of('visitors')],
    ],
    [['GEOADD', of('places'), (number % 300) / 10, (number % 80) / 2, `place ${number % 50}`]],
    [
      ['EXPIRE', of('hash'), LONG_TTL_SECONDS],
      ['PERSIST', of('expiring')],
      ['PEXPIRE', of('list'), 3_600_000],
    ],
    [['MULTI'], ['SET', of('a'), number], ['INCR', of('counter')], ['DEL', of('union')], ['EXEC']],
    [
      ['COPY', of('zset'), of('copied'), 'REPLACE'],
      ['RENAME', of('copied'), of('renamed')],
      ['UNLINK', of('range')],
    ],
    [
      ['SELECT', 1],
      ['SET', of('elsewhere'), number],
      ['LPUSH', of('far list'), number],
      ['SELECT', 0],
    ],
    [
      ['SET', of('large'), String(number).padEnd(3000, 'abcdefghij'), 'PXAT', Date.now() + 7_200_000],
      ['GETDEL', of('a')],
    ],
  ]
  return rounds[number % ROUNDS]!
}

function words(number: number): string[] {
  return Array.from({length: 1 + (number % 4)}, (_, index) => `${'word'.repeat(1 + (number % 9))}${number}${index}`)
}
