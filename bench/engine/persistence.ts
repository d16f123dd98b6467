/** RDB files: how fast they are written and loaded, and how long a client waits meanwhile: an engine node and redis-server. */
import {statSync} from 'node:fs'
import path from 'node:path'
import {RespConnection} from '../../test/support/resp.js'
import {until} from '../../test/support/until.js'
import {startBenchServer, type BenchServer} from './bench-servers.js'
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

interface Figures {
  readonly saveMbps: number
  readonly saveStallMs: number
  readonly rewriteStallMs: number
  readonly loadMbps: number
  readonly loadStallMs: number
}

/** Prints a table. @throws Error when a server fails */
export async function persistence({root, keys = 1_000_000}: PersistenceOptions): Promise<void> {
  console.log(
    `Node ${process.versions.node}, ${keys.toLocaleString('en-US')} keys with values of ${VALUE_BYTES} B that do not compress; stalls are the longest wait of a PING\n`,
  )
  console.log('| server | BGSAVE | stall during it | stall during BGREWRITEAOF | load | stall during it |')
  console.log('|---|---:|---:|---:|---:|---:|')
  for (const competitor of ['engine', 'redis'] as const) {
    const server = await startBenchServer(competitor, root, {'enable-debug-command': 'yes'})
    try {
      const {saveMbps, saveStallMs, rewriteStallMs, loadMbps, loadStallMs} = await measure(server, keys)
      const cells = [
        `${saveMbps.toFixed(0)} MB/s`,
        `${saveStallMs.toFixed(0)} ms`,
        `${rewriteStallMs.toFixed(0)} ms`,
        `${loadMbps.toFixed(0)} MB/s`,
        `${loadStallMs.toFixed(0)} ms`,
      ]
      console.log(`| ${competitor} | ${cells.join(' | ')} |`)
    } finally {
      server.stop()
    }
  }
}

async function measure(server: BenchServer, keys: number): Promise<Figures> {
  const connection = await RespConnection.open({host: '127.0.0.1', port: server.port}, MOST_MS)
  await fill(connection, keys)
  const background = (command: string, field: string): (() => Promise<number>) => {
    return () =>
      timed(async () => {
        await connection.call(command)
        const isOver = async (): Promise<boolean> =>
          String(await connection.call('INFO', 'persistence')).includes(`${field}:0`)
        await until(isOver, {timeoutMs: MOST_MS, what: `${command} to be over`})
      })
  }
  const save = await stalled(server, background('BGSAVE', 'rdb_bgsave_in_progress'))
  const megabytes = statSync(path.join(server.directory, 'dump.rdb')).size / MEGABYTE
  const rewrite = await stalled(server, background('BGREWRITEAOF', 'aof_rewrite_in_progress'))
  const load = await stalled(server, () => timed(() => connection.call('DEBUG', 'RELOAD', 'NOSAVE')))
  connection.close()
  return {
    saveMbps: megabytes / save.seconds,
    saveStallMs: save.stallMs,
    rewriteStallMs: rewrite.stallMs,
    loadMbps: megabytes / load.seconds,
    loadStallMs: load.stallMs,
  }
}

async function stalled(
  server: BenchServer,
  work: () => Promise<number>,
): Promise<{readonly seconds: number; readonly stallMs: number}> {
  let seconds = 0
  const stallMs = await worstWait(server.port, async () => {
    seconds = await work()
  })
  return {seconds, stallMs}
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now()
  await work()
  return (performance.now() - startedMs) / 1000
}

/** Values without a pattern: compression would only make the figures larger. */
async function fill(connection: RespConnection, keys: number): Promise<void> {
  let state = 1
  const letters = Array.from({length: 65_536}, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return String.fromCharCode(33 + ((state >>> 24) % 90))
  }).join('')
  for (let from = 0; from < keys; from += BATCH) {
    const batch = Array.from({length: Math.min(BATCH, keys - from)}, (_, offset) => {
      const at = ((from + offset) * 37) % (letters.length - VALUE_BYTES)
      return ['SET', `key:${from + offset}`, letters.slice(at, at + VALUE_BYTES)]
    })
    await connection.pipeline(batch)
  }
}
