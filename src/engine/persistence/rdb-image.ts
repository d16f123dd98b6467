/** A snapshot in the form of an RDB file. */
import {CRC64_BYTES, Crc64} from '../../model/crc64.js'
import {type Bytes} from '../ports.js'
import {type ElementImage} from '../values/element-image.js'
import {type AuxFields, type ImageFormat, type KeyRecord, type LongRecord} from './image-format.js'
import {encodeListpack} from './listpack.js'
import {type LongSource} from './long-value.js'
import {writeLongString} from './long-string.js'
import {LIST_CONTAINER, OPCODE, RDB_MAGIC, VALUE_TYPE} from './rdb-format.js'
import {RdbOutput} from './rdb-output.js'
import {rdbTypeOf, writeValue} from './rdb-value.js'

/** The largest number that is a 64-bit integer: a time further off is no different. */
const LATEST_MS = 2 ** 63 - 1024
const LONG_STRING_BYTES = 32 * 1024
/** What an element costs besides its bytes. */
const ELEMENT_BYTES = 64
/** Short elements are written so many at a time: a pause after each would take longer than to write it. */
const STEP_BYTES = 4 * 1024

export interface RdbOptions {
  /** The directive `rdbcompression`. */
  readonly compresses?: boolean
  /** The directive `rdbchecksum`: without it the file ends with zeros. */
  readonly hasChecksum?: boolean
}

export class RdbImage implements ImageFormat {
  readonly #output: RdbOutput
  readonly #compresses: boolean
  readonly #crc: Crc64 | undefined

  constructor({compresses = true, hasChecksum = true}: RdbOptions = {}) {
    this.#compresses = compresses
    this.#output = new RdbOutput(compresses)
    this.#crc = hasChecksum ? new Crc64() : undefined
  }

  get length(): number {
    return this.#output.length
  }

  take(): Uint8Array {
    const bytes = this.#output.take()
    this.#crc?.update(bytes)
    return bytes
  }

  giveBack(bytes: Uint8Array): void {
    this.#output.giveBack(bytes)
  }

  begin(aux: AuxFields): void {
    this.#output.text(RDB_MAGIC)
    for (const [name, value] of aux) {
      this.#output.u8(OPCODE.aux)
      this.#output.string(name)
      this.#output.string(value)
    }
  }

  selectDatabase(db: number, sizes: {readonly keys: number; readonly expiring: number} | undefined): void {
    this.#output.u8(OPCODE.selectDb)
    this.#output.count(db)
    if (sizes === undefined) return
    // Hints for the loader: how large its tables will be.
    this.#output.u8(OPCODE.resizeDb)
    this.#output.count(sizes.keys)
    this.#output.count(sizes.expiring)
  }

  write(record: KeyRecord): void {
    writeRecord(this.#output, record)
  }

  encode(record: KeyRecord): Uint8Array {
    const output = new RdbOutput(this.#compresses)
    writeRecord(output, record)
    return output.take()
  }

  writeEncoded(bytes: Uint8Array): void {
    this.#output.raw(bytes)
  }

  *writeLong({key, source, expireAtMs}: LongRecord): Generator<number, void> {
    const output = this.#output
    writeExpiry(output, expireAtMs)
    output.u8(LONG_TYPES[source.type])
    output.string(key)
    yield* writeSource(output, source)
  }

  /** The checksum covers the byte that ends the file: what stands before is taken first. */
  end(): void {
    this.#output.u8(OPCODE.end)
    const body = this.take()
    this.#output.raw(body)
    this.#output.raw(this.#crc?.bytes() ?? new Uint8Array(CRC64_BYTES))
  }
}

/** Any form is legal at any size: whoever loads a file packs what is small enough for it. */
const LONG_TYPES = {
  string: VALUE_TYPE.string,
  list: VALUE_TYPE.listOfListpacks,
  hash: VALUE_TYPE.hash,
  set: VALUE_TYPE.set,
  zset: VALUE_TYPE.sortedSet,
} as const

function writeRecord(output: RdbOutput, {key, value, expireAtMs}: KeyRecord): void {
  writeExpiry(output, expireAtMs)
  output.u8(rdbTypeOf(value))
  output.string(key)
  writeValue(output, value)
}

function writeExpiry(output: RdbOutput, expireAtMs: number | undefined): void {
  if (expireAtMs === undefined) return
  output.u8(OPCODE.expireMs)
  output.i64le(BigInt(Math.min(Math.trunc(expireAtMs), LATEST_MS)))
}

function* writeSource(output: RdbOutput, source: LongSource): Generator<number, void> {
  switch (source.type) {
    case 'string':
      return yield* writeString(output, source.bytes)
    case 'list':
      return yield* writeNodes(output, source.nodes)
    case 'zset':
      return yield* writeElements(output, source.image, (score) => output.f64le(score))
    case 'set':
      return yield* writeElements(output, source.image, () => undefined)
    case 'hash':
      return yield* writeFields(output, source.image)
  }
}

/** The members of a set, or of a sorted set with their scores. */
function* writeElements<Content>(
  output: RdbOutput,
  image: ElementImage<Content>,
  writeContent: (content: Content) => void,
): Generator<number, void> {
  output.count(image.size)
  let bytes = 0
  for (const [member, content] of image.elements()) {
    if (member.length > LONG_STRING_BYTES) yield* writeLongString(output, member)
    else output.string(member)
    writeContent(content)
    bytes += Math.min(member.length, LONG_STRING_BYTES) + ELEMENT_BYTES
    if (bytes < STEP_BYTES) continue
    yield bytes
    bytes = 0
  }
}

function* writeFields(output: RdbOutput, image: ElementImage<Bytes>): Generator<number, void> {
  output.count(image.size)
  let bytes = 0
  for (const [field, value] of image.elements()) {
    if (field.length > LONG_STRING_BYTES) yield* writeLongString(output, field)
    else output.string(field)
    if (value.length > LONG_STRING_BYTES) yield* writeLongString(output, value)
    else output.string(value)
    bytes += Math.min(field.length, LONG_STRING_BYTES) + Math.min(value.length, LONG_STRING_BYTES) + 2 * ELEMENT_BYTES
    if (bytes < STEP_BYTES) continue
    yield bytes
    bytes = 0
  }
}

function* writeNodes(output: RdbOutput, nodes: readonly (readonly string[])[]): Generator<number, void> {
  output.count(nodes.length)
  for (const items of nodes) {
    output.count(LIST_CONTAINER.packed)
    const packed = encodeListpack(items)
    if (packed.length > LONG_STRING_BYTES) yield* writeLongString(output, packed)
    else output.blob(packed)
    yield packed.length + items.length * ELEMENT_BYTES
  }
}

function* writeString(output: RdbOutput, bytes: string): Generator<number, void> {
  if (bytes.length > LONG_STRING_BYTES) return yield* writeLongString(output, bytes)
  output.string(bytes)
  yield bytes.length + ELEMENT_BYTES
}
