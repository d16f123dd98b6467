/** Memory for a million keys, and how long the node stands still while they are loaded and read: an engine node and redis-server. */
import {RespConnection} from '../../test/support/resp.js'
import {startBenchServer, type BenchServer} from './bench-servers.js'

export interface MemoryOptions {
  /** Where the compiled sources lie: `dist`. */
  readonly build: string
  readonly keys?: number
}

const KEY_BYTES = 16
const VALUE_BYTES = 100
const BATCH = 200
/** Between two probes: a stall is seen to within this much. */
const PROBE_MS = 1

interface Figures {
  readonly rssPerKey: number
  readonly loadStallMs: number
  readonly readStallMs: number
}

/** Prints a table. @throws Error when a server fails */
export async function memory({build, keys = 1_000_000}: MemoryOptions): Promise<void> {
  console.log(
    `Node ${process.versions.node}, ${keys.toLocaleString('en-US')} keys of ${KEY_BYTES} B with values of ${VALUE_BYTES} B\n`,
  )
  console.log('| server | RSS per key | longest stall loading | longest stall reading |')
  console.log('|---|---:|---:|---:|')
  const perKey: number[] = []
  for (const competitor of ['engine', 'redis'] as const) {
    const server = await startBenchServer(competitor, build)
    try {
      const {rssPerKey, loadStallMs, readStallMs} = await measure(server, keys)
      perKey.push(rssPerKey)
      console.log(
        `| ${competitor} | ${rssPerKey.toFixed(0)} B | ${loadStallMs.toFixed(0)} ms | ${readStallMs.toFixed(0)} ms |`,
      )
    } finally {
      server.stop()
    }
  }
  console.log(`\nengine / redis: ${(perKey[0]! / perKey[1]!).toFixed(2)}`)
}

async function measure(server: BenchServer, keys: number): Promise<Figures> {
  const before = server.rssBytes()
  const value = 'v'.repeat(VALUE_BYTES)
  const loadStallMs = await worstProbe(server, (connection) =>
    inBatches(connection, keys, (key) => ['SET', key, value]),
  )
  const rssPerKey = (server.rssBytes() - before) / keys
  const readStallMs = await worstProbe(server, (connection) => inBatches(connection, keys, (key) => ['GET', key]))
  return {rssPerKey, loadStallMs, readStallMs}
}

async function inBatches(connection: RespConnection, keys: number, request: (key: string) => string[]): Promise<void> {
  let batch: string[][] = []
  for (let number = 0; number < keys; number++) {
    batch.push(request(`k${String(number).padStart(KEY_BYTES - 1, '0')}`))
    if (batch.length < BATCH && number < keys - 1) continue
    await connection.pipeline(batch)
    batch = []
  }
}

/**
 * The longest time that a PING on a connection of its own waited, while the work was done. This process does both, so its own
 * pauses count too: the figure is an upper bound.
 */
async function worstProbe(server: BenchServer, work: (connection: RespConnection) => Promise<void>): Promise<number> {
  const target = {host: '127.0.0.1', port: server.port}
  const [worker, probe] = [await RespConnection.open(target), await RespConnection.open(target)]
  let isDone = false
  let worstMs = 0
  const probing = (async () => {
    while (!isDone) {
      const askedMs = performance.now()
      await probe.call('PING')
      worstMs = Math.max(worstMs, performance.now() - askedMs)
      await new Promise((resolve) => setTimeout(resolve, PROBE_MS))
    }
  })()
  await work(worker)
  isDone = true
  await probing
  worker.close()
  probe.close()
  return worstMs
}
