/**
 * What a canary key was told, and what it must hold in the end. Each key has one writer, and each write is a number that is used
 * once: an acknowledged one that is not there was lost, one that is there twice was carried out twice. A write whose answer never
 * came (the connection broke) is in doubt: it may be there or not, once.
 */
import type {Argument, Reply} from '../../ports.js'
import type {CanaryKey, CanaryKind} from './canary-keys.js'

export interface LedgerVerdict {
  readonly lost: number
  readonly doubled: number
}

/** Collections do not grow beyond this; then only the string and the counter are written. */
export const MOST_MEMBERS = 10_000

export class CanaryLedger {
  readonly canary: CanaryKey
  #written = 0
  readonly #refused = new Set<number>()
  readonly #doubtful = new Set<number>()

  constructor(canary: CanaryKey) {
    this.canary = canary
  }

  get written(): number {
    return this.#written
  }

  get acknowledged(): number {
    return this.#written - this.#refused.size - this.#doubtful.size
  }

  get isFull(): boolean {
    const {kind} = this.canary
    return kind !== 'string' && kind !== 'counter' && this.#written >= MOST_MEMBERS
  }

  /** The next write, which is the number it will be known by. The answer is told before the next one is asked for. */
  next(): {readonly number: number; readonly command: readonly Argument[]} {
    const number = ++this.#written
    return {number, command: KINDS[this.canary.kind].write(this.canary.key, number)}
  }

  /** Sent, and never answered. */
  inDoubt(number: number): void {
    this.#doubtful.add(number)
  }

  /** Answered with an error: it was not carried out. */
  refused(number: number): void {
    this.#refused.add(number)
  }

  /** What asks for all that the key holds. */
  readBack(): readonly Argument[] {
    return KINDS[this.canary.kind].read(this.canary.key)
  }

  /** @param reply to `readBack` */
  judge(reply: Reply): LedgerVerdict {
    const {kind} = this.canary
    if (kind === 'counter') return this.#judgeCounter(Number(reply ?? 0))
    if (kind === 'string') return this.#judgeString(reply === null ? 0 : Number(reply))
    return this.#judgeMembers(KINDS[kind].numbers(reply))
  }

  #judgeCounter(value: number): LedgerVerdict {
    const {acknowledged} = this
    return {
      lost: Math.max(0, acknowledged - value),
      doubled: Math.max(0, value - acknowledged - this.#doubtful.size),
    }
  }

  /** The last acknowledged write, or a later one in doubt. */
  #judgeString(value: number): LedgerVerdict {
    let last = this.#written
    while (last > 0 && !this.#isAcknowledged(last)) last--
    const isRight = value === last || (value > last && this.#doubtful.has(value))
    return {lost: isRight ? 0 : 1, doubled: 0}
  }

  #judgeMembers(numbers: readonly number[]): LedgerVerdict {
    const found = new Set(numbers)
    let lost = 0
    for (let number = 1; number <= this.#written; number++) {
      if (this.#isAcknowledged(number) && !found.has(number)) lost++
    }
    return {lost, doubled: numbers.length - found.size}
  }

  #isAcknowledged(number: number): boolean {
    return !this.#doubtful.has(number) && !this.#refused.has(number)
  }
}

interface Kind {
  readonly write: (key: string, number: number) => readonly Argument[]
  readonly read: (key: string) => readonly Argument[]
  /** Those that a reply to `read` tells. */
  readonly numbers: (reply: Reply) => readonly number[]
}

function all(reply: Reply): number[] {
  return Array.isArray(reply) ? (reply as readonly Reply[]).map(Number) : []
}

/** Of pairs the first. */
function firsts(reply: Reply): number[] {
  return all(reply).filter((_, index) => index % 2 === 0)
}

function streamNumbers(reply: Reply): number[] {
  const entries = (Array.isArray(reply) ? reply : []) as readonly (readonly [Reply, readonly Reply[]])[]
  return entries.map(([, fields]) => Number(fields[1]))
}

const KINDS: {readonly [Name in CanaryKind]: Kind} = {
  string: {write: (key, number) => ['SET', key, number], read: (key) => ['GET', key], numbers: () => []},
  counter: {write: (key) => ['INCR', key], read: (key) => ['GET', key], numbers: () => []},
  list: {write: (key, number) => ['RPUSH', key, number], read: (key) => ['LRANGE', key, 0, -1], numbers: all},
  set: {write: (key, number) => ['SADD', key, number], read: (key) => ['SMEMBERS', key], numbers: all},
  hash: {write: (key, number) => ['HSET', key, number, 'x'], read: (key) => ['HGETALL', key], numbers: firsts},
  zset: {write: (key, number) => ['ZADD', key, number, number], read: (key) => ['ZRANGE', key, 0, -1], numbers: all},
  stream: {
    write: (key, number) => ['XADD', key, '*', 'n', number],
    read: (key) => ['XRANGE', key, '-', '+'],
    numbers: streamNumbers,
  },
}
