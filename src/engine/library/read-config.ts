/** redis.conf from the disk: with what it includes, and a folder that is there. */
import {readdirSync, readFileSync, statSync} from 'node:fs'
import path from 'node:path'
import {Config} from '../server/config.js'
import {type ConfigFailure, formatConfigFailure, loadConfigText, parseConfigText} from '../server/config-file.js'

/** A configuration that cannot be used. */
export class ConfigError extends Error {
  /** As redis-server prints it when it refuses to start. */
  readonly report: string

  constructor(failure: ConfigFailure) {
    const where = failure.line === undefined ? '' : ` ('${failure.line.text}', line ${failure.line.number})`
    super(`${failure.error}${where}`)
    this.name = 'ConfigError'
    this.report = formatConfigFailure(failure)
  }
}

export interface ConfigSource {
  /** redis.conf, with everything that is to win over it at its end. */
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
  const failure = loadConfigText(config, text, (pattern) => readIncluded(directory, pattern))
  if (failure !== undefined) throw new ConfigError(failure)
  if (file !== undefined) config.file = {...file}
  const dir = path.resolve(directory, config.text('dir') === '' ? '.' : config.text('dir'))
  if (statSync(dir, {throwIfNoEntry: false})?.isDirectory() !== true) throw missingFolder(text)
  config.assign('dir', dir)
  return config
}

/** Blames the line that names it. */
function missingFolder(text: string): ConfigError {
  const lines = parseConfigText(text)
  const line = 'error' in lines ? undefined : lines.findLast(({words}) => words[0] === 'dir')
  return new ConfigError({...(line !== undefined && {line}), error: 'No such file or directory'})
}

/** The texts of one file, or of all that match a pattern in its last part: `conf.d/*.conf`. */
function readIncluded(directory: string, pattern: string): readonly string[] | string {
  const whole = path.resolve(directory, pattern)
  try {
    return filesOf(whole).map((file) => readFileSync(file, 'utf8'))
  } catch (error) {
    return `Fatal error, can't open config file '${pattern}': ${reasonOf(error)}`
  }
}

function filesOf(whole: string): string[] {
  const name = path.basename(whole)
  if (!/[*?[]/.test(name)) return [whole]
  const folder = path.dirname(whole)
  const pattern = new RegExp(
    `^${name
      .replace(/[.+^${}()|\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  )
  return readdirSync(folder)
    .filter((each) => pattern.test(each))
    .sort()
    .map((each) => path.join(folder, each))
}

/** The system's words for an error, as strerror has them. */
export function reasonOf(error: unknown): string {
  const {code, message} = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return 'No such file or directory'
  if (code === 'EACCES') return 'Permission denied'
  if (code === 'EISDIR') return 'Is a directory'
  return message
}
