/** A backup on disk as a side to compare: its RDB files, read by the engine's reader as they stream in. */
import {createHash} from 'node:crypto'
import {createReadStream} from 'node:fs'
import {readdir, readFile, stat} from 'node:fs/promises'
import path from 'node:path'
import type {SavedKey, SavedValue} from '../../engine/library/read-rdb.js'
import {ManagerError} from '../../manager/error.js'
import type {TakeKey} from '../../manager/verify/key-record.js'
import type {Side} from '../../manager/verify/side.js'
import {
  addField,
  digestList,
  digestPayload,
  digestString,
  MembersDigest,
  StreamDigest,
} from '../../manager/verify/value-digest.js'
import type {Digest} from '../../model/digest.js'
import {slotOf} from '../../model/slot.js'
import type {SlotSet} from '../../model/slot-set.js'

const CHUNK_BYTES = 256 * 1024

interface RdbFile {
  readonly path: string
  /** Hex, as the manifest has it; `undefined` where there is no manifest. */
  readonly sha256: string | undefined
}

/**
 * A folder that `tscluster backup` or redis-cli filled, its `manifest.json`, or one RDB file; `undefined` when nothing of the
 * name exists.
 * @throws ManagerError `io` when it exists and is no backup
 */
export async function openBackup(name: string): Promise<Side | undefined> {
  const entry = await stat(name).catch(() => undefined)
  if (entry === undefined) return undefined
  const files = entry.isDirectory() ? await filesIn(name) : await filesOf(name)
  const proved = new Set<string>()
  return {
    name,
    read: async (slots, take) => {
      for (const file of files) {
        await readFileKeys(file, slots, take, !proved.has(file.path))
        proved.add(file.path)
      }
    },
  }
}

async function filesIn(folder: string): Promise<RdbFile[]> {
  const names = await readdir(folder)
  if (names.includes('manifest.json')) return filesOf(path.join(folder, 'manifest.json'))
  const found = names.filter((name) => name.endsWith('.rdb')).sort()
  if (found.length === 0) {
    throw new ManagerError('io', `no backup is in ${folder}`, {
      hint: '`tscluster backup` writes RDB files and manifest.json',
    })
  }
  return found.map((name) => ({path: path.join(folder, name), sha256: undefined}))
}

async function filesOf(file: string): Promise<RdbFile[]> {
  if (!file.endsWith('.json')) return [{path: file, sha256: undefined}]
  const manifest = parseManifest(await readFile(file, 'utf8'))
  if (manifest === undefined) {
    throw new ManagerError('io', `${file} is no manifest of a backup`, {
      hint: 'name the folder that `tscluster backup` wrote',
    })
  }
  return manifest.map(({file: name, sha256}) => ({path: path.join(path.dirname(file), path.basename(name)), sha256}))
}

function parseManifest(text: string): {readonly file: string; readonly sha256: string}[] | undefined {
  try {
    const {files} = JSON.parse(text) as {readonly files?: unknown}
    if (!Array.isArray(files)) return undefined
    return files.every(isFile) ? files : undefined
  } catch {
    return undefined
  }
}

function isFile(entry: unknown): entry is {readonly file: string; readonly sha256: string} {
  const {file, sha256} = (entry ?? {}) as {readonly file?: unknown; readonly sha256?: unknown}
  return typeof file === 'string' && typeof sha256 === 'string'
}

/** @param proves compare the file with its sum, too: once is enough */
async function readFileKeys(file: RdbFile, slots: SlotSet, take: TakeKey, proves: boolean): Promise<void> {
  const {readRdb} = await import('../../engine/library/read-rdb.js')
  const hash = createHash('sha256')
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for await (const chunk of createReadStream(file.path, {highWaterMark: CHUNK_BYTES})) {
      if (proves) hash.update(chunk as Buffer)
      yield chunk as Buffer
    }
  }
  try {
    for await (const keys of readRdb(chunks())) for (const key of keys) takeSaved(key, slots, take)
  } catch (error) {
    throw damaged(file, error instanceof Error ? error.message : String(error))
  }
  if (proves && file.sha256 !== undefined && hash.digest('hex') !== file.sha256) {
    throw damaged(file, 'its SHA-256 is not the one in the manifest')
  }
}

function damaged(file: RdbFile, why: string): ManagerError {
  return new ManagerError('io', `${file.path} cannot be read: ${why}`, {hint: 'compare with another backup'})
}

function takeSaved(saved: SavedKey, slots: SlotSet, take: TakeKey): void {
  const key = Buffer.from(saved.key, 'latin1')
  const slot = slotOf(key)
  if (!slots.has(slot)) return
  take({slot, database: saved.database, key, value: digestOf(saved.value), expireAtMs: saved.expireAtMs})
}

function digestOf(value: SavedValue): Digest {
  switch (value.type) {
    case 'string':
      return digestString(value.text)
    case 'list':
      return digestList(value.items)
    case 'set': {
      const set = new MembersDigest('set')
      for (const member of value.members) set.add(member)
      return set.finish()
    }
    case 'hash': {
      const hash = new MembersDigest('hash')
      for (const [field, text, expireAtMs] of value.fields) addField(hash, field, text, expireAtMs)
      return hash.finish()
    }
    case 'zset': {
      const zset = new MembersDigest('zset')
      for (const [member, score] of value.scores) zset.add(member, score)
      return zset.finish()
    }
    case 'stream':
      return streamDigest(value)
    case 'opaque':
      return digestPayload(value.payload)
  }
}

function streamDigest({lastId, entries, groups}: Extract<SavedValue, {type: 'stream'}>): Digest {
  const stream = new StreamDigest().lastId(lastId)
  for (const {id, fields} of entries) stream.entry(id, fields)
  for (const group of groups) {
    stream.group(group)
    for (const pending of group.pending) stream.pending(group, pending)
  }
  return stream.finish()
}
