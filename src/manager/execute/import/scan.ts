/** The keys of a database, read ahead: the next page is asked for while the one before is on its way. */
import type {NodeClient} from '../../ports.js'
import {listReply, unexpected} from '../../reply.js'

/** As redis-cli asks for them: a page costs the server less than a millisecond. */
export const KEYS_PER_PAGE = 1_000

/** Pages are gathered until each owner has about this many keys, so that many owners do not mean many small batches. */
const KEYS_PER_OWNER = 300
const MOST_KEYS_GATHERED = 20_000

/**
 * Every key that is there from the first page to the last; SCAN may return some of them twice, and those that come or go
 * meanwhile or not (https://redis.io/docs/latest/commands/scan/). Keys are bytes and cursors 64-bit: neither is ever a number.
 * @param client a connection of its own, with the database selected: its answers must not wait behind a MIGRATE
 */
export async function* scanKeys(client: NodeClient): AsyncGenerator<readonly Uint8Array[]> {
  let ahead: Promise<Page> | undefined = readPage(client, '0')
  while (ahead !== undefined) {
    const {keys, cursor}: Page = await ahead
    ahead = cursor === '0' ? undefined : readPage(client, cursor)
    // An error surfaces where it is awaited; until then it must not count as unhandled.
    ahead?.catch(() => undefined)
    if (keys.length > 0) yield keys
  }
}

/** Pages together, each key once. */
export async function* gather(
  pages: AsyncIterable<readonly Uint8Array[]>,
  owners: number,
): AsyncGenerator<readonly Uint8Array[]> {
  const enough = Math.min(MOST_KEYS_GATHERED, owners * KEYS_PER_OWNER)
  let gathered = new Map<string, Uint8Array>()
  for await (const page of pages) {
    for (const key of page) gathered.set(Buffer.from(key).toString('latin1'), key)
    if (gathered.size < enough) continue
    yield [...gathered.values()]
    gathered = new Map()
  }
  if (gathered.size > 0) yield [...gathered.values()]
}

interface Page {
  readonly keys: readonly Uint8Array[]
  readonly cursor: string
}

async function readPage(client: NodeClient, cursor: string): Promise<Page> {
  const [next, keys] = listReply(await client.call(['SCAN', cursor, 'COUNT', KEYS_PER_PAGE], {bytes: true}), client)
  if (next === undefined || keys === undefined) throw unexpected(client)
  return {keys: listReply(keys, client).filter((key) => Buffer.isBuffer(key)), cursor: String(next)}
}
