/** What is kept of one key to compare it: where it is, and digests of its name and value. */
import {Digester, type Digest} from '../../model/digest.js'
import type {SlotId} from '../../model/slot.js'

/** A key as it was read. */
export interface KeyRecord {
  readonly slot: SlotId
  readonly database: number
  readonly key: Uint8Array
  /** `null`: the key is there, and its value could not be read. */
  readonly value: Digest | null
  /** Unix ms by the server's clock; 0: lives on. */
  readonly expireAtMs: number
}

export type TakeKey = (record: KeyRecord) => void

const digester = new Digester()

export function digestOfKey({database, key}: Pick<KeyRecord, 'database' | 'key'>): Digest {
  return digester.number(database).add(key).finish()
}

/** Key and value in one, and whether the key has a time to live; when it ends is compared apart, within a tolerance. */
export function digestOfRecord(record: KeyRecord, key: Digest): Digest {
  digester.digest(key).number(record.expireAtMs === 0 ? 0 : 1)
  if (record.value !== null) digester.digest(record.value)
  return digester.finish()
}
