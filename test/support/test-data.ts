/** Keys of every type in a cluster, and all that it holds read back: to prove that an operation lost and changed nothing. */
import {slotOf} from '../../src/model/slot.js'
import {SlotSet} from '../../src/model/slot-set.js'
import {clusterNodes} from './quick-cluster.js'
import {RespConnection, RespError, type RespTarget, type RespValue} from './resp.js'

export type KeyType = 'string' | 'list' | 'hash' | 'set' | 'zset' | 'stream'

export const KEY_TYPES: readonly KeyType[] = ['string', 'list', 'hash', 'set', 'zset', 'stream']

export interface FillOptions {
  /** Length of each value. Default 16. */
  readonly valueBytes?: number
  /** The types in turn. Default all six, or what the server has of them: the engine has no streams. */
  readonly types?: readonly KeyType[]
  /** Names are `<prefix><number>`; put a `{tag}` here to fill one slot. Default `key:`. */
  readonly prefix?: string
  /** Every so many keys one expires, in an hour. Default 10; 0 for never. */
  readonly expireEvery?: number
}

type Command = readonly (string | number)[]

const BATCH = 500
const SCAN_COUNT = 1000
const EXPIRE_SECONDS = 3600
const MEMBERS = 3

/** Anything with nodes to ask: a QuickCluster's `nodes`, a list of targets, or one server that is not in cluster mode. */
export type Targets = Iterable<RespTarget>

/** Writes `count` keys, each to the owner of its slot, and returns their names. @throws RespError of the first refused write. */
export async function fillKeys(targets: Targets, count: number, options: FillOptions = {}): Promise<string[]> {
  const {valueBytes = 16, prefix = 'key:', expireEvery = 10} = options
  const primaries = await openPrimaries(targets)
  try {
    const types = options.types ?? (await typesOf(primaries.connections[0]))
    const keys = Array.from({length: count}, (_, index) => `${prefix}${index}`)
    const commands = new Map<RespConnection, Command[]>()
    for (const [index, key] of keys.entries()) {
      const owner = primaries.ownerOf(key)
      const queue = commands.get(owner) ?? []
      commands.set(owner, queue)
      queue.push(writeCommand(types[index % types.length]!, key, valueOf(index, valueBytes)))
      if (expireEvery > 0 && index % expireEvery === 0) queue.push(['EXPIRE', key, EXPIRE_SECONDS])
    }
    await Promise.all([...commands].map(([owner, queue]) => sendAll(owner, queue)))
    return keys
  } finally {
    primaries.close()
  }
}

/** The types of keys that a server has. */
export async function keyTypesOf(target: RespTarget): Promise<readonly KeyType[]> {
  const connection = await RespConnection.open(target)
  try {
    return await typesOf(connection)
  } finally {
    connection.close()
  }
}

async function typesOf(connection: RespConnection | undefined): Promise<readonly KeyType[]> {
  const [xadd] = ((await connection?.call('COMMAND', 'INFO', 'XADD')) ?? [null]) as RespValue[]
  return xadd === null ? KEY_TYPES.filter((type) => type !== 'stream') : KEY_TYPES
}

/**
 * Every key of every primary with its type, its value and whether it expires, in a form that does not depend on the node. A key
 * that two primaries hold appears once for each.
 */
export async function digest(targets: Targets): Promise<Map<string, string>> {
  const primaries = await openPrimaries(targets)
  try {
    const all = new Map<string, string>()
    const parts = await Promise.all(primaries.connections.map(readAll))
    for (const [key, value] of parts.flatMap((part) => [...part])) {
      all.set(all.has(key) ? `${key} (held twice)` : key, value)
    }
    return all
  } finally {
    primaries.close()
  }
}

/** What is missing, new or changed, one line each, at most ten; empty when nothing is. */
export function differences(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const lost = [...before.keys()].filter((key) => !after.has(key)).map((key) => `lost: ${key}`)
  const added = [...after.keys()].filter((key) => !before.has(key)).map((key) => `new: ${key}`)
  const changed = [...before]
    .filter(([key, value]) => after.has(key) && after.get(key) !== value)
    .map(([key, value]) => `changed: ${key}: ${value.slice(0, 80)} -> ${after.get(key)!.slice(0, 80)}`)
  return [...lost, ...added, ...changed].slice(0, 10)
}

interface Primary {
  readonly connection: RespConnection
  readonly slots: SlotSet
}

interface Primaries {
  readonly connections: readonly RespConnection[]
  ownerOf(key: string): RespConnection
  close(): void
}

