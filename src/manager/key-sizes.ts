/** How big keys are, as their node tells it: https://redis.io/docs/latest/commands/memory-usage/ */
import {errorCode} from '../model/redis-error.js'
import {replyOf} from './error.js'
import type {KeySize} from './plan/big-keys.js'
import type {Argument, NodeClient, Reply} from './ports.js'

export interface SizedKey {
  readonly key: Uint8Array
  readonly size: KeySize
}

/** In one write: the node answers them in one turn of its loop, some 2 µs each. */
const QUESTIONS_AT_ONCE = 500
/** Of a collection so many members are measured; the default of 5 misses uneven ones, and 0 (all) would block the node. */
const SAMPLES = 20

/** What a node says of a key that it does not have, or not any more. */
const ELSEWHERE = new Set(['MOVED', 'ASK', 'TRYAGAIN'])

const COUNTERS: ReadonlyMap<string, (key: Uint8Array) => Argument[]> = new Map([
  ['string', (key: Uint8Array): Argument[] => ['STRLEN', key]],
  ['hash', (key: Uint8Array): Argument[] => ['HLEN', key]],
  ['set', (key: Uint8Array): Argument[] => ['SCARD', key]],
  ['zset', (key: Uint8Array): Argument[] => ['ZCARD', key]],
  ['list', (key: Uint8Array): Argument[] => ['LLEN', key]],
  ['stream', (key: Uint8Array): Argument[] => ['XLEN', key]],
])

/**
 * Those of `keys` that take more than `bigKeyBytes` of the node's memory, in their order; a key that is gone is left out.
 * @param isForeign the node does not own the slot, and answers only after ASKING
 * @throws ManagerError `not-permitted` when the user may not ask, or what keeps the node from answering
 */
export async function bigKeysAmong(
  node: NodeClient,
  keys: readonly Uint8Array[],
  bigKeyBytes: number,
  isForeign = false,
): Promise<SizedKey[]> {
  const big: {key: Uint8Array; bytes: number}[] = []
  for (let from = 0; from < keys.length; from += QUESTIONS_AT_ONCE) {
    const part = keys.slice(from, from + QUESTIONS_AT_ONCE)
    const questions = part.map((key) => ['MEMORY', 'USAGE', key, 'SAMPLES', SAMPLES])
    const replies = await ask(node, questions, isForeign)
    part.forEach((key, index) => {
      const bytes = numberIn(replies[index])
      if (bytes > bigKeyBytes) big.push({key, bytes})
    })
  }
  return big.length === 0 ? [] : describe(node, big, isForeign)
}

/** What they are and how many members they have: that decides how long their move takes. */
async function describe(
  node: NodeClient,
  big: readonly {readonly key: Uint8Array; readonly bytes: number}[],
  isForeign: boolean,
): Promise<SizedKey[]> {
  const types = await ask(
    node,
    big.map(({key}) => ['TYPE', key]),
    isForeign,
  )
  const named = big.map((each, index) => ({...each, type: String(types[index] ?? 'none')}))
  const found = named.filter(({type}) => type !== 'none')
  const countable = found.filter(({type}) => COUNTERS.has(type))
  const counts = await ask(
    node,
    countable.map(({key, type}) => COUNTERS.get(type)!(key)),
    isForeign,
  )
  const elements = new Map(countable.map(({key}, index) => [key, numberIn(counts[index])]))
  return found.map(({key, bytes, type}) => ({key, size: {type, bytes, elements: elements.get(key) ?? 0}}))
}

/** A key that is elsewhere counts as absent (`null`); any other error is thrown. */
async function ask(
  node: NodeClient,
  questions: readonly (readonly Argument[])[],
  isForeign: boolean,
): Promise<(Reply | null)[]> {
  const sent = isForeign ? questions.flatMap((question) => [['ASKING'], question]) : questions
  const replies = (await node.pipeline(sent)).filter((_, index) => !isForeign || index % 2 === 1)
  return replies.map((reply) => {
    if (!(reply instanceof Error)) return reply
    if (ELSEWHERE.has(errorCode(replyOf(reply)))) return null
    throw reply
  })
}

function numberIn(reply: Reply | undefined): number {
  return typeof reply === 'number' ? reply : 0
}
