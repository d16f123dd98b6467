/** Atomic slot migrations as an operator drives them: begin, watch, hold still for a look. */
import {command, type RespTarget, type RespValue} from '../../support/resp.js'
import {until} from '../../support/until.js'

export type Fields = ReadonlyMap<string, string>

const PATIENCE_MS = 20_000

export async function idOf(node: RespTarget): Promise<string> {
  return String(await command(node, 'CLUSTER', 'MYID'))
}

/** CLUSTER GETSLOTMIGRATIONS, newest first. */
export async function jobsOf(node: RespTarget): Promise<Fields[]> {
  return ((await command(node, 'CLUSTER', 'GETSLOTMIGRATIONS')) as readonly RespValue[]).map((row) => {
    const words = (row as readonly RespValue[]).map(String)
    return new Map(words.flatMap((word, at) => (at % 2 === 0 ? [[word, words[at + 1]!] as const] : [])))
  })
}

/** Waits until the newest job, or the newest of this operation, is in this state. @returns its message */
export async function untilState(node: RespTarget, state: string, operation?: 'EXPORT' | 'IMPORT'): Promise<string> {
  let seen = ''
  const job = await until(
    async () => {
      const newest = (await jobsOf(node)).find((each) => operation === undefined || each.get('operation') === operation)
      seen = `${newest?.get('state')} ${newest?.get('message')}`
      return newest?.get('state') === state && newest
    },
    {timeoutMs: PATIENCE_MS, what: `the migration on ${node.port} to be in state ${state}`},
  ).catch((error: unknown) => {
    throw new Error(`${(error as Error).message}; it is: ${seen}`, {cause: error})
  })
  return job.get('message') ?? ''
}

/** `ranges`: `3300 3310`. */
export async function beginMigration(source: RespTarget, ranges: string, target: RespTarget): Promise<void> {
  const words = ['CLUSTER', 'MIGRATESLOTS', 'SLOTSRANGE', ...ranges.split(' '), 'NODE', await idOf(target)]
  await command(source, ...words)
}

export async function migrate(source: RespTarget, ranges: string, target: RespTarget): Promise<void> {
  await beginMigration(source, ranges, target)
  // The source may be the target of another one.
  await untilState(source, 'success', 'EXPORT')
}

/** The target has everything, and does not take over. */
export async function holdFailover(target: RespTarget, isHeld: boolean): Promise<void> {
  await command(target, 'DEBUG', 'SLOTMIGRATION', 'PREVENT-FAILOVER', isHeld ? 1 : 0)
}

/** Everything that tells a client of keys without naming one. */
export async function visibleKeys(node: RespTarget): Promise<Readonly<Record<string, RespValue>>> {
  return {
    size: await command(node, 'DBSIZE'),
    keys: await command(node, 'KEYS', '*'),
    scanned: ((await command(node, 'SCAN', 0, 'COUNT', 1000)) as readonly RespValue[])[1]!,
    random: await command(node, 'RANDOMKEY'),
    info: String(await command(node, 'INFO', 'keyspace')).trim(),
  }
}

/** The error of a command; its reply when there is none. */
export async function answerTo(node: RespTarget, ...words: readonly (string | number)[]): Promise<string> {
  try {
    return JSON.stringify(await command(node, ...words))
  } catch (error) {
    return (error as Error).message
  }
}
