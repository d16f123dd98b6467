/** Reads the CLUSTER NODES of many nodes of one cluster: what they say alike is parsed once and shared. */
import {parseNodeLine, type NodeLine, type SharedParts} from './cluster-nodes.js'

const NEWLINE = 0x0a
const SPACE = 0x20
const ZERO = 0x30
const NINE = 0x39

/** A line that was parsed, without the times of the last ping and pong: these differ in every account. */
interface KnownLine {
  /** `id address flags primary `: what stands before the times. */
  readonly head: string
  /** ` config-epoch link-state slot …`: what stands behind them. */
  readonly tail: string
  readonly line: NodeLine
}

/**
 * Where n nodes speak of n nodes, all but about 2 n of the n² lines have been read before. A line is therefore compared with what
 * is known of its node, and parsed when it is something else. Nothing of what is kept is a slice of a reply, which would
 * keep the whole reply in memory.
 */
export class AccountReader {
  readonly #known = new Map<number, KnownLine[]>()
  readonly #shared: SharedParts = {ids: new Map(), slots: new Map()}
  #parsed = 0
  /** Of the line that was recognized last: not handed back in an object, for there may be a million of them. */
  #end = -1

  /** How many lines had to be parsed so far. */
  get parsed(): number {
    return this.#parsed
  }

  /** As `parseClusterNodes`, but equal lines, ids and slot sets are the same objects in all accounts. */
  read(reply: string): NodeLine[] | undefined {
    const lines: NodeLine[] = []
    for (let start = 0; start < reply.length;) {
      const known = this.#recognize(reply, start)
      if (known !== undefined) {
        lines.push(known)
        start = this.#end + 1
        continue
      }
      const newline = reply.indexOf('\n', start)
      const end = newline < 0 ? reply.length : newline
      const text = reply.slice(start, end).trim()
      start = end + 1
      if (text === '' || text.startsWith('vars ')) continue
      const line = this.#parse(ownCopy(text))
      if (line === undefined) return undefined
      lines.push(line)
    }
    return lines
  }

  /** The line that begins there, when it is known; `#end` is then where it ends. */
  #recognize(reply: string, start: number): NodeLine | undefined {
    const candidates = this.#known.get(keyAt(reply, start))
    if (candidates === undefined) return undefined
    for (let index = 0; index < candidates.length; index++) {
      const known = candidates[index]!
      this.#end = endIfSame(known, reply, start)
      if (this.#end < 0) continue
      // A node's own line is in one account only: what the others say of it comes first from now on.
      if (index > 0) [candidates[0], candidates[index]] = [known, candidates[0]!]
      return known.line
    }
    return undefined
  }

  #parse(text: string): NodeLine | undefined {
    const line = parseNodeLine(text, this.#shared)
    this.#parsed++
    if (line === undefined) return undefined
    const head = ownCopy(text.slice(0, nthSpace(text, 4) + 1))
    const tail = ownCopy(text.slice(nthSpace(text, 6)))
    const key = keyAt(text, 0)
    const others = this.#known.get(key) ?? []
    // A line with blanks around it is never recognized in a reply, but it may be known.
    const same = others.find((known) => known.head === head && known.tail === tail)
    if (same !== undefined) return same.line
    this.#known.set(key, [...others, {head, tail, line}])
    return line
  }
}

/** Where the line that begins at `start` ends, when it is this one; else -1. */
function endIfSame({head, tail}: KnownLine, reply: string, start: number): number {
  if (!hasAt(reply, start, head)) return -1
  const pong = afterDigits(reply, start + head.length)
  if (reply.charCodeAt(pong) !== SPACE) return -1
  const rest = afterDigits(reply, pong + 1)
  if (!hasAt(reply, rest, tail)) return -1
  const end = rest + tail.length
  return end === reply.length || reply.charCodeAt(end) === NEWLINE ? end : -1
}

/** As `startsWith`, but V8 compares whole strings many bytes at a time: five times as fast. */
function hasAt(text: string, start: number, part: string): boolean {
  return text.slice(start, start + part.length) === part
}

function afterDigits(text: string, start: number): number {
  let at = start
  for (let code = text.charCodeAt(at); code >= ZERO && code <= NINE; code = text.charCodeAt(at)) at++
  return at
}

/** Of the first eight digits of an id. They tell nearly all nodes apart; the others are told apart by the rest of the line. */
function keyAt(text: string, start: number): number {
  return Math.imul(fourDigits(text, start), 31) ^ fourDigits(text, start + 4)
}

function fourDigits(text: string, at: number): number {
  const low = text.charCodeAt(at) | (text.charCodeAt(at + 1) << 8)
  return low | (text.charCodeAt(at + 2) << 16) | (text.charCodeAt(at + 3) << 24)
}

/** Index of the nth space, counted from 1. */
function nthSpace(text: string, count: number): number {
  let at = -1
  for (let seen = 0; seen < count; seen++) at = text.indexOf(' ', at + 1)
  return at
}

/** The same text with memory of its own. */
function ownCopy(text: string): string {
  return Array.from(text).join('')
}
