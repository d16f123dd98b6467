/** Do two nodes hold the same value under a key? Without DEBUG, which is off by default. */
import {errorCode} from '../../../model/redis-error.js'
import {replyOf} from '../../error.js'
import type {NodeClient, Reply} from '../../ports.js'
import {listReply, textReply} from '../../reply.js'

/** A DUMP payload ends with the writer's RDB version (2 bytes) and a checksum (8): they tell nothing about the value. */
const FOOTER_BYTES = 10

/** What a node says of a key that it does not have, or not any more. */
const ELSEWHERE = new Set(['MOVED', 'ASK', 'TRYAGAIN'])

/** What TYPE says of a key that is gone. */
const GONE = 'none'

export interface Ends {
  readonly source: NodeClient
  readonly target: NodeClient
  /** The slots are not on their way from one to the other. */
  readonly settled?: boolean
}

/**
 * Those of `keys` that both nodes have, with different values; times to live are not compared. Payloads (DUMP) are compared
 * first. The same value can have many payloads (another server version, another order of a set's members), so where they
 * differ the members are compared. Values of modules count as different then.
 */
export async function differingKeys(ends: Ends, keys: readonly Uint8Array[]): Promise<Uint8Array[]> {
  const {settled = false} = ends
  const source: Side = {node: ends.source, settled}
  const target: Side = {node: ends.target, settled}
  const [here, there] = await Promise.all([dump(source, keys), dump(target, keys)])
  const doubtful = keys.filter((_, index) => payloadsDiffer(here[index]!, there[index]!))
  if (doubtful.length === 0) return []
  const [left, right] = await Promise.all([members(source, doubtful), members(target, doubtful)])
  return doubtful.filter((_, index) => valuesDiffer(left[index]!, right[index]!))
}

interface Side {
  readonly node: NodeClient
  readonly settled: boolean
}

async function dump(side: Side, keys: readonly Uint8Array[]): Promise<(Buffer | null)[]> {
  const commands = keys.map((key) => ['DUMP', key])
  return (await ask(side, commands)).map((reply) => (Buffer.isBuffer(reply) ? reply : null))
}

function payloadsDiffer(here: Buffer | null, there: Buffer | null): boolean {
  if (here === null || there === null) return false
  return !here.subarray(0, -FOOTER_BYTES).equals(there.subarray(0, -FOOTER_BYTES))
}

function valuesDiffer(here: string | null, there: string | null): boolean {
  // One that expired since its payload was read is no conflict any more.
  if (here === GONE || there === GONE) return false
  return here === null || here !== there
}

/** Type and members in an order that is the same on every node; `null` when there is no such order. */
async function members(side: Side, keys: readonly Uint8Array[]): Promise<(string | null)[]> {
  const {node} = side
  const asked = keys.map((key) => ['TYPE', key])
  const types = (await ask(side, asked)).map((reply) => (reply === null ? GONE : textReply(reply, node)))
  const readable = types.flatMap((type, index) => {
    const reader = READERS.get(type)
    return reader === undefined ? [] : [{index, reader, command: reader.command(keys[index]!)}]
  })
  const replies = await ask(
    side,
    readable.map(({command}) => command),
  )
  const found: (string | null)[] = types.map((type) => (type === GONE ? GONE : null))
  for (const [number, {index, reader}] of readable.entries()) {
    const reply = replies[number] ?? null
    found[index] = reply === null ? GONE : `${types[index]!} ${reader.canonical(reply, node)}`
  }
  return found
}

interface Reader {
  command(key: Uint8Array): readonly (string | number | Uint8Array)[]
  canonical(reply: Reply, node: NodeClient): string
}

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['string', {command: (key) => ['GET', key], canonical: (reply) => written(reply)}],
  ['list', {command: (key) => ['LRANGE', key, 0, -1], canonical: (reply) => written(reply)}],
  ['set', {command: (key) => ['SMEMBERS', key], canonical: (reply, node) => sorted(listReply(reply, node))}],
  ['hash', {command: (key) => ['HGETALL', key], canonical: (reply, node) => sorted(pairs(reply, node))}],
  [
    'zset',
    {command: (key) => ['ZRANGE', key, 0, -1, 'WITHSCORES'], canonical: (reply, node) => sorted(pairs(reply, node))},
  ],
  ['stream', {command: (key) => ['XINFO', 'STREAM', key, 'FULL', 'COUNT', 0], canonical: stream}],
])

/** The entries and what consumer groups know of them; not how the server stores it. */
function stream(reply: Reply, node: NodeClient): string {
  const whole = fields(reply, node)
  const groups = listReply(whole.get('groups') ?? [], node).map((group) => {
    const parts = fields(group, node)
    return ['name', 'last-delivered-id', 'pel'].map((name) => parts.get(name) ?? null)
  })
  return written([whole.get('last-generated-id') ?? null, whole.get('entries') ?? null, ...groups])
}

function fields(reply: Reply, node: NodeClient): ReadonlyMap<string, Reply> {
  return new Map(pairs(reply, node).map(([name, value]) => [String(name), value]))
}

function pairs(reply: Reply, node: NodeClient): [Reply, Reply][] {
  const list = listReply(reply, node)
  return list.filter((_, index) => index % 2 === 0).map((first, index) => [first, list[index * 2 + 1] ?? null])
}

function sorted(replies: readonly Reply[]): string {
  return replies.map(written).sort().join(' ')
}

/** As text in which any byte survives, and no two replies are written alike. */
function written(reply: Reply): string {
  if (Array.isArray(reply)) return `[${(reply as readonly Reply[]).map(written).join(' ')}]`
  return JSON.stringify(Buffer.isBuffer(reply) ? reply.toString('latin1') : reply)
}

/**
 * ASKING: a slot that is on its way answers only who asks for it. A key that is elsewhere counts as absent; any other error is
 * thrown, for a node that does not answer proves nothing.
 */
async function ask(
  {node, settled}: Side,
  commands: readonly (readonly (string | number | Uint8Array)[])[],
): Promise<(Reply | null)[]> {
  const sent = settled ? commands : commands.flatMap((command) => [['ASKING'], command])
  const replies = (await node.pipeline(sent, {bytes: true})).filter((_, index) => settled || index % 2 === 1)
  return replies.map((reply) => {
    if (!(reply instanceof Error)) return reply
    if (ELSEWHERE.has(errorCode(replyOf(reply)))) return null
    throw reply
  })
}
