/** Whole values of keys that are not big, many in one write. */
import type {Bytes, Digest} from '../../model/digest.js'
import {errorCode} from '../../model/redis-error.js'
import type {SlotId} from '../../model/slot.js'
import {replyOf} from '../error.js'
import type {Argument, NodeClient, Reply} from '../ports.js'
import type {KeyReader} from './key-reader.js'
import {listReply} from '../reply.js'
import {readStream} from './read-stream.js'
import {addField, digestList, digestPayload, digestString, MembersDigest, PAYLOAD_FOOTER_BYTES} from './value-digest.js'

/** A key whose value is to be read. */
export interface ValueQuestion {
  readonly slot: SlotId
  readonly key: Uint8Array
  /** The key as it is sent: see `wordOf`. */
  readonly word: Argument
  /** In TYPE's words. */
  readonly type: string
  /** False where the node names the key, but sends who asks for it to another. */
  readonly isShown: boolean
  readonly expireAtMs: number
  /** In the node's memory, about. */
  readonly bytes: number
}

/** What a command says of a key that has another type by now. */
const TYPE_CHANGED = 'WRONGTYPE'
const ELSEWHERE = new Set(['MOVED', 'ASK', 'TRYAGAIN'])

/** @returns digests in the order of `questions`; `null` for a key that is gone, elsewhere or of another type by now */
export async function readValues(
  reader: KeyReader,
  questions: readonly ValueQuestion[],
  asking: boolean,
): Promise<(Digest | null)[]> {
  const [strings, others] = [
    questions.filter(({type}) => type === 'string'),
    questions.filter(({type}) => type !== 'string'),
  ]
  const digests = new Map<ValueQuestion, Digest | null>()
  const [texts, rest] = await Promise.all([
    readStrings(reader, strings, asking),
    askNode(reader.client, others.map(commandFor), asking),
  ])
  for (const [index, question] of strings.entries()) {
    const text = texts[index]!
    digests.set(question, text === null ? null : digestString(bytesOf(text)))
  }
  for (const [index, question] of others.entries()) {
    const value = rest[index]!
    digests.set(question, value === null ? null : await collectionDigest(reader, question, value, asking))
  }
  return questions.map((question) => digests.get(question)!)
}

/** MGET, for the keys of each slot. A node that hands a slot over may not know all of them any more: then one by one. */
async function readStrings(
  {client, hasSlots}: KeyReader,
  questions: readonly ValueQuestion[],
  asking: boolean,
): Promise<(Reply | null)[]> {
  const oneByOne = (some: readonly ValueQuestion[]): Promise<(Reply | null)[]> =>
    askNode(
      client,
      some.map(({word}) => ['GET', word]),
      asking,
    )
  if (asking) return oneByOne(questions)
  const runs = hasSlots ? runsOfSlots(questions) : [questions].filter(({length}) => length > 0)
  const replies = await client.pipeline(
    runs.map((run) => ['MGET', ...run.map(({word}) => word)]),
    {bytes: true},
  )
  const found: (Reply | null)[] = []
  for (const [index, reply] of replies.entries()) {
    found.push(...(reply instanceof Error ? await oneByOne(runs[index]!) : listReply(reply, client)))
  }
  return found
}

/** Neighbours of one slot together. */
function runsOfSlots(questions: readonly ValueQuestion[]): ValueQuestion[][] {
  const runs: ValueQuestion[][] = []
  for (const question of questions) {
    if (runs.at(-1)?.[0]!.slot === question.slot) runs.at(-1)!.push(question)
    else runs.push([question])
  }
  return runs
}

function commandFor({type, word: key}: ValueQuestion): Argument[] {
  switch (type) {
    case 'list':
      return ['LRANGE', key, 0, -1]
    case 'set':
      return ['SMEMBERS', key]
    case 'hash':
      return ['HGETALL', key]
    case 'zset':
      return ['ZRANGE', key, 0, -1, 'WITHSCORES']
    case 'stream':
      return ['XLEN', key]
    default:
      return ['DUMP', key]
  }
}

/** An empty collection does not exist: a reply without members says that the key is gone. */
async function collectionDigest(
  reader: KeyReader,
  question: ValueQuestion,
  reply: Reply,
  asking: boolean,
): Promise<Digest | null> {
  const items = Array.isArray(reply) ? (reply as readonly Reply[]).map(bytesOf) : undefined
  if (items?.length === 0) return null
  switch (question.type) {
    case 'list':
      return digestList(items ?? [])
    case 'set':
      return membersOf('set', items ?? []).finish()
    case 'zset':
      return scoresInto(new MembersDigest('zset'), items ?? []).finish()
    case 'hash': {
      const hash = new MembersDigest('hash')
      await fieldsInto(reader, hash, question.word, items ?? [], asking)
      return hash.finish()
    }
    case 'stream':
      return readStream(reader.client, question.word, asking)
    default:
      return Buffer.isBuffer(reply) ? digestPayload(reply, PAYLOAD_FOOTER_BYTES) : null
  }
}

export function membersOf(type: 'set', items: readonly Bytes[]): MembersDigest {
  const members = new MembersDigest(type)
  for (const item of items) members.add(item)
  return members
}

/** @param items members and scores in turn */
export function scoresInto(members: MembersDigest, items: readonly Bytes[]): MembersDigest {
  for (let at = 0; at + 1 < items.length; at += 2) members.add(items[at]!, numberOf(items[at + 1]!))
  return members
}

/** @param items fields and values in turn; fields can have times of their own to live */
export async function fieldsInto(
  reader: KeyReader,
  hash: MembersDigest,
  key: Argument,
  items: readonly Bytes[],
  asking: boolean,
): Promise<void> {
  const times = reader.tellsFieldTimes ? await fieldTimes(reader.client, key, items, asking) : []
  for (let at = 0; at + 1 < items.length; at += 2) {
    const time = times[at / 2]
    addField(hash, items[at]!, items[at + 1]!, typeof time === 'number' && time > 0 ? time : undefined)
  }
}

async function fieldTimes(
  client: NodeClient,
  key: Argument,
  items: readonly Bytes[],
  asking: boolean,
): Promise<readonly Reply[]> {
  const fields = items.filter((_, index) => index % 2 === 0).map((field) => field as Uint8Array)
  const [reply] = await askNode(client, [['HPEXPIRETIME', key, 'FIELDS', fields.length, ...fields]], asking)
  return Array.isArray(reply) ? (reply as readonly Reply[]) : []
}

/** A score as any server writes it: `inf`, `1.5`, `1e+20`. */
export function numberOf(score: Bytes): number {
  const text = typeof score === 'string' ? score : Buffer.from(score).toString('latin1')
  if (/^[+-]?inf/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  return Number(text)
}

/** Bulk strings come as Buffers; numbers are written as text. */
export function bytesOf(reply: Reply): Bytes {
  return Buffer.isBuffer(reply) ? reply : String(reply)
}

/** A key that is gone, elsewhere or of another type counts as absent: `null`. Any other error is thrown. */
export async function askNode(
  client: NodeClient,
  questions: readonly (readonly Argument[])[],
  asking: boolean,
): Promise<(Reply | null)[]> {
  const sent = asking ? questions.flatMap((question) => [['ASKING'], question]) : questions
  const replies = (await client.pipeline(sent, {bytes: true})).filter((_, index) => !asking || index % 2 === 1)
  return replies.map((reply) => {
    if (!(reply instanceof Error)) return reply
    const code = errorCode(replyOf(reply))
    if (code === TYPE_CHANGED || ELSEWHERE.has(code)) return null
    throw reply
  })
}
