/** Commands that fill two databases with every type in every encoding, drawn from a seed: what files must carry from server to server. */
import {below} from '../../../src/engine/chance.js'
import {countingRng} from '../../support/engine/seeded-rng.js'
import {RespConnection, RespError, type RespTarget, type RespValue} from '../../support/resp.js'

type Command = readonly (string | number)[]

/** Where the encodings of integers change. */
const INTEGERS = [
  ...['0', '-1', '127', '128', '-128', '-129', '32767', '32768', '-32768', '-32769', '2147483647', '2147483648'],
  ...[
    '-2147483648',
    '-2147483649',
    '9223372036854775807',
    '-9223372036854775808',
    '8388607',
    '8388608',
    '4095',
    '-4097',
  ],
]
/** What looks like one and is text. */
const NEARLY_INTEGERS = ['', '-0', '+1', '01', '1.0', '9223372036854775808', ' 1', '1e3']
/** Where the encodings of lengths change. */
const LENGTHS = [1, 20, 21, 44, 45, 63, 64, 65, 127, 128, 4095, 4096, 16_383, 16_384, 100_000]
/** No negative zero: a listpack forgets its sign, and which scores were in one on their way is for each server to say. */
const SCORES = ['0', '1', '1.5', '-2.25', 'inf', '-inf', '1e17', '1e300', '3.0000000000000004', '1e-5']
/** On either side of the limits of listpacks (128, 512) and intsets (512). */
const SIZES = [1, 40, 129, 530]
const EXPIRES_AT_MS = 4_000_000_000_123

/** @throws RespError of the first refused write */
export async function fillEveryEncoding(target: RespTarget, seed: number): Promise<void> {
  const connection = await RespConnection.open(target, 30_000)
  try {
    for (const db of [0, 1]) {
      const replies = await connection.pipeline([['SELECT', db], ...commands(seed + db)])
      for (const reply of replies) if (reply instanceof RespError) throw reply
    }
  } finally {
    connection.close()
  }
}

/** OBJECT ENCODING of every key of every database. */
export async function encodingsOf(target: RespTarget): Promise<Record<string, RespValue | RespError>> {
  const connection = await RespConnection.open(target, 30_000)
  const all: Record<string, RespValue | RespError> = {}
  try {
    for (const db of [0, 1]) {
      await connection.call('SELECT', db)
      const keys = ((await connection.call('KEYS', '*')) as string[]).sort()
      const encodings = await connection.pipeline(keys.map((key) => ['OBJECT', 'ENCODING', key]))
      for (const [at, key] of keys.entries()) all[`${db} ${key}`] = encodings[at]!
    }
  } finally {
    connection.close()
  }
  return all
}

function commands(seed: number): Command[] {
  const rng = countingRng(seed)
  const draw = (count: number): number => below(rng, count)
  const pick = <T>(from: readonly T[]): T => from[draw(from.length)]!
  /** Random letters, or a pattern that compresses well. */
  const text = (length: number): string =>
    draw(2) === 0
      ? 'pattern '.repeat(Math.ceil(length / 8)).slice(0, length)
      : Array.from({length}, () => String.fromCharCode(33 + draw(90))).join('')
  const word = (): string => (draw(3) === 0 ? pick(INTEGERS) : text(1 + draw(30)))
  const all: Command[] = []
  for (const [at, value] of [...INTEGERS, ...NEARLY_INTEGERS].entries()) all.push(['SET', `int:${at}`, value])
  for (const length of LENGTHS) {
    all.push(['SET', `text:${length}`, text(length)], ['APPEND', `raw:${length}`, text(length)])
  }
  for (const size of SIZES) {
    for (const [kind, item] of Object.entries({word, long: () => text(60 + draw(20)), integer: () => pick(INTEGERS)})) {
      const name = `${kind}:${size}`
      for (let index = 0; index < size; index++) {
        all.push(['RPUSH', `list:${name}`, item()], ['SADD', `set:${name}`, item()])
        all.push(['HSET', `hash:${name}`, item(), item()], ['ZADD', `zset:${name}`, pick(SCORES), item()])
      }
    }
    for (const [bits, range] of Object.entries({16: 30_000, 32: 2_000_000_000})) {
      for (let index = 0; index < size; index++) all.push(['SADD', `intset:${bits}:${size}`, draw(range) - range / 2])
    }
  }
  all.push(
    ['RPUSH', 'list:huge item', text(20_000), 'x', text(9000)],
    ['PFADD', 'hll:sparse', ...Array.from({length: 50}, word)],
  )
  all.push(['PFADD', 'hll:dense', ...Array.from({length: 5000}, (_, at) => `element ${at}`)])
  // Shrunk: what was large once keeps its encoding.
  for (let index = 0; index < 600; index++) {
    all.push(['HSET', 'hash:shrunk', `f${index}`, 'v'], ['SADD', 'set:shrunk', `m${index}`])
  }
  for (let index = 3; index < 600; index++) {
    all.push(['HDEL', 'hash:shrunk', `f${index}`], ['SREM', 'set:shrunk', `m${index}`])
  }
  for (const key of ['int:3', 'text:45', 'list:word:1', 'hash:long:1', 'zset:integer:1', 'intset:16:530']) {
    all.push(['PEXPIREAT', key, EXPIRES_AT_MS + draw(1000)])
  }
  return all
}
