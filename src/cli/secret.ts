/** Secrets from files: the way to give one that no process list shows. */
import {readTextFile} from './text-file.js'

/**
 * The first line of a file; `-` is standard input.
 * @throws ManagerError `usage` when it cannot be read
 */
export async function readSecret(file: string): Promise<string> {
  const text = await readTextFile(file, 'give a readable file that holds the password')
  return text.split(/\r?\n/)[0] ?? ''
}
