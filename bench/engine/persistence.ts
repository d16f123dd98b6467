/** RDB files: how fast they are written and loaded, and how long a client waits meanwhile: an engine node and redis-server. */
import {statSync} from 'node:fs'
import path from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {RespConnection} from '../../test/support/resp.js'
import {until} from '../../test/support/until.js'
import {startBenchServer, type BenchServer} from './bench-servers.js'
import {readDump} from './dump-reader.js'
import {worstWait} from './probe.js'

export interface PersistenceOptions {
  /** The project's folder, where the program was built. */
  readonly root: string
  readonly keys?: number
}

const VALUE_BYTES = 100
const BATCH = 500
const MOST_MS = 300_000
const MEGABYTE = 1e6
const IDLE_MS = 3000

/** `keys`: as many strings. `hash`: one hash with as many fields. */
type Shape = 'keys' | 'hash'

interface Figures {
  readonly idleMs: number
  readonly saveMbps: number
  readonly saveStallMs: number
  readonly rewriteStallMs: number
  readonly syncStallMs: number
  readonly loadMbps: number
}

/** Prints a table. @throws Error when a server fails */
export async function persistence({root, keys = 1_000_000}: PersistenceOptions): Promise<void> {
  console.log(
    `Node ${process.versions.node}, ${keys.toLocaleString('en-US')} values of ${VALUE_BYTES} B that do not compress; stalls are the longest wait of a PING\n`,
  )
  console.log('| server | data | idle | BGSAVE | stall during it | BGREWRITEAOF | dump for a replica | load |')
  console.log('|---|---|---:|---:|---:|---:|---:|---:|')
  for (const shape of ['keys', 'hash'] as const) {
    for (const competitor of ['engine', 'redis'] as const) {
      const config = {'enable-debug-command': 'yes', 'repl-diskless-sync-delay': '0'}
      const server = await startBenchServer(competitor, root, config)
      try {
        const figures = await measure(server, shape, keys)
        const cells = [
          `${figures.idleMs.toFixed(1)} ms`,
          `${figures.saveMbps.toFixed(0)} MB/s`,
          `${figures.saveStallMs.toFixed(1)} ms`,
          `${figures.rewriteStallMs.toFixed(1)} ms`,
          `${figures.syncStallMs.toFixed(1)} ms`,
          `${figures.loadMbps.toFixed(0)} MB/s`,
        ]
        console.log(`| ${competitor} | ${shape} | ${cells.join(' | ')} |`)
      } finally {
        server.stop()
      }
    }
  }
}

async function measure(server: BenchServer, shape: Shape, keys: number): Promise<Figures> {
  const connection = await RespConnection.open({host: '127.0.0.1', port: server.port}, MOST_MS)
  await fill(connection, shape, keys)
  const background = (command: string, field: string): (() => Promise<unknown>) => {
    return async () => {
      await connection.call(command)
      const isOver = async (): Promise<boolean> =>
        String(await connection.call('INFO', 'persistence')).includes(`${field}:0`)
      await until(isOver, {timeoutMs: MOST_MS, what: `${command} to be over`})
    }
  }
  const idle = await stalled(server, () => sleep(IDLE_MS))
  const save = await stalled(server, background('BGSAVE', 'rdb_bgsave_in_progress'))
  const megabytes = statSync(path.join(server.directory, 'dump.rdb')).size / MEGABYTE
  const rewrite = await stalled(server, background('BGREWRITEAOF', 'aof_rewrite_in_progress'))
  const sync = await stalled(server, () => readDump(server.port))
  const load = await stalled(server, () => connection.call('DEBUG', 'RELOAD', 'NOSAVE'))
  connection.close()
  return {
    idleMs: idle.stallMs,
    saveMbps: megabytes / save.seconds,
    saveStallMs: save.stallMs,
    rewriteStallMs: rewrite.stallMs,
    syncStallMs: sync.stallMs,
    loadMbps: megabytes / load.seconds,
  }
}

async function stalled(
  server: BenchServer,
  work: () => Promise<unknown>,
): Promise<{readonly seconds: number; readonly stallMs: number}> {
  let seconds = 0
  const stallMs = await worstWait(server.port, async () => {
    const startedMs = performance.now()
    await work()
    seconds = (performance.now() - startedMs) / 1000
  })
  return {seconds, stallMs}
}

/** Values without a pattern: compression would only make the figures larger. */
async function fill(connection: RespConnection, shape: Shape, keys: number): Promise<void> {
  let state = 1
  const letters = Array.from({length: 65_536}, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return String.fromCharCode(33 + ((state >>> 24) % 90))
  }).join('')
  for (let from = 0; from < keys; from += BATCH) {
    const batch = Array.from({length: Math.min(BATCH, keys - from)}, (_, offset) => {
      const at = ((from + offset) * 37) % (letters.length - VALUE_BYTES)
      const words = [`key:${from + offset}`, letters.slice(at, at + VALUE_BYTES)]
      return shape === 'keys' ? ['SET', ...words] : ['HSET', 'hash', ...words]
    })
    await connection.pipeline(batch)
  }
}
