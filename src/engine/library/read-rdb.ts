/** The keys of an RDB file, as it streams in: for whoever wants to know what is in a file, and not to serve it. */
import {RdbReader, type RdbEvent} from '../persistence/rdb-reader.js'
import {type Bytes} from '../ports.js'
import {DEFAULT_ENCODING_LIMITS} from '../values/encoding-limits.js'
import {stringBytes} from '../values/string.js'
import {type Value} from '../values/value.js'

/** What a key holds, whatever the file's way of storing it. Text stands for bytes, one a character (latin1). */
export type SavedValue =
  | {readonly type: 'string'; readonly text: Bytes}
  | {readonly type: 'list'; readonly items: Iterable<Bytes>}
  | {readonly type: 'set'; readonly members: Iterable<Bytes>}
  | {
      readonly type: 'hash'
      readonly fields: Iterable<readonly [field: Bytes, value: Bytes, expireAtMs?: number | undefined]>
    }
  | {readonly type: 'zset'; readonly scores: Iterable<readonly [member: Bytes, score: number]>}
  | {
      readonly type: 'stream'
      readonly lastId: string
      readonly entries: readonly {readonly id: string; readonly fields: readonly Bytes[]}[]
      readonly groups: readonly SavedGroup[]
    }
  /** Of a module: what DUMP would give, without its footer. */
  | {readonly type: 'opaque'; readonly payload: Uint8Array}

export interface SavedGroup {
  readonly name: Bytes
  readonly lastDelivered: string
  readonly pending: readonly {readonly id: string; readonly consumer: Bytes}[]
}

export interface SavedKey {
  readonly database: number
  readonly key: Bytes
  /** Unix ms; 0: lives on. */
  readonly expireAtMs: number
  readonly value: SavedValue
}

/**
 * Holds no more of the file than one key and one chunk; the keys of each chunk come together.
 * @throws Error in a server's words when the file is damaged or breaks off
 */
export async function* readRdb(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly SavedKey[]> {
  const reader = new RdbReader(DEFAULT_ENCODING_LIMITS, {readsForeign: true})
  for await (const chunk of chunks) {
    reader.feed(chunk)
    yield keysIn(reader)
    if (reader.error !== undefined) throw new Error(reader.error)
  }
  reader.close()
  yield keysIn(reader)
  if (!reader.isComplete) throw new Error(reader.error ?? 'the file breaks off')
}

function keysIn(reader: RdbReader): SavedKey[] {
  const keys: SavedKey[] = []
  for (let event = reader.next(); event !== undefined; event = reader.next()) {
    const key = savedKey(event)
    if (key !== undefined) keys.push(key)
  }
  return keys
}

function savedKey(event: RdbEvent): SavedKey | undefined {
  if (event.kind === 'entry') {
    const {db, key, value, expireAtMs = 0} = event
    return {database: db, key, expireAtMs, value: savedValue(value)}
  }
  if (event.kind !== 'skipped' || event.foreign === undefined) return undefined
  const {db, key, foreign} = event
  const {value, expireAtMs = 0, payload} = foreign
  const where = {database: db, key, expireAtMs}
  switch (value.kind) {
    case 'stream':
      return {...where, value: {type: 'stream', lastId: value.lastId, entries: value.entries, groups: value.groups}}
    case 'hash':
      return {...where, value: {type: 'hash', fields: value.fields}}
    case 'opaque':
      return {...where, value: {type: 'opaque', payload}}
  }
}

function savedValue(value: Value): SavedValue {
  if (typeof value === 'string' || value.type === 'string') return {type: 'string', text: stringBytes(value)}
  switch (value.type) {
    case 'list':
      return {type: 'list', items: value.values()}
    case 'set':
      return {type: 'set', members: value.values()}
    case 'hash':
      return {type: 'hash', fields: value.entries()}
    case 'zset':
      return {type: 'zset', scores: value.entries()}
  }
}
