/** Reads keys of one node with all that a digest needs: three cheap questions about each, then the values, a MiB at a time. */
import type {Digest} from '../../model/digest.js'
import {errorCode} from '../../model/redis-error.js'
import {replyOf} from '../error.js'
import type {SlotKeys} from '../execute/migration/slot-keys.js'
import type {Argument, NodeClient, Reply} from '../ports.js'
import type {KeyReader} from './key-reader.js'
import type {KeyRecord} from './key-record.js'
import {readBigValue} from './read-big-value.js'
import {readValues, type ValueQuestion} from './read-values.js'

export interface KeyGroup {
  readonly slots: readonly SlotKeys[]
  /** The node imports these slots: it answers only after ASKING. */
  readonly asking: boolean
}

/** More at once is read in pieces. */
const BIG_BYTES = 1024 * 1024
const QUESTIONS = 3

/** A value that cannot be read the first time was just changed: whoever does that is done at the next. */
const TRIES = 3

/**
 * Those of the keys that are there. A key whose value changes its type under our hands again and again, or that the node names and
 * does not show (its slot is somebody else's), comes with `value: null`.
 * @throws ManagerError when the node does not answer, or the user may not ask
 */
export async function readKeys(reader: KeyReader, group: KeyGroup, tries = TRIES): Promise<KeyRecord[]> {
  const questions = await describe(reader, group)
  const digests = await valuesOf(reader, questions, group.asking)
  const unread = questions.filter((question) => question.isShown && digests.get(question) === null)
  const again = tries > 1 ? unread : []
  const later = again.length === 0 ? [] : await readKeys(reader, {...group, slots: again.map(alone)}, tries - 1)
  const {database} = reader
  const now = questions.flatMap((question): KeyRecord[] => {
    if (again.includes(question)) return []
    const {slot, key, expireAtMs} = question
    return [{slot, database, key, value: digests.get(question) ?? null, expireAtMs}]
  })
  return [...now, ...later]
}

function alone({slot, key}: ValueQuestion): SlotKeys {
  return {slot, keys: [key]}
}

async function valuesOf(
  reader: KeyReader,
  questions: readonly ValueQuestion[],
  asking: boolean,
): Promise<ReadonlyMap<ValueQuestion, Digest | null>> {
  const digests = new Map<ValueQuestion, Digest | null>()
  const shown = questions.filter(({isShown}) => isShown)
  for (const part of inParts(shown.filter(({bytes}) => bytes <= BIG_BYTES))) {
    const found = await readValues(reader, part, asking)
    part.forEach((question, index) => digests.set(question, found[index]!))
  }
  for (const question of shown.filter(({bytes}) => bytes > BIG_BYTES)) {
    digests.set(question, await readBigValue(reader, question, asking))
  }
  return digests
}

async function describe(reader: KeyReader, {slots, asking}: KeyGroup): Promise<ValueQuestion[]> {
  const time = reader.tellsExpireTime ? 'PEXPIRETIME' : 'PTTL'
  const words = slots.flatMap(({keys}) => keys.map(wordOf))
  const asked: Argument[][] = []
  for (const word of words) asked.push(['TYPE', word], [time, word], ['MEMORY', 'USAGE', word])
  const nowMs = reader.tellsExpireTime ? 0 : await serverTime(reader.client)
  const replies = await askAbout(reader.lines, asked, asking)
  const questions: ValueQuestion[] = []
  let index = 0
  for (const {slot, keys} of slots) {
    for (const key of keys) {
      const [type, expires, bytes] = replies.slice(index * QUESTIONS, (index + 1) * QUESTIONS)
      const word = words[index++]!
      if (type === 'none') continue
      const expireAtMs = typeof expires === 'number' && expires > 0 ? expires + nowMs : 0
      const isShown = type !== ELSEWHERE_MARK
      questions.push({
        slot,
        key,
        word,
        type: String(type),
        isShown,
        expireAtMs,
        bytes: typeof bytes === 'number' ? bytes : 0,
      })
    }
  }
  return questions
}

/** ASCII as text: clients write text faster than they write bytes, and most keys are that. */
function wordOf(key: Uint8Array): Argument {
  for (let at = 0; at < key.length; at++) if (key[at]! >= FIRST_BEYOND_ASCII) return key
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')
}

const FIRST_BEYOND_ASCII = 0x80

/** What a node says of a key in a slot that it does not own, or does not own any more. */
const ELSEWHERE = new Set(['MOVED', 'ASK', 'TRYAGAIN'])
const ELSEWHERE_MARK = '\0elsewhere'

async function askAbout(lines: NodeClient, asked: readonly Argument[][], asking: boolean): Promise<Reply[]> {
  const sent = asking ? asked.flatMap((question) => [['ASKING'], question]) : asked
  const replies = (await lines.pipeline(sent)).filter((_, index) => !asking || index % 2 === 1)
  return replies.map((reply) => {
    if (!(reply instanceof Error)) return reply
    if (ELSEWHERE.has(errorCode(replyOf(reply)))) return ELSEWHERE_MARK
    throw reply
  })
}

/** Unix ms, by the node's own clock. */
async function serverTime(client: NodeClient): Promise<number> {
  const reply = await client.call(['TIME'])
  const [seconds, micros] = (Array.isArray(reply) ? reply : []).map(Number)
  return (seconds ?? 0) * 1000 + Math.floor((micros ?? 0) / 1000)
}

/** Neighbours that are no more than BIG_BYTES together. */
function inParts(questions: readonly ValueQuestion[]): ValueQuestion[][] {
  const parts: ValueQuestion[][] = []
  let room = 0
  for (const question of questions) {
    if (parts.length === 0 || question.bytes > room) {
      parts.push([])
      room = BIG_BYTES
    }
    parts.at(-1)!.push(question)
    room -= question.bytes
  }
  return parts
}
