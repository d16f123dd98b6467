/** redis.conf from the disk: with what it includes, and a folder that is there. */
import {appendFileSync, existsSync, readdirSync, readFileSync, statSync} from 'node:fs'
import path from 'node:path'
import {reasonOf} from '../host/system-error.js'
import {bytesOf, textOf} from '../host/utf8.js'
import {isKnownCommand} from '../node/known-commands.js'
import {Config} from '../server/config.js'
import {type ConfigFailure, formatConfigFailure, loadConfigText} from '../server/config-file.js'

/** A configuration that cannot be used. */
export class ConfigError extends Error {
  /** As redis-server prints it when it refuses to start. */
  readonly report: string
  /** A file could not be read: a line for the log says so, instead of the report. */
  readonly isUnreadable: boolean

  constructor(failure: ConfigFailure) {
    const where = failure.line === undefined ? '' : ` ('${failure.line.text}', line ${failure.line.number})`
    super(`${failure.error}${where}`)
    this.name = 'ConfigError'
    this.report = formatConfigFailure(failure)
    this.isUnreadable = failure.isUnreadable === true
  }
}

export interface ConfigSource {
  /** redis.conf as `Bytes`, with everything that is to win over it at its end. */
  readonly text: string
  /** Where relative paths begin. */
  readonly directory: string
  /** The file it comes from, for CONFIG REWRITE, and its own text. */
  readonly file?: {readonly path: string; readonly text: string}
}

/**
 * Reads a whole configuration. `dir` is absolute afterwards.
 * @throws ConfigError when a line is wrong, an included file is missing, or `dir` is no folder
 */
export function readConfig({text, directory, file}: ConfigSource): Config {
  const config = new Config()
  let folder = directory
  const failure = loadConfigText(config, text, {
    readIncluded: (pattern) => readIncluded(folder, textOf(pattern)),
    enter: (dir) => {
      folder = path.resolve(folder, textOf(dir))
      return whyNoFolder(folder)
    },
    hasCommand: isKnownCommand,
  })
  if (failure !== undefined) throw new ConfigError(failure)
  if (file !== undefined) config.file = {...file}
  const missing = whyNoFolder(folder)
  if (missing !== undefined) throw new ConfigError({error: `${folder}: ${missing}`})
  config.assign('dir', bytesOf(folder))
  const noLog = whyNoLog(folder, textOf(config.text('logfile')))
  if (noLog !== undefined) throw new ConfigError({error: `Can't open the log file: ${noLog}`})
  return config
}

/** The log file is there afterwards, as after a start of Redis. */
function whyNoLog(folder: string, file: string): string | undefined {
  if (file === '') return undefined
  try {
    appendFileSync(path.resolve(folder, file), '')
    return undefined
  } catch (error) {
    return reasonOf(error)
  }
}

function whyNoFolder(folder: string): string | undefined {
  try {
    return statSync(folder).isDirectory() ? undefined : 'Not a directory'
  } catch (error) {
    return reasonOf(error)
  }
}

/** The texts of one file, or of all that match a pattern, in the order of their names: `conf.d/*.conf`. */
function readIncluded(directory: string, pattern: string): readonly string[] | string {
  const files = /[*?[]/.test(pattern) ? matching(path.resolve(directory, pattern)) : [path.resolve(directory, pattern)]
  const texts: string[] = []
  for (const file of files) {
    try {
      texts.push(readFileSync(file, 'latin1'))
    } catch (error) {
      return `Fatal error, can't open config file '${pattern}': ${reasonOf(error)}`
    }
  }
  return texts
}

/** As glob(3): no part of a pattern finds a name that begins with a dot, unless it begins so itself. */
function matching(pattern: string): string[] {
  const {root} = path.parse(pattern)
  let found = [root]
  for (const part of pattern.slice(root.length).split(path.sep)) {
    found = found.flatMap((folder) => namesIn(folder, part).map((name) => path.join(folder, name)))
  }
  return found.filter((file) => existsSync(file))
}

function namesIn(folder: string, part: string): string[] {
  if (!/[*?[]/.test(part)) return [part]
  const pattern = new RegExp(
    `^${part
      .replace(/[.+^${}()|\\]/g, '\\$&')
      .replaceAll('[!', '[^')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  )
  try {
    return readdirSync(folder)
      .filter((name) => pattern.test(name) && (part.startsWith('.') || !name.startsWith('.')))
      .sort()
  } catch {
    return []
  }
}
