/** RDB files made of values, by way of a snapshot: as a node writes them. */
import {Database} from '../../../src/engine/keyspace/database.js'
import {type AuxFields, Snapshot, type SnapshotOptions} from '../../../src/engine/persistence/snapshot.js'
import {type Value} from '../../../src/engine/values/value.js'

export interface Entry {
  readonly db?: number
  readonly key: string
  readonly value: Value
  readonly expireAtMs?: number
}

/** Databases that belong to no node. */
export function paperDatabases(count: number): Database[] {
  const quiet = (): void => undefined
  const no = (): boolean => false
  const hooks = {mayDeleteExpired: no, ignoresExpiry: () => true, expired: quiet, added: quiet, modified: quiet}
  return Array.from({length: count}, (_, index) => new Database(index, hooks))
}

export function fillDatabases(databases: readonly Database[], entries: readonly Entry[]): void {
  for (const {db = 0, key, value, expireAtMs} of entries) {
    databases[db]!.set(key, value)
    if (expireAtMs !== undefined) databases[db]!.setExpiry(key, expireAtMs)
  }
}

/** The pieces of a file, each of about `pieceBytes`. */
export function rdbPieces(
  entries: readonly Entry[],
  {
    aux = [],
    pieceBytes = 2 ** 30,
    ...options
  }: SnapshotOptions & {readonly aux?: AuxFields; readonly pieceBytes?: number} = {},
): Uint8Array[] {
  const databases = paperDatabases(16)
  fillDatabases(databases, entries)
  return piecesOf(new Snapshot(databases, aux, options), pieceBytes)
}

export function piecesOf(snapshot: Snapshot, pieceBytes = 2 ** 30): Uint8Array[] {
  const pieces: Uint8Array[] = []
  while (!snapshot.isDone) pieces.push(snapshot.next(pieceBytes))
  return pieces
}
