/** The start of a node: its data come from the AOF or the RDB file in its folder, before the first turn. */
import {applyFile} from '../apply-turn.js'
import {type RdbLoader} from '../persistence/rdb-loader.js'
import {type Bytes} from '../ports.js'
import {type Server} from '../server/server.js'
import {followConfiguredPrimary} from './configured-primary.js'
import {loadAof, loadRdbFile, type LoadFailure, type LoadOptions} from './load-data.js'

/** What keeps a node from starting: in the words of a real server's log. */
export type BootResult = {readonly ok: true} | {readonly ok: false; readonly error: string}

export type BootOptions = LoadOptions

/**
 * Loads what there is. With `appendonly yes` that is the AOF alone, as in Redis; file work that this needs (an AOF's first files,
 * the end of a truncated one) is done at once. To be called once, before `beginTurn`.
 */
export function bootNode(options: BootOptions): BootResult {
  const {server, storage} = options
  const unusable = server.cluster?.loadError
  if (unusable !== undefined) {
    return {ok: false, error: `Unrecoverable error: corrupted cluster config file (${unusable}).`}
  }
  server.storage = storage
  server.reload = (source, merges = false) => reload(options, source, merges)
  // Before its data: a replica keeps a key whose time has passed until its primary says that it has expired.
  followConfiguredPrimary(server)
  const error = whileLoading(server, () => (server.config.flag('appendonly') ? bootAof(options) : bootRdb(options)))
  applyFiles(options)
  if (error !== undefined) return {ok: false, error}
  server.saving.aof.watchConfig()
  server.slotMigrations?.loaded()
  return {ok: true}
}

function whileLoading(server: Server, load: () => LoadFailure | undefined): LoadFailure | undefined {
  server.loading = true
  server.propagation.isLoading = true
  const error = load()
  server.propagation.isLoading = false
  server.loading = false
  server.dirty = 0
  return error
}

function bootRdb(options: BootOptions): LoadFailure | undefined {
  const {replication} = options.server
  const gone: (readonly [db: number, key: Bytes])[] = []
  const loaded = loadRdbFile({...options, expired: (db, key) => gone.push([db, key])})
  if (typeof loaded === 'string') return loaded
  if (loaded === undefined || !restoreHistory(options.server, loaded)) return undefined
  // A replica that goes on from where the file stands has these keys still.
  for (const [db, key] of gone) replication.stream.append(db, ['DEL', key])
  return undefined
}

/** A file that says where in which history it stands lets the node go on from there. @returns whether it does */
function restoreHistory(server: Server, loader: RdbLoader): boolean {
  const [id, offset] = [loader.aux('repl-id'), Number(loader.aux('repl-offset'))]
  if (id?.length !== 40 || !Number.isSafeInteger(offset) || offset < 0) return false
  server.replication.restore(id, offset, Number(loader.aux('repl-stream-db') ?? 0))
  return true
}

function bootAof(options: BootOptions): LoadFailure | undefined {
  const {server, storage} = options
  const {aof} = server.saving
  const loaded = loadAof(options)
  if (typeof loaded === 'string') return loaded
  if (loaded.manifest !== undefined) {
    aof.resume(loaded.manifest, loaded.bytes)
    return undefined
  }
  const error = aof.create(storage)
  return error === undefined ? undefined : `Can't create the AOF in ${server.config.text('appenddirname')}: ${error}`
}

/** DEBUG RELOAD and DEBUG LOADAOF: what is there stays, unless it was cleared before. */
function reload(options: BootOptions, source: 'rdb' | 'aof', merges: boolean): LoadFailure | undefined {
  const {server} = options
  applyFiles(options)
  return whileLoading(server, () => {
    const loaded = source === 'rdb' ? loadRdbFile(options, merges) : loadAof(options)
    if (typeof loaded !== 'string') return undefined
    server.log('warning', loaded)
    return loaded
  })
}

function applyFiles({server, storage}: BootOptions): void {
  for (const effect of server.files.splice(0)) applyFile(effect, storage)
}
