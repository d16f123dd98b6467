/** What the writers write, a kind for each type of key, and how each kind tells from what is there what is not. */

export interface Account {
  /** Numbers whose write was acknowledged, in the order of writing. */
  readonly acknowledged: readonly number[]
  /** All that were sent, the acknowledged ones among them. */
  readonly attempted: readonly number[]
}

export interface Loss {
  /** Acknowledged writes that are not there. */
  readonly lost: number
  /** What is there more often than it was written, or was never written. */
  readonly doubled: number
}

export interface WriterKind {
  readonly name: string
  /** How many keys it goes round. */
  readonly keys: number
  command(key: string, number: number): readonly (string | number)[]
  /** @param value what the key holds, `undefined` when it is not there, as `digest` of the tests' data reads it */
  judge(value: unknown, account: Account): Loss
}

/** The last one wins: what is there may be newer than the last acknowledged write, never older. */
function judgeLast(value: unknown, {acknowledged, attempted}: Account): Loss {
  const newest = acknowledged.at(-1)
  if (value === undefined) return {lost: newest === undefined ? 0 : 1, doubled: 0}
  const found = Number(value)
  if (!attempted.includes(found)) return {lost: 0, doubled: 1}
  return {lost: newest !== undefined && found < newest ? 1 : 0, doubled: 0}
}

function judgeCount(value: unknown, {acknowledged, attempted}: Account): Loss {
  const found = Number(value ?? 0)
  return {lost: Math.max(0, acknowledged.length - found), doubled: Math.max(0, found - attempted.length)}
}

/** Each number is a member of its own: it is there once, or it is lost, or doubled. */
function judgeMembers(members: readonly number[], {acknowledged, attempted}: Account): Loss {
  const there = new Set(members)
  const sent = new Set(attempted)
  return {
    lost: acknowledged.filter((number) => !there.has(number)).length,
    doubled: members.length - there.size + [...there].filter((number) => !sent.has(number)).length,
  }
}

const numbers = (value: unknown): number[] => ((value ?? []) as readonly string[]).map(Number)

/** Hashes and streams come as pairs of a name and what it holds. */
const names = (value: unknown): number[] => ((value ?? []) as readonly [string][]).map(([name]) => parseInt(name))

export const WRITER_KINDS: readonly WriterKind[] = [
  {name: 'string', keys: 97, command: (key, number) => ['SET', key, number], judge: judgeLast},
  {name: 'counter', keys: 31, command: (key) => ['INCR', key], judge: judgeCount},
  {
    name: 'list',
    keys: 31,
    command: (key, number) => ['RPUSH', key, number],
    judge: (value, account) => judgeMembers(numbers(value), account),
  },
  {
    name: 'set',
    keys: 31,
    command: (key, number) => ['SADD', key, number],
    judge: (value, account) => judgeMembers(numbers(value), account),
  },
  {
    name: 'hash',
    keys: 31,
    command: (key, number) => ['HSET', key, number, number],
    judge: (value, account) => judgeMembers(names(value), account),
  },
  {
    name: 'zset',
    keys: 31,
    command: (key, number) => ['ZADD', key, number, number],
    // Members and scores in turn.
    judge: (value, account) =>
      judgeMembers(
        numbers(value).filter((_, index) => index % 2 === 0),
        account,
      ),
  },
  {
    name: 'stream',
    keys: 31,
    command: (key, number) => ['XADD', key, `${number}-1`, 'number', number],
    judge: (value, account) => judgeMembers(names(value), account),
  },
]