async function openPrimaries(targets: Targets): Promise<Primaries> {
  const asked = await Promise.all([...targets].map(openPrimary))
  const primaries = asked.filter((primary) => primary !== undefined)
  const connections = primaries.map(({connection}) => connection)
  return {
    connections,
    ownerOf(key) {
      const slot = slotOf(Buffer.from(key))
      const owner = primaries.find(({slots}) => slots.has(slot))
      if (owner === undefined) throw new Error(`no node given owns slot ${slot} of ${key}`)
      return owner.connection
    },
    close: () => connections.forEach((connection) => connection.close()),
  }
}

/** Replicas, and nodes that a test has killed, are passed over. */
async function openPrimary(target: RespTarget): Promise<Primary | undefined> {
  const connection = await RespConnection.open(target, 30_000).catch(() => undefined)
  if (connection === undefined) return undefined
  const slots = await slotsOf(connection)
  if (slots === undefined) connection.close()
  return slots && {connection, slots}
}

/** A server that is not in cluster mode takes every key; a replica takes none, which is `undefined`. */
async function slotsOf(connection: RespConnection): Promise<SlotSet | undefined> {
  const lines = await clusterNodes(connection).catch((error: unknown) => {
    if (error instanceof RespError && error.message.includes('cluster support disabled')) return null
    throw error
  })
  if (lines === null) return SlotSet.ALL
  const self = lines.find(({flags}) => flags.has('myself'))
  return self?.primaryId === null ? self.slots : undefined
}

async function sendAll(connection: RespConnection, commands: readonly Command[]): Promise<void> {
  for (let first = 0; first < commands.length; first += BATCH) {
    const replies = await connection.pipeline(commands.slice(first, first + BATCH))
    const refused = replies.find((reply) => reply instanceof RespError)
    if (refused !== undefined) throw refused
  }
}

function valueOf(index: number, bytes: number): string {
  return `${index}:`.padEnd(bytes, 'abcdefghijklmnopqrstuvwxyz').slice(0, Math.max(1, bytes))
}

function writeCommand(type: KeyType, key: string, value: string): Command {
  const members = Array.from({length: MEMBERS}, (_, index) => `${index}-${value}`)
  switch (type) {
    case 'string':
      return ['SET', key, value]
    case 'list':
      return ['RPUSH', key, ...members]
    case 'hash':
      return ['HSET', key, ...members.flatMap((member, index) => [`field${index}`, member])]
    case 'set':
      return ['SADD', key, ...members]
    case 'zset':
      return ['ZADD', key, ...members.flatMap((member, index) => [index + 0.5, member])]
    case 'stream':
      return ['XADD', key, '1-1', 'field', value]
  }
}

async function readAll(connection: RespConnection): Promise<Map<string, string>> {
  const all = new Map<string, string>()
  let cursor = '0'
  do {
    const [next, keys] = (await connection.call('SCAN', cursor, 'COUNT', SCAN_COUNT)) as [string, string[]]
    cursor = next
    const found = [...new Set(keys)].filter((key) => !all.has(key))
    const kinds = await connection.pipeline(found.flatMap((key) => [['TYPE', key] as const, ['TTL', key] as const]))
    const values = await connection.pipeline(found.map((key, index) => readCommand(String(kinds[index * 2]), key)))
    for (const [index, key] of found.entries()) {
      const type = String(kinds[index * 2])
      const expires = Number(kinds[index * 2 + 1]) >= 0 ? 'expires' : 'stays'
      all.set(key, `${type} ${expires} ${canonical(type, values[index]!)}`)
    }
  } while (cursor !== '0')
  return all
}

function readCommand(type: string, key: string): Command {
  switch (type) {
    case 'string':
      return ['GET', key]
    case 'list':
      return ['LRANGE', key, 0, -1]
    case 'hash':
      return ['HGETALL', key]
    case 'set':
      return ['SMEMBERS', key]
    case 'zset':
      return ['ZRANGE', key, 0, -1, 'WITHSCORES']
    case 'stream':
      return ['XRANGE', key, '-', '+']
    default:
      return ['DUMP', key]
  }
}

/** Sets and hashes have no order: each node tells them in its own. */
function canonical(type: string, value: RespValue | RespError): string {
  if (value instanceof RespError) return `error ${value.message}`
  if (type === 'set') return JSON.stringify([...(value as string[])].sort())
  if (type === 'hash') {
    const words = value as string[]
    return JSON.stringify(
      words
        .filter((_, index) => index % 2 === 0)
        .map((field, index) => [field, words[index * 2 + 1]!])
        .sort(),
    )
  }
  return JSON.stringify(value)
}
