/** Values of every type and encoding, in slots of one's choice, and what the nodes say of them: equal before and after a journey. */
import {slotOf} from '../../../src/model/slot.js'
import {clusterNodes} from '../../support/quick-cluster.js'
import {RespConnection, RespError, type RespTarget} from '../../support/resp.js'

type Command = readonly (string | number)[]

/** Every byte there is, as a text of one character each. */
const EVERY_BYTE = String.fromCharCode(...Array.from({length: 256}, (_, code) => code))
const BIG_BYTES = 300_000
const AN_HOUR_MS = 3_600_000
const MOST_DELAY_MS = 10_000

/** `count` times what `make` makes of a number. */
function many<T>(count: number, make: (index: number) => readonly T[]): T[] {
  return Array.from({length: count}, (_, index) => make(index)).flat()
}

/** One command for each key: the name says what it makes, the tag where it lies. */
function commandsFor(tag: string): Command[] {
  const key = (name: string): string => `{${tag}}${name}`
  return [
    ['SET', key('string:int'), -9_007_199_254],
    ['SET', key('string:embstr'), 'a short text'],
    ['SET', key('string:raw'), 'long '.repeat(50)],
    ['SET', key('string:bytes'), EVERY_BYTE],
    ['SET', key('string:empty'), ''],
    ['SET', key('string:big'), 'incompressible-not '.repeat(BIG_BYTES / 19)],
    ['SET', key(`name of ${EVERY_BYTE}`), 'binary key'],
    ['SET', key('string:expiring'), 'soon', 'PX', AN_HOUR_MS],
    ['SETBIT', key('bitmap'), 12_345, 1],
    ['PFADD', key('hyperloglog'), ...many(300, (index) => [`visitor ${index}`])],
    ['RPUSH', key('list:small'), 1, 'two', EVERY_BYTE],
    ['RPUSH', key('list:long'), ...many(2000, (index) => [`item ${index}`])],
    ['RPUSH', key('list:big'), 'x'.repeat(20_000), 'small'],
    ['SADD', key('set:intset'), ...many(40, (index) => [index * 70_000 - 9])],
    ['SADD', key('set:listpack'), 'a', 'b', 'c', EVERY_BYTE],
    ['SADD', key('set:hashtable'), ...many(600, (index) => [`member ${index}`])],
    ['HSET', key('hash:listpack'), 'field', 'value', 'number', 5, EVERY_BYTE, EVERY_BYTE],
    ['HSET', key('hash:hashtable'), ...many(600, (index) => [`field ${index}`, index])],
    ['HSET', key('hash:long'), 'field', 'v'.repeat(500)],
    ['ZADD', key('zset:listpack'), '-inf', 'low', 1.5, 'a', 1.5, EVERY_BYTE, '+inf', 'high'],
    ['ZADD', key('zset:skiplist'), ...many(600, (index) => [index / 8 - 20, `member ${index}`])],
    ['GEOADD', key('geo'), 13.361389, 38.115556, 'Palermo', 15.087269, 37.502669, 'Catania'],
    ['PEXPIRE', key('set:hashtable'), AN_HOUR_MS],
    ['PEXPIRE', key('list:long'), 2 * AN_HOUR_MS],
    ['PEXPIRE', key('zset:listpack'), 3 * AN_HOUR_MS],
  ]
}

/** A tag whose keys lie in this slot. */
export function tagOf(slot: number): string {
  for (let number = 0; ; number++) if (slotOf(Buffer.from(String(number))) === slot) return String(number)
}

/** Writes one value of every kind into each of the slots. @throws RespError of the first write that is refused */
export async function writeEveryValue(nodes: Iterable<RespTarget>, slots: readonly number[]): Promise<void> {
  await withOwners(nodes, async (ownerOf) => {
    for (const slot of slots) {
      const replies = await ownerOf(slot).pipeline(commandsFor(tagOf(slot)))
      const refused = replies.find((reply) => reply instanceof RespError)
      if (refused !== undefined) throw refused
    }
  })
}

/** What a node says of one key. */
export interface SeenValue {
  readonly type: string
  /** Unix ms; -1 for never. */
  readonly expiresAtMs: number
  /**
   * The server's own fingerprint (DEBUG DIGEST-VALUE): the same in every server, whatever encoding it has chosen; but of scores only if
   * they are written alike with 17 digits and with the fewest.
   */
  readonly digest: string
}

/** Of every key in these slots what the slot's owner says. */
export async function readEveryValue(
  nodes: Iterable<RespTarget>,
  slots: readonly number[],
): Promise<ReadonlyMap<string, SeenValue>> {
  const found = new Map<string, SeenValue>()
  await withOwners(nodes, async (ownerOf) => {
    for (const slot of slots) {
      const owner = ownerOf(slot)
      const keys = (await owner.call('CLUSTER', 'GETKEYSINSLOT', slot, 10_000)) as string[]
      const questions = keys.flatMap((key) => [
        ['TYPE', key],
        ['PEXPIRETIME', key],
        ['DEBUG', 'DIGEST-VALUE', key],
      ])
      const answers = await owner.pipeline(questions)
      for (const [index, key] of keys.entries()) {
        const [type, expiresAtMs, digest] = answers.slice(index * 3)
        found.set(key, {type: String(type), expiresAtMs: Number(expiresAtMs), digest: String(digest)})
      }
    }
  })
  return found
}

/**
 * What is missing, new or changed, one line each; empty when nothing is. MIGRATE sends the time that is left: what its way takes is added, and
 * either server may count from the beginning of its turn.
 */
export function changes(before: ReadonlyMap<string, SeenValue>, after: ReadonlyMap<string, SeenValue>): string[] {
  const all = new Set([...before.keys(), ...after.keys()])
  return [...all].flatMap((key) => {
    const [was, is] = [before.get(key), after.get(key)]
    if (was === undefined || is === undefined) return [`${was === undefined ? 'new' : 'lost'}: ${key}`]
    const delayMs = is.expiresAtMs - was.expiresAtMs
    const isSame = was.type === is.type && was.digest === is.digest && Math.abs(delayMs) < MOST_DELAY_MS
    return isSame ? [] : [`changed: ${key}: ${JSON.stringify(was)} -> ${JSON.stringify(is)}`]
  })
}

/** Connections to the primaries, by what each says of its own slots. */
async function withOwners(
  nodes: Iterable<RespTarget>,
  work: (ownerOf: (slot: number) => RespConnection) => Promise<void>,
): Promise<void> {
  const connections = await Promise.all([...nodes].map((node) => RespConnection.open(node)))
  try {
    const selves = await Promise.all(
      connections.map(async (connection) => {
        const self = (await clusterNodes(connection)).find(({flags}) => flags.has('myself'))!
        return {connection, slots: self.slots}
      }),
    )
    await work((slot) => {
      const owner = selves.find(({slots}) => slots.has(slot))
      if (owner === undefined) throw new Error(`nobody owns slot ${slot}`)
      return owner.connection
    })
  } finally {
    for (const connection of connections) connection.close()
  }
}
