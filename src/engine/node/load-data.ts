/** A node's data from the files in its folder: the RDB file, or the AOF. */
import {type AofManifest, type ParsedManifest, parseManifest} from '../persistence/aof-manifest.js'
import {RdbLoader} from '../persistence/rdb-loader.js'
import {type Bytes, type Storage} from '../ports.js'
import {type Server} from '../server/server.js'
import {FilePieces} from './file-pieces.js'
import {loadCommands, type RunRequest} from './load-commands.js'

export interface LoadOptions {
  readonly server: Server
  readonly storage: Storage
  /** Executes one request of a client. */
  readonly run: RunRequest
  /** Told of each key of an RDB file that has expired, so that it is left out. */
  readonly expired?: (db: number, key: Bytes) => void
}

/** Why the files cannot be used, in the words of a real server's log. */
export type LoadFailure = string

/** The AOF as it was found. */
export interface LoadedAof {
  /** Undefined when there is none. */
  readonly manifest: AofManifest | undefined
  /** Bytes of all of its files, and of its base. */
  readonly bytes: {readonly all: number; readonly base: number}
}

const HEAD_BYTES = 6
const NO_MANIFEST: ParsedManifest = {ok: true, manifest: {base: undefined, increments: [], history: []}}
const NOTHING: LoadedAof = {manifest: undefined, bytes: {all: 0, base: 0}}

/** Loads `dbfilename`, if it is there; `merges`: over keys that are there. @returns the loader, for what else the file says */
export function loadRdbFile(options: LoadOptions, merges = false): RdbLoader | LoadFailure | undefined {
  const {server, storage} = options
  const pieces = storage.pieces(server.config.text('dbfilename'))
  if (pieces === null) return undefined
  const loader = loadRdb(options, new FilePieces(pieces), merges)
  return loader.error ?? loader
}

/** Loads the AOF, if there is one; cuts off what its last file does not tell to the end, where that is allowed. */
export function loadAof(options: LoadOptions): LoadedAof | LoadFailure {
  const {server, storage} = options
  const {config} = server
  const [folder, fileName] = [config.text('appenddirname'), config.text('appendfilename')]
  const text = storage.read(`${folder}/${fileName}.manifest`)
  const parsed = text === null ? NO_MANIFEST : parseManifest(Buffer.from(text).toString('latin1'))
  if (!parsed.ok) return parsed.error
  const {manifest} = parsed
  const isEmpty = manifest.base === undefined && manifest.increments.length === 0
  if ((isEmpty || isHalfAdopted(storage, manifest, folder, fileName)) && storage.pieces(fileName) !== null) {
    return loadManifest(options, adoptOldAof(options, folder, fileName), folder)
  }
  return isEmpty ? NOTHING : loadManifest(options, manifest, folder)
}

/** The node ended between the two steps of `adoptOldAof`. */
function isHalfAdopted(storage: Storage, {base, increments}: AofManifest, folder: string, name: string): boolean {
  return base?.name === name && increments.length === 0 && storage.pieces(`${folder}/${name}`) === null
}

/** An AOF of Redis before 7.0, in one file: it becomes the base. The manifest is written before the file moves, as in Redis. */
function adoptOldAof({server, storage}: LoadOptions, folder: string, name: string): AofManifest {
  storage.replace(`${folder}/${name}.manifest`, Buffer.from(`file ${name} seq 1 type b\n`, 'latin1'))
  storage.rename(name, `${folder}/${name}`)
  server.log('notice', `Successfully migrated an old-style AOF file (${name}) into the AOF directory (${folder}).`)
  return {base: {name, sequence: 1}, increments: [], history: []}
}

function loadManifest(options: LoadOptions, manifest: AofManifest, folder: string): LoadedAof | LoadFailure {
  const {server, storage} = options
  const files = [...(manifest.base === undefined ? [] : [manifest.base]), ...manifest.increments]
  const startedUs = server.stopwatch()
  const sizes = {all: 0, base: 0}
  for (const [index, {name}] of files.entries()) {
    const path = `${folder}/${name}`
    const fileStartedUs = server.stopwatch()
    const pieces = storage.pieces(path)
    if (pieces === null) return `Unable to obtain the AOF file ${name} length. stat: No such file or directory`
    const source = new FilePieces(pieces)
    const loaded = loadAofFile(options, source, name)
    if (typeof loaded === 'string') return loaded
    if (loaded < source.drawn) {
      if (!server.config.flag('aof-load-truncated')) return truncated(name)
      server.log('warning', `!!! Warning: short read while loading the AOF file ${name}!!!`)
      server.log('warning', `!!! Truncating the AOF ${name} at offset ${loaded} !!!`)
      storage.truncate(path, loaded)
      server.log('warning', `AOF ${name} loaded anyway because aof-load-truncated is enabled`)
      if (index < files.length - 1) return 'Fatal error: the truncated file is not the last file'
    }
    const form = manifest.base?.name === name ? 'base' : 'incr'
    server.log('notice', `DB loaded from ${form} file ${name}: ${secondsSince(server, fileStartedUs)} seconds`)
    sizes.all += loaded
    if (manifest.base?.name === name) sizes.base = loaded
  }
  server.log('notice', `DB loaded from append only file: ${secondsSince(server, startedUs)} seconds`)
  return {manifest, bytes: sizes}
}

function secondsSince({stopwatch}: Server, startedUs: number): string {
  return ((stopwatch() - startedUs) / 1e6).toFixed(3)
}

/** @returns how many of the bytes, which are all drawn then, are whole units; or why they cannot be used */
function loadAofFile(options: LoadOptions, source: FilePieces, name: string): number | LoadFailure {
  const {server, run} = options
  const head = source.head(HEAD_BYTES)
  if (!head.startsWith('REDIS') && head !== 'VALKEY') return loadCommands({server, run, source, name})
  const loader = loadRdb(options, source)
  if (loader.error !== undefined) return loader.error
  source.putBack(loader.rest())
  return loadCommands({server, run, source, name})
}

/** The file is drawn up to the end of the RDB part, and somewhat further. */
function loadRdb({server, expired}: LoadOptions, source: FilePieces, merges = false): RdbLoader {
  const {databases, encodingLimits, nowMs, saving} = server
  // A replica leaves it to its primary to say that a key has expired.
  const dropExpiredBeforeMs = server.isReplica ? -Infinity : nowMs
  const loader = new RdbLoader({
    databases,
    limits: encodingLimits,
    dropExpiredBeforeMs,
    refusesDuplicates: !merges,
    ...(expired !== undefined && {expired}),
  })
  while (loader.error === undefined && !loader.isComplete) {
    const piece = source.next()
    if (piece === undefined) break
    loader.feed(piece)
  }
  loader.close()
  for (const [what, count] of loader.skipped) server.log('warning', `${count} keys left out, not supported: ${what}`)
  saving.keysLoaded = loader.keysLoaded
  saving.keysExpired = loader.keysExpired
  if (loader.error === undefined) {
    for (const line of loader.summary(nowMs)) server.log('notice', line)
  }
  server.slotMigrations?.restoreImports(loader.aux('slot-import') ?? '')
  return loader
}

function truncated(name: string): string {
  return `Unexpected end of file reading the append only file ${name}. You can: 1) Make a backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>. 2) Alternatively you can set the 'aof-load-truncated' configuration option to yes and restart the server.`
}
