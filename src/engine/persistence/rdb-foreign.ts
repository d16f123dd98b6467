/**
 * Values that files of other servers may hold and this one cannot keep, read all the same: to compare a file with a cluster takes what
 * is in it, not a place for it.
 */
import {type Bytes} from '../ports.js'
import {decodeListpack} from './listpack.js'
import {VALUE_TYPE} from './rdb-format.js'
import {type RdbInput} from './rdb-input.js'
import {skipUnsupported} from './rdb-unsupported.js'

export interface ForeignStream {
  readonly kind: 'stream'
  readonly lastId: string
  /** Fields are names and values in turn. */
  readonly entries: readonly {readonly id: string; readonly fields: readonly Bytes[]}[]
  readonly groups: readonly ForeignGroup[]
}

export interface ForeignGroup {
  readonly name: Bytes
  readonly lastDelivered: string
  readonly pending: readonly {readonly id: string; readonly consumer: Bytes}[]
}

/** A hash some of whose fields have times of their own to live (Unix ms). */
export interface ForeignHash {
  readonly kind: 'hash'
  readonly fields: readonly (readonly [field: Bytes, value: Bytes, expireAtMs: number | undefined])[]
}

/** `opaque`: a module's value, whose bytes only the module can read. */
export type ForeignValue = ForeignStream | ForeignHash | {readonly kind: 'opaque'}

const RAW_ID_BYTES = 16
const TIME_BYTES = 8

/** Reads what `skipUnsupported` would pass over; whatever is wrong shows in `input.failure`. */
export function readForeign(input: RdbInput, type: number): ForeignValue {
  switch (type) {
    case VALUE_TYPE.stream:
      return readStream(input, 1)
    case VALUE_TYPE.stream2:
      return readStream(input, 2)
    case VALUE_TYPE.stream3:
      return readStream(input, 3)
    case VALUE_TYPE.hashExpiryValkey:
      return readHashOfValkey(input)
    case VALUE_TYPE.hashExpiry:
      return readHashWithExpiry(input)
    case VALUE_TYPE.hashExpiryListpack:
      return readPackedHashWithExpiry(input)
    default:
      skipUnsupported(input, type)
      return {kind: 'opaque'}
  }
}

/** Three versions: the second knows more about the stream and its groups, the third more about consumers. */
function readStream(input: RdbInput, version: 1 | 2 | 3): ForeignStream {
  const entries = repeat(input, 2, () => readNode(input)).flat()
  input.length()
  const lastId = `${input.length()}-${input.length()}`
  if (version > 1) for (let left = 5; left > 0; left--) input.length()
  const groups = repeat(input, 5, () => readGroup(input, version))
  return {kind: 'stream', lastId, entries, groups}
}

/** A listpack of entries whose ids are told as differences from the first, and whose names of fields may be those of the first. */
function readNode(input: RdbInput): ForeignStream['entries'] {
  const [ms, sequence] = idParts(input.blob())
  const items = decodeListpack(input.blob())
  if (items === undefined) {
    input.fail('corrupt')
    return []
  }
  return new StreamNode(items, ms, sequence).entries()
}

const DELETED = 1
const SAME_FIELDS = 2

/** t_stream.c: [count, deleted, number of fields, fields…, 0], then for each entry [flags, ms, sequence, …, length]. */
class StreamNode {
  readonly #items: readonly Bytes[]
  readonly #ms: bigint
  readonly #sequence: bigint
  #at = 0

  constructor(items: readonly Bytes[], ms: bigint, sequence: bigint) {
    this.#items = items
    this.#ms = ms
    this.#sequence = sequence
  }

  entries(): ForeignStream['entries'] {
    const count = this.#number() + this.#number()
    const names = this.#take(this.#number())
    this.#at++
    const found: {readonly id: string; readonly fields: readonly Bytes[]}[] = []
    for (let left = count; left > 0 && this.#at < this.#items.length; left--) {
      const flags = this.#number()
      const id = `${this.#ms + BigInt(this.#number())}-${this.#sequence + BigInt(this.#number())}`
      const sameNames = (flags & SAME_FIELDS) !== 0
      const fields = sameNames ? names.flatMap((name) => [name, ...this.#take(1)]) : this.#take(this.#number() * 2)
      this.#at++
      if ((flags & DELETED) === 0) found.push({id, fields})
    }
    return found
  }

  #number(): number {
    const value = Number(this.#items[this.#at++])
    return Number.isSafeInteger(value) ? value : 0
  }

  #take(count: number): readonly Bytes[] {
    const taken = this.#items.slice(this.#at, this.#at + count)
    this.#at += count
    return taken
  }
}

function readGroup(input: RdbInput, version: 1 | 2 | 3): ForeignGroup {
  const name = input.string()
  const lastDelivered = `${input.length()}-${input.length()}`
  if (version > 1) input.length()
  repeat(input, RAW_ID_BYTES + TIME_BYTES + 1, () => {
    input.skip(RAW_ID_BYTES + TIME_BYTES)
    input.length()
  })
  const pending = repeat(input, 1 + TIME_BYTES, () => {
    const consumer = input.string()
    input.skip(version === 3 ? 2 * TIME_BYTES : TIME_BYTES)
    return repeat(input, RAW_ID_BYTES, () => ({id: idParts(input.raw(RAW_ID_BYTES)).join('-'), consumer}))
  })
  return {name, lastDelivered, pending: pending.flat()}
}

/** Both halves of a stream entry's id, highest byte first. */
function idParts(bytes: Uint8Array): readonly [bigint, bigint] {
  if (bytes.length !== RAW_ID_BYTES) return [0n, 0n]
  const buffer = Buffer.from(bytes)
  return [buffer.readBigUInt64BE(0), buffer.readBigUInt64BE(TIME_BYTES)]
}

/** Field, value, when it ends; -1 for never. */
function readHashOfValkey(input: RdbInput): ForeignHash {
  const fields = repeat(input, 2 + TIME_BYTES, () => {
    const [field, value, time] = [input.string(), input.string(), input.i64le()]
    return [field, value, time < 0 ? undefined : time] as const
  })
  return {kind: 'hash', fields}
}

/** The earliest end, then for each field: by how much later it ends and 1, or 0 for never; field, value. */
function readHashWithExpiry(input: RdbInput): ForeignHash {
  const earliest = input.i64le()
  const fields = repeat(input, 3, () => {
    const time = input.length()
    return [input.string(), input.string(), time === 0 ? undefined : earliest + time - 1] as const
  })
  return {kind: 'hash', fields}
}

/** Field, value and end in turn; 0 for never. */
function readPackedHashWithExpiry(input: RdbInput): ForeignHash {
  input.skip(TIME_BYTES)
  const items = decodeListpack(input.blob())
  if (items === undefined || items.length % 3 !== 0) {
    input.fail('corrupt')
    return {kind: 'hash', fields: []}
  }
  const fields: ForeignHash['fields'][number][] = []
  for (let at = 0; at < items.length; at += 3) {
    const time = Number(items[at + 2])
    fields.push([items[at]!, items[at + 1]!, time === 0 ? undefined : time])
  }
  return {kind: 'hash', fields}
}

/** As often as the count that stands next says, each of which takes at least `leastBytes`. */
function repeat<Item>(input: RdbInput, leastBytes: number, read: () => Item): Item[] {
  const items: Item[] = []
  for (let left = input.count(leastBytes); left > 0 && input.failure === undefined; left--) items.push(read())
  return items
}
