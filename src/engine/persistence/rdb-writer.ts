/** A whole RDB file, piece by piece: the entries are taken from the caller's sequence only as they are needed. */
import {Crc64} from '../../model/crc64.js'
import {type Bytes} from '../ports.js'
import {type Value} from '../values/value.js'
import {OPCODE, RDB_MAGIC} from './rdb-format.js'
import {RdbOutput} from './rdb-output.js'
import {rdbTypeOf, writeValue} from './rdb-value.js'

export interface RdbEntry {
  readonly key: Bytes
  readonly value: Value
  /** Unix milliseconds. */
  readonly expireAtMs?: number | undefined
}

/** One database: its entries may be a lazy sequence, its counts are hints for whoever loads the file. */
export interface RdbDatabase {
  readonly db: number
  readonly keyCount: number
  readonly expiryCount: number
  readonly entries: Iterable<RdbEntry>
}

export interface RdbContents {
  /** `redis-ver`, `redis-bits`, `ctime`, `used-mem`, `aof-base`; for replicas `repl-stream-db`, `repl-id`, `repl-offset`. */
  readonly aux: Iterable<readonly [name: Bytes, value: Bytes]>
  /** Sources of function libraries. */
  readonly functions?: Iterable<Bytes>
  /** No key may come twice: real servers refuse to load such a file. An empty database need not come at all. */
  readonly databases: Iterable<RdbDatabase>
}

export class RdbWriter {
  readonly #output = new RdbOutput()
  readonly #records: Iterator<void>
  readonly #crc = new Crc64()
  #ended = false

  constructor(contents: RdbContents) {
    this.#records = this.#write(contents)
  }

  /**
   * The next piece, of at least `leastBytes` unless it is the last (a piece ends between two records, so one big value makes a
   * big piece); undefined when the file is complete. What a piece holds was read from the entries during this call.
   */
  next(leastBytes: number): Uint8Array | undefined {
    if (this.#ended) return undefined
    while (this.#output.length < leastBytes && !this.#ended) this.#ended = this.#records.next().done === true
    if (this.#ended) this.#output.u8(OPCODE.end)
    const body = this.#output.take()
    this.#crc.update(body)
    if (!this.#ended) return body
    return Buffer.concat([body, this.#crc.bytes()])
  }

  *#write({aux, functions = [], databases}: RdbContents): Generator<void, void> {
    this.#output.text(RDB_MAGIC)
    for (const [name, value] of aux) {
      this.#output.u8(OPCODE.aux)
      this.#output.string(name)
      this.#output.string(value)
    }
    for (const source of functions) {
      this.#output.u8(OPCODE.function)
      this.#output.string(source)
      yield
    }
    for (const {db, keyCount, expiryCount, entries} of databases) {
      this.#output.u8(OPCODE.selectDb)
      this.#output.count(db)
      this.#output.u8(OPCODE.resizeDb)
      this.#output.count(keyCount)
      this.#output.count(expiryCount)
      for (const entry of entries) {
        this.#writeEntry(entry)
        yield
      }
    }
  }

  #writeEntry({key, value, expireAtMs}: RdbEntry): void {
    if (expireAtMs !== undefined) {
      this.#output.u8(OPCODE.expireMs)
      this.#output.i64le(BigInt(Math.trunc(expireAtMs)))
    }
    this.#output.u8(rdbTypeOf(value))
    this.#output.string(key)
    writeValue(this.#output, value)
  }
}
