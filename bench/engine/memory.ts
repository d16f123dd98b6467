/** Memory for a million keys, and how long the node stands still while they are loaded and read: an engine node and redis-server. */
import {RespConnection} from '../../test/support/resp.js'
import {startBenchServer, type BenchServer} from './bench-servers.js'
import {worstWait} from './probe.js'

export interface MemoryOptions {
  /** The project's folder, where the program was built. */
  readonly root: string
  readonly keys?: number
}

const KEY_BYTES = 16
const VALUE_BYTES = 100
const BATCH = 200

interface Figures {
  readonly rssPerKey: number
  readonly loadStallMs: number
  readonly readStallMs: number
}

/** Prints a table. @throws Error when a server fails */
export async function memory({root, keys = 1_000_000}: MemoryOptions): Promise<void> {
  console.log(
    `Node ${process.versions.node}, ${keys.toLocaleString('en-US')} keys of ${KEY_BYTES} B with values of ${VALUE_BYTES} B\n`,
  )
  console.log('| server | RSS per key | longest stall loading | longest stall reading |')
  console.log('|---|---:|---:|---:|')
  const perKey: number[] = []
  for (const competitor of ['engine', 'redis'] as const) {
    const server = await startBenchServer(competitor, root)
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
  const connection = await RespConnection.open({host: '127.0.0.1', port: server.port})
  const load = (): Promise<void> => inBatches(connection, keys, (key) => ['SET', key, value])
  const loadStallMs = await worstWait(server.port, load)
  const rssPerKey = (server.rssBytes() - before) / keys
  const readStallMs = await worstWait(server.port, () => inBatches(connection, keys, (key) => ['GET', key]))
  connection.close()
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
