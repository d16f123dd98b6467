/** The start of a node: its data come from the AOF or the RDB file in its folder, before the first turn. */
import {applyFile} from '../apply-turn.js'
import {type AofManifest, parseManifest} from '../persistence/aof-manifest.js'
import {RdbLoader} from '../persistence/rdb-loader.js'
import {type Storage} from '../ports.js'
import {type Server} from '../server/server.js'
import {loadCommands, type RunRequest} from './load-commands.js'

/** What keeps a node from starting: in the words of a real server's log. */
export type BootResult = {readonly ok: true} | {readonly ok: false; readonly error: string}

export interface BootOptions {
  readonly server: Server
  readonly storage: Storage
  /** Executes one request of a client. */
  readonly run: RunRequest
}

type Step = string | undefined

/**
 * Loads what there is. With `appendonly yes` that is the AOF alone, as in Redis; file work that this needs (an AOF's first files,
 * the end of a truncated one) is done at once. To be called once, before `beginTurn`.
 */
export function bootNode(options: BootOptions): BootResult {
  const {server, storage} = options
  server.loading = true
  const error = server.config.flag('appendonly') ? loadAof(options) : loadRdbFile(options)
  server.loading = false
  server.dirty = 0
  for (const effect of server.files) applyFile(effect, storage)
  server.files.length = 0
  if (error !== undefined) return {ok: false, error}
  server.saving.aof.watchConfig()
  return {ok: true}
}

function loadRdbFile({server, storage}: BootOptions): Step {
  const name = server.config.text('dbfilename')
  const bytes = storage.read(name)
  if (bytes === null) return undefined
  const loader = loadRdb(server, bytes)
  if (loader.error !== undefined) return loader.error
  server.log('notice', `Done loading RDB, keys loaded: ${loader.keysLoaded}, keys expired: ${loader.keysExpired}.`)
  const [id, offset] = [loader.aux('repl-id'), Number(loader.aux('repl-offset'))]
  if (id?.length === 40 && Number.isSafeInteger(offset) && offset >= 0) {
    server.replication.restore(id, offset, Number(loader.aux('repl-stream-db') ?? 0))
  }
  return undefined
}

function loadRdb(server: Server, bytes: Uint8Array): RdbLoader {
  const {databases, encodingLimits, nowMs, saving} = server
  // A replica leaves it to its primary to say that a key has expired.
  const dropExpiredBeforeMs = server.isReplica ? -Infinity : nowMs
  const loader = new RdbLoader({databases, limits: encodingLimits, dropExpiredBeforeMs})
  loader.feed(bytes)
  loader.close()
  for (const [what, count] of loader.skipped) server.log('warning', `${count} keys left out, not supported: ${what}`)
  saving.keysLoaded = loader.keysLoaded
  saving.keysExpired = loader.keysExpired
  return loader
}

function loadAof(options: BootOptions): Step {
  const {server, storage} = options
  const {config, saving} = server
  const [folder, fileName] = [config.text('appenddirname'), config.text('appendfilename')]
  const text = storage.read(`${folder}/${fileName}.manifest`)
  if (text === null && storage.read(fileName) === null) {
    saving.aof.begin()
    saving.aof.startRewrite()
    while (saving.aof.isRewriting) saving.aof.work()
    return undefined
  }
  const parsed = text === null ? adoptOldAof(options) : parseManifest(Buffer.from(text).toString('latin1'))
  if (!parsed.ok) return parsed.error
  return loadManifest(options, parsed.manifest, folder)
}

/** An AOF of Redis before 7.0, in one file: it becomes the base. */
function adoptOldAof({server, storage}: BootOptions): {readonly ok: true; readonly manifest: AofManifest} {
  const name = server.config.text('appendfilename')
  storage.rename(name, `${server.config.text('appenddirname')}/${name}`)
  return {ok: true, manifest: {base: {name, sequence: 1}, increments: [], history: []}}
}

function loadManifest(options: BootOptions, manifest: AofManifest, folder: string): Step {
  const {server, storage} = options
  const files = [...(manifest.base === undefined ? [] : [manifest.base]), ...manifest.increments]
  const sizes = {all: 0, base: 0}
  for (const [index, {name}] of files.entries()) {
    const path = `${folder}/${name}`
    const bytes = storage.read(path)
    if (bytes === null) return `The AOF file ${name} doesn't exist`
    const loaded = loadAofFile(options, bytes, name)
    if (typeof loaded === 'string') return loaded
    if (loaded < bytes.length) {
      const isLast = index === files.length - 1
      if (!isLast || !server.config.flag('aof-load-truncated')) return truncated(name)
      server.log('warning', `AOF ${name} loaded anyway because aof-load-truncated is enabled`)
      storage.replace(path, bytes.subarray(0, loaded))
    }
    sizes.all += loaded
    if (manifest.base?.name === name) sizes.base = loaded
  }
  server.saving.aof.resume(manifest, sizes)
  return undefined
}

/** @returns how many of the bytes are whole units; or an error */
function loadAofFile({server, run}: BootOptions, bytes: Uint8Array, name: string): number | string {
  const head = Buffer.from(bytes.subarray(0, 6)).toString('latin1')
  if (!head.startsWith('REDIS') && head !== 'VALKEY') return loadCommands(server, run, bytes, name)
  const loader = loadRdb(server, bytes)
  if (loader.error !== undefined) return loader.error
  const rest = loader.rest()
  const loaded = loadCommands(server, run, rest, name)
  return typeof loaded === 'string' ? loaded : bytes.length - rest.length + loaded
}

function truncated(name: string): string {
  return `Unexpected end of file reading the append only file ${name}. You can: 1) Make a backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>. 2) Alternatively you can set the 'aof-load-truncated' configuration option to yes and restart the server.`
}
