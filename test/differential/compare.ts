/** Whether two replies say the same, as far as their order and their chances allow. */
import {ReplyError, ReplyMap, ReplySet, type Reply} from '../support/engine/parse-replies.js'
import {type Comparison} from './words.js'

/** A reply as text that is equal for equal replies. */
export function canonical(reply: Reply | undefined, comparison: Comparison): string {
  if (reply === undefined) return 'no reply'
  if (reply instanceof ReplyError) return `error ${reply.message}`
  if (comparison === 'shape') return shapeOf(reply)
  if (comparison === 'unordered') return unordered(reply)
  if (comparison === 'pairs' && Array.isArray(reply)) return pairsOf(reply)
  if (comparison === 'near') return exact(reply).replace(/-?\d+\.\d{10,}/g, (number) => Number(number).toPrecision(14))
  return exact(reply)
}

function exact(reply: Reply): string {
  if (reply instanceof ReplyError) return `error ${reply.message}`
  if (reply instanceof ReplyMap) {
    return `map ${reply.pairs
      .map(([key, value]) => `${exact(key)}=${exact(value)}`)
      .sort()
      .join(' ')}`
  }
  if (reply instanceof ReplySet) return `set ${reply.items.map(exact).sort().join(' ')}`
  if (Array.isArray(reply)) return `[${reply.map(exact).join(', ')}]`
  if (typeof reply === 'bigint') return `${reply}`
  return JSON.stringify(reply)
}

function unordered(reply: Reply): string {
  if (!Array.isArray(reply)) return exact(reply)
  return `[${reply.map(unordered).sort().join(', ')}]`
}

function pairsOf(items: readonly Reply[]): string {
  const pairs: string[] = []
  for (let at = 0; at < items.length; at += 2) pairs.push(`${exact(items[at]!)}=${exact(items[at + 1]!)}`)
  return `pairs ${pairs.sort().join(' ')}`
}

function shapeOf(reply: Reply): string {
  if (Array.isArray(reply)) return `array of ${reply.length}`
  if (reply === null) return 'null'
  return typeof reply
}
