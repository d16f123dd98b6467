/** In what form a snapshot is written: an RDB file, or the commands that make the data. */
import {type Bytes} from '../ports.js'
import {type Value} from '../values/value.js'
import {type LongSource} from './long-value.js'

/** Name and value of each AUX field at the head of an RDB file. */
export type AuxFields = readonly (readonly [name: string, value: Bytes])[]

export interface KeyRecord {
  readonly key: Bytes
  readonly value: Value
  /** Unix ms. */
  readonly expireAtMs: number | undefined
}

/** A value that is written piece by piece. */
export interface LongRecord {
  readonly key: Bytes
  readonly source: LongSource
  readonly expireAtMs: number | undefined
}

/** Gathers bytes until `take`. Databases are selected before their keys; a database may be selected again. */
export interface ImageFormat {
  /** Bytes that wait to be taken. */
  readonly length: number
  take(): Uint8Array
  /** What was taken has been written, and may be written over. */
  giveBack(bytes: Uint8Array): void
  begin(aux: AuxFields): void
  /** `sizes` when it is selected for the first time: its keys, and those that expire. */
  selectDatabase(db: number, sizes: {readonly keys: number; readonly expiring: number} | undefined): void
  write(record: KeyRecord): void
  /** The same bytes for later: the value is about to change. */
  encode(record: KeyRecord): Uint8Array
  writeEncoded(bytes: Uint8Array): void
  /** Writes a piece with each step, and says about how many bytes of data it looked at. */
  writeLong(record: LongRecord): Iterator<number, void>
  end(): void
}
