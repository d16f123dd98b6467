/** Small files that an operator names: a plan, a password, a certificate. */
import {usage} from './flags.js'

/**
 * The whole text of a file; `-` is standard input.
 * @param hint what to do when it cannot be read
 * @throws ManagerError `usage`
 */
export async function readTextFile(file: string, hint: string): Promise<string> {
  try {
    const {readFile} = await import('node:fs/promises')
    if (file !== '-') return await readFile(file, 'utf8')
    const {text} = await import('node:stream/consumers')
    return await text(process.stdin)
  } catch {
    throw usage(`cannot read ${file}`, hint)
  }
}
