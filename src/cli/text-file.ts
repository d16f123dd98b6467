/** Small files that an operator names: a plan, a password, a certificate. */
import {readFile} from 'node:fs/promises'
import {text} from 'node:stream/consumers'
import {usage} from './flags.js'

/**
 * The whole text of a file; `-` is standard input.
 * @param hint what to do when it cannot be read
 * @throws ManagerError `usage`
 */
export async function readTextFile(file: string, hint: string): Promise<string> {
  try {
    return file === '-' ? await text(process.stdin) : await readFile(file, 'utf8')
  } catch {
    throw usage(`cannot read ${file}`, hint)
  }
}
