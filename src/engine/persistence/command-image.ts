/** A snapshot in the form of commands: the base of an AOF with `aof-use-rdb-preamble no`. */
import {type Bytes} from '../ports.js'
import {encodeRequest} from '../resp/request-writer.js'
import {formatScore} from '../values/score-text.js'
import {type ImageFormat, type KeyRecord, type LongRecord} from './image-format.js'
import {openLong, closeLong} from './long-value.js'
import {RdbOutput} from './rdb-output.js'

/** Redis' AOF_REWRITE_ITEMS_PER_CMD. */
const ITEMS_PER_COMMAND = 64
const BLOCK_BYTES = 64 * 1024
const ELEMENT_BYTES = 64

/** Source: Redis' rewriteAppendOnlyFileRio. The head of an RDB file has no place here. */
export class CommandImage implements ImageFormat {
  readonly #output = new RdbOutput()
  readonly #head: readonly (readonly Bytes[])[]

  /** @param head commands that stand before all others */
  constructor(head: readonly (readonly Bytes[])[] = []) {
    this.#head = head
  }

  get length(): number {
    return this.#output.length
  }

  take(): Uint8Array {
    return this.#output.take()
  }

  giveBack(bytes: Uint8Array): void {
    this.#output.giveBack(bytes)
  }

  begin(): void {
    for (const argv of this.#head) this.#output.text(encodeRequest(argv))
  }

  selectDatabase(db: number): void {
    this.#output.text(encodeRequest(['SELECT', String(db)]))
  }

  write(record: KeyRecord): void {
    writeWhole(this.#output, record)
  }

  encode(record: KeyRecord): Uint8Array {
    const output = new RdbOutput()
    writeWhole(output, record)
    return output.take()
  }

  writeEncoded(bytes: Uint8Array): void {
    this.#output.raw(bytes)
  }

  writeLong(record: LongRecord): Iterator<number, void> {
    return writeCommands(this.#output, record)
  }

  end(): void {
    // the last command is the end
  }
}

function writeWhole(output: RdbOutput, {key, value, expireAtMs}: KeyRecord): void {
  const source = openLong(value)
  const steps = writeCommands(output, {key, source, expireAtMs})
  while (steps.next().done !== true);
  closeLong(value)
}

function* writeCommands(output: RdbOutput, {key, source, expireAtMs}: LongRecord): Generator<number, void> {
  switch (source.type) {
    case 'string':
      yield* writeSet(output, key, source.bytes)
      break
    case 'list':
      yield* writeInParts(output, ['RPUSH', key], itemsOf(source.nodes))
      break
    case 'hash':
      yield* writeInParts(output, ['HMSET', key], source.image.elements())
      break
    case 'set':
      yield* writeInParts(output, ['SADD', key], membersOf(source.image.elements()))
      break
    case 'zset':
      yield* writeInParts(output, ['ZADD', key], scoresOf(source.image.elements()))
  }
  if (expireAtMs !== undefined) output.text(encodeRequest(['PEXPIREAT', key, String(Math.trunc(expireAtMs))]))
}

function* writeSet(output: RdbOutput, key: Bytes, value: Bytes): Generator<number, void> {
  if (value.length <= BLOCK_BYTES) {
    output.text(encodeRequest(['SET', key, value]))
    return
  }
  output.text(`*3\r\n$3\r\nSET\r\n$${key.length}\r\n${key}\r\n$${value.length}\r\n`)
  for (let at = 0; at < value.length; at += BLOCK_BYTES) {
    output.text(value.slice(at, at + BLOCK_BYTES))
    yield BLOCK_BYTES
  }
  output.text('\r\n')
}

/** Commands of up to 64 items; an item is one word or two. */
function* writeInParts(
  output: RdbOutput,
  head: readonly Bytes[],
  items: Iterable<readonly Bytes[]>,
): Generator<number, void> {
  let words = [...head]
  let [count, bytes] = [0, 0]
  for (const item of items) {
    words.push(...item)
    for (const word of item) bytes += word.length + ELEMENT_BYTES
    if (++count % ITEMS_PER_COMMAND !== 0) continue
    output.text(encodeRequest(words))
    words = [...head]
    yield bytes
    bytes = 0
  }
  if (words.length > head.length) output.text(encodeRequest(words))
}

function* itemsOf(nodes: readonly (readonly Bytes[])[]): Generator<readonly Bytes[], void> {
  for (const items of nodes) for (const item of items) yield [item]
}

function* membersOf(elements: Iterable<[Bytes, Bytes]>): Generator<readonly Bytes[], void> {
  for (const [member] of elements) yield [member]
}

function* scoresOf(elements: Iterable<[Bytes, number]>): Generator<readonly Bytes[], void> {
  for (const [member, score] of elements) yield [formatScore(score), member]
}
