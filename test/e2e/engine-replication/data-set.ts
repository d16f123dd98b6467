/** All that a server holds, key by key, in a form that does not depend on the server: what a replica and its primary must share. */
import {RespConnection, RespError, type RespTarget, type RespValue} from '../../support/resp.js'
import {until} from '../../support/until.js'

/** The databases that the tests write to. */
const DATABASES = [0, 1]
const SCAN_COUNT = 2000
const TIMEOUT_MS = 30_000

/** `db key` to type, value and the unix time in ms at which it expires (-1: never). */
export type DataSet = ReadonlyMap<string, string>

const READ: Readonly<Record<string, (key: string) => readonly (string | number)[]>> = {
  string: (key) => ['GET', key],
  list: (key) => ['LRANGE', key, 0, -1],
  hash: (key) => ['HGETALL', key],
  set: (key) => ['SMEMBERS', key],
  zset: (key) => ['ZRANGE', key, 0, -1, 'WITHSCORES'],
}

export async function readDataSet(target: RespTarget): Promise<DataSet> {
  const connection = await RespConnection.open(target, TIMEOUT_MS)
  const all = new Map<string, string>()
  try {
    for (const db of DATABASES) {
      await connection.call('SELECT', db)
      for (const [key, value] of await readDatabase(connection)) all.set(`${db} ${key}`, value)
    }
  } finally {
    connection.close()
  }
  return all
}

async function readDatabase(connection: RespConnection): Promise<Map<string, string>> {
  const all = new Map<string, string>()
  const keys = new Set<string>()
  let cursor = '0'
  do {
    const [next, found] = (await connection.call('SCAN', cursor, 'COUNT', SCAN_COUNT)) as [string, string[]]
    cursor = next
    for (const key of found) keys.add(key)
  } while (cursor !== '0')
  const names = [...keys]
  const types = await connection.pipeline(names.map((key) => ['TYPE', key]))
  const present = names.map((key, at) => ({key, type: String(types[at])})).filter(({type}) => type !== 'none')
  const replies = await connection.pipeline(present.flatMap(({key, type}) => [READ[type]!(key), ['PEXPIRETIME', key]]))
  for (const [at, {key, type}] of present.entries()) {
    const [value, expireAtMs] = replies.slice(at * 2)
    all.set(key, `${type} ${String(expireAtMs)} ${canonical(type, value!)}`)
  }
  return all
}

/** Sets and hashes have no order: each server tells them in its own. */
function canonical(type: string, value: RespValue | RespError): string {
  if (value instanceof RespError) return `error ${value.message}`
  if (type === 'set') return JSON.stringify([...(value as string[])].sort())
  if (type !== 'hash') return JSON.stringify(value)
  const words = value as string[]
  const fields = words.flatMap((field, at) => (at % 2 === 0 ? [[field, words[at + 1]]] : []))
  return JSON.stringify(fields.sort())
}

/** Waits until all hold the same, expiry times included, which is soon after they have the same offset. */
export async function untilSameData(first: RespTarget, ...others: readonly RespTarget[]): Promise<DataSet> {
  let wrong = ''
  try {
    return await until(
      async () => {
        const expected = await readDataSet(first)
        for (const other of others) {
          wrong = difference(expected, await readDataSet(other))
          if (wrong !== '') return false
        }
        return expected
      },
      {timeoutMs: TIMEOUT_MS, what: 'equal data sets'},
    )
  } catch (error) {
    throw new Error(`the data sets differ: ${wrong}`, {cause: error})
  }
}

function difference(expected: DataSet, found: DataSet): string {
  const lines = [
    ...[...expected].filter(([key]) => !found.has(key)).map(([key, value]) => `missing ${key}: ${value}`),
    ...[...found].filter(([key]) => !expected.has(key)).map(([key, value]) => `too much ${key}: ${value}`),
    ...[...expected]
      .filter(([key, value]) => found.has(key) && found.get(key) !== value)
      .map(([key, value]) => `changed ${key}: ${value.slice(0, 200)} -> ${found.get(key)!.slice(0, 200)}`),
  ]
  return lines.slice(0, 5).join('\n')
}
