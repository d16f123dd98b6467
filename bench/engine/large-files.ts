/** Files of more than 2 GiB, which no single read of Node gives: an engine node writes and loads an RDB file and an AOF. */
import {readdirSync, statSync} from 'node:fs'
import path from 'node:path'
import {RespConnection} from '../../test/support/resp.js'
import {until} from '../../test/support/until.js'
import {startBenchServer} from './bench-servers.js'

export interface LargeFilesOptions {
  /** The project's folder, where the program was built. */
  readonly root: string
}

const MIB = 1024 * 1024
const KEYS = 23
const VALUE_BYTES = 100 * MIB
/** As many fields, in a hash that is itself no small part of the file. */
const FIELDS = 500_000
const BATCH = 500
const FIELD_VALUE = 'v'.repeat(200)
const MOST_MS = 600_000

/** Takes some 3 GB of memory and 5 GB of disk. Prints a table. @throws Error when data were lost */
export async function largeFiles({root}: LargeFilesOptions): Promise<void> {
  const server = await startBenchServer('engine', root, {
    'enable-debug-command': 'yes',
    // What is the same all over would be a small file.
    rdbcompression: 'no',
    'aof-use-rdb-preamble': 'no',
  })
  const connection = await RespConnection.open({host: '127.0.0.1', port: server.port}, MOST_MS)
  const timed = async (what: string, file: () => string, work: () => Promise<unknown>): Promise<void> => {
    const startedMs = performance.now()
    await work()
    const seconds = (performance.now() - startedMs) / 1000
    await mustHoldAll(connection)
    const mib = statSync(file()).size / MIB
    console.log(
      `| ${what} | ${mib.toFixed(0)} MiB | ${seconds.toFixed(1)} s | ${(server.rssBytes() / MIB).toFixed(0)} MiB |`,
    )
  }
  try {
    await fill(connection)
    console.log('| | file | time | memory |\n|---|---:|---:|---:|')
    const rdb = (): string => path.join(server.directory, 'dump.rdb')
    await timed('BGSAVE', rdb, () => background(connection, ['BGSAVE'], 'rdb_bgsave_in_progress'))
    await timed('load it', rdb, () => mustBeOk(connection, ['DEBUG', 'RELOAD', 'NOSAVE']))
    const aof = (): string => largestIn(path.join(server.directory, 'appendonlydir'))
    await timed('AOF of commands', aof, () =>
      background(connection, ['CONFIG', 'SET', 'appendonly', 'yes'], 'aof_rewrite_in_progress'),
    )
    await timed('load it', aof, () => mustBeOk(connection, ['DEBUG', 'LOADAOF']))
    await mustBeOk(connection, ['CONFIG', 'SET', 'aof-use-rdb-preamble', 'yes'])
    await timed('AOF that begins as an RDB file', aof, () =>
      background(connection, ['BGREWRITEAOF'], 'aof_rewrite_in_progress'),
    )
    await timed('load it', aof, () => mustBeOk(connection, ['DEBUG', 'LOADAOF']))
  } finally {
    connection.close()
    server.stop()
  }
}

async function fill(connection: RespConnection): Promise<void> {
  for (let key = 0; key < KEYS; key++) {
    await connection.call('SETRANGE', `large:${key}`, String(VALUE_BYTES - 4), String(1000 + key))
  }
  for (let from = 0; from < FIELDS; from += BATCH) {
    const words = Array.from({length: BATCH}, (_, offset) => [`field:${from + offset}`, FIELD_VALUE]).flat()
    await connection.call('HSET', 'hash', ...words)
  }
}

/** The last bytes of every value, and the hash's size. */
async function mustHoldAll(connection: RespConnection): Promise<void> {
  for (let key = 0; key < KEYS; key++) {
    const end = await connection.call('GETRANGE', `large:${key}`, '-4', '-1')
    if (String(end) !== String(1000 + key)) throw new Error(`large:${key} ends with ${String(end)}`)
  }
  const fields = await connection.call('HLEN', 'hash')
  if (fields !== FIELDS) throw new Error(`the hash has ${String(fields)} fields`)
}

async function mustBeOk(connection: RespConnection, words: readonly string[]): Promise<void> {
  const reply = String(await connection.call(...words))
  if (reply !== 'OK') throw new Error(`${words.join(' ')} says: ${reply}`)
}

async function background(connection: RespConnection, words: readonly string[], field: string): Promise<void> {
  await connection.call(...words)
  const isOver = async (): Promise<boolean> =>
    String(await connection.call('INFO', 'persistence')).includes(`${field}:0`)
  await until(isOver, {timeoutMs: MOST_MS, what: `${words.join(' ')} to be over`})
}

function largestIn(folder: string): string {
  const bySize = readdirSync(folder)
    .map((name) => path.join(folder, name))
    .sort((a, b) => statSync(b).size - statSync(a).size)
  return bySize[0]!
}
