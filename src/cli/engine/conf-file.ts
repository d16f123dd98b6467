/** `engine start redis.conf`: a node from an operator's own file, read before anything is started. */
import {readFileSync, statSync} from 'node:fs'
import path from 'node:path'
import {ManagerError} from '../../manager/error.js'

/** A redis.conf that a node is to be started from. */
export interface ConfFile {
  /** Its lines, each byte a character; what it includes is named by whole paths. */
  readonly text: string
  readonly host: string
  readonly port: number
  readonly cluster: boolean
}

/** Does the command name a file instead of ports? Files have a dot, a slash, or are there. */
export function namesConfFile(words: readonly string[]): boolean {
  const [word = ''] = words
  if (words.length !== 1 || /^[\d-]+$/.test(word)) return false
  return word.endsWith('.conf') || statSync(word, {throwIfNoEntry: false})?.isFile() === true
}

/**
 * @param port wins over that of the file
 * @throws ManagerError `io` when it cannot be read, `usage` with file and line when something in it is wrong
 */
export async function readConfFile(file: string, port: number | undefined): Promise<ConfFile> {
  const {ConfigError, readConfig} = await import('../../engine/library/read-config.js')
  const directory = process.cwd()
  const text = wholePaths(read(file), directory)
  try {
    const config = readConfig({text: port === undefined ? text : `${text}\nport ${port}`, directory})
    const [host] = config.text('bind').replace(/^-/, '').split(' ')
    return {
      text,
      host: host === undefined || /^(?:\*|0\.0\.0\.0|)$/.test(host) ? '127.0.0.1' : host,
      port: config.number('port'),
      cluster: config.flag('cluster-enabled'),
    }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new ManagerError('usage', `${file}: ${error.message}`, {hint: 'nothing was started', cause: error})
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new ManagerError('io', `cannot read ${file}: ${why}`, {hint: 'name ports, or a redis.conf', cause: error})
  }
}

/** The node reads its own copy in its own folder: paths that begin here must go on doing so. */
function wholePaths(text: string, directory: string): string {
  const whole = (name: string): string => {
    const resolved = path.resolve(directory, Buffer.from(name, 'latin1').toString('utf8'))
    return Buffer.from(resolved).toString('latin1')
  }
  return text.replace(
    /^([ \t]*(?:include|dir|tls-[a-z-]*(?:file|dir))[ \t]+)("?)([^"\s]+)\2[ \t]*\r?$/gim,
    (_, name: string, mark: string, value: string) => `${name}${mark}${whole(value)}${mark}`,
  )
}
