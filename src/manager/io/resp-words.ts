/** Commands as bytes, and error replies as errors: RESP without a socket, for every client of ours. */
import type {Argument, Credentials} from '../ports.js'

/** As RESP wants it. The words must be text. */
export function encodeCommand(command: readonly Argument[]): string {
  return frame(command.map(String), (word) => Buffer.byteLength(word))
}

/** Many commands in one piece. Words that are bytes go as they are. */
export function encodeCommands(commands: readonly (readonly Argument[])[]): string | Buffer {
  if (!commands.some((command) => command.some((word) => typeof word === 'object'))) {
    return commands.map(encodeCommand).join('')
  }
  // In latin1 a character is a byte: one string of all is several times faster than a Buffer for each word.
  const parts = commands.map((command) => frame(command.map(latin1Of), ({length}) => length))
  return Buffer.from(parts.join(''), 'latin1')
}

function frame(words: readonly string[], bytesOf: (word: string) => number): string {
  let text = `*${words.length}\r\n`
  for (const word of words) text += `$${bytesOf(word)}\r\n${word}\r\n`
  return text
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
