/** Commands as bytes, and error replies as errors: RESP without a socket, for every client of ours. */
import type {Argument, Credentials} from '../ports.js'

/** As RESP wants it. The words must be text. */
export function encodeCommand(command: readonly Argument[]): string {
  let text = `*${command.length}\r\n`
  for (let index = 0; index < command.length; index++) text += framed(command[index]!)
  return text
}

/** Many commands in one piece. Words that are bytes go as they are. */
export function encodeCommands(commands: readonly (readonly Argument[])[]): string | Buffer {
  if (!commands.some((command) => command.some((word) => typeof word === 'object'))) {
    let text = ''
    for (let index = 0; index < commands.length; index++) text += encodeCommand(commands[index]!)
    return text
  }
  // In latin1 a character is a byte: one string of all is several times faster than a Buffer for each word.
  const parts = commands.map((command) => `*${command.length}\r\n${command.map(latin1Frame).join('')}`)
  return Buffer.from(parts.join(''), 'latin1')
}

/** Of thousands of commands most words are the same few: names, node ids. */
const FRAMES = new Map<string, string>()
const MOST_FRAMES = 1_000
const LONGEST_KEPT = 64

function framed(word: Argument): string {
  const text = String(word)
  // Digits are a byte each.
  if (typeof word === 'number') return `$${text.length}\r\n${text}\r\n`
  const known = FRAMES.get(text)
  if (known !== undefined) return known
  const frame = `$${Buffer.byteLength(text)}\r\n${text}\r\n`
  if (text.length <= LONGEST_KEPT && FRAMES.size < MOST_FRAMES) FRAMES.set(text, frame)
  return frame
}

function latin1Frame(word: Argument): string {
  const bytes = latin1Of(word)
  return `$${bytes.length}\r\n${bytes}\r\n`
}

function latin1Of(word: Argument): string {
  const bytes =
    typeof word === 'object' ? Buffer.from(word.buffer, word.byteOffset, word.byteLength) : Buffer.from(String(word))
  return bytes.toString('latin1')
}

/** What logs in; `undefined` where nobody needs to. */
export function loginCommand({username, password}: Credentials): readonly [string, ...string[]] | undefined {
  if (password === undefined) return undefined
  return username === undefined ? ['AUTH', password] : ['AUTH', username, password]
}

/** An error reply in the shape in which ioredis gives it. @param reply with its `-` */
export function replyError(reply: string): Error {
  const error = new Error(reply.slice(1))
  error.name = 'ReplyError'
  return error
}
