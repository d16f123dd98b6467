/** RESP2 and RESP3 replies from bytes, for tests: errors are values, maps and sets keep their kind. */

export class ReplyError {
  readonly message: string

  constructor(message: string) {
    this.message = message
  }
}

export type Reply = string | number | bigint | boolean | null | ReplyError | Reply[] | ReplyMap | ReplySet

/** A RESP3 map, pairs in their order. */
export class ReplyMap {
  readonly pairs: readonly (readonly [Reply, Reply])[]

  constructor(pairs: readonly (readonly [Reply, Reply])[]) {
    this.pairs = pairs
  }
}

export class ReplySet {
  readonly items: readonly Reply[]

  constructor(items: readonly Reply[]) {
    this.items = items
  }
}

/** @throws Error when the bytes end inside a reply */
export function parseReplies(bytes: Buffer): Reply[] {
  const replies: Reply[] = []
  const cursor = {bytes, at: 0}
  while (cursor.at < bytes.length) replies.push(parseOne(cursor))
  return replies
}

interface Cursor {
  readonly bytes: Buffer
  at: number
}

function line(cursor: Cursor): string {
  const end = cursor.bytes.indexOf('\r\n', cursor.at, 'latin1')
  if (end < 0) throw new Error('a reply ends in the middle of a line')
  const text = cursor.bytes.toString('latin1', cursor.at, end)
  cursor.at = end + 2
  return text
}

function bulk(cursor: Cursor, length: number): string {
  const text = cursor.bytes.toString('latin1', cursor.at, cursor.at + length)
  if (text.length !== length) throw new Error('a reply ends in the middle of a bulk string')
  cursor.at += length + 2
  return text
}

function items(cursor: Cursor, count: number): Reply[] {
  return Array.from({length: count}, () => parseOne(cursor))
}

function integer(text: string): number | bigint {
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : BigInt(text)
}

function parseOne(cursor: Cursor): Reply {
  const head = line(cursor)
  const rest = head.slice(1)
  switch (head[0]) {
    case '+':
      return rest
    case '-':
      return new ReplyError(rest)
    case ':':
      return integer(rest)
    case '(':
      return BigInt(rest)
    case ',':
      return rest
    case '#':
      return rest === 't'
    case '_':
      return null
    case '$':
      return rest === '-1' ? null : bulk(cursor, Number(rest))
    case '=':
      return bulk(cursor, Number(rest)).slice(4)
    case '*':
      return rest === '-1' ? null : items(cursor, Number(rest))
    case '>':
      return items(cursor, Number(rest))
    case '~':
      return new ReplySet(items(cursor, Number(rest)))
    case '%':
      return new ReplyMap(Array.from({length: Number(rest)}, () => [parseOne(cursor), parseOne(cursor)] as const))
    default:
      throw new Error(`no reply begins with ${JSON.stringify(head)}`)
  }
}
