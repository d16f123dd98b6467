/** What the operating system says of a failure, in the words that a real server would log. */
import {getSystemErrorMap} from 'node:util'

/** Where libuv has words of its own. */
const WORDS: Readonly<Record<string, string>> = {EIO: 'Input/output error', EISDIR: 'Is a directory'}

/** `No space left on device`; the error's own message where it is not the system's. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (!('errno' in error) || typeof error.errno !== 'number') return error.message
  const [code, text] = getSystemErrorMap().get(error.errno) ?? []
  if (code === undefined || text === undefined) return error.message
  return WORDS[code] ?? text.charAt(0).toUpperCase() + text.slice(1)
}
