/** redis.conf and the command line of redis-server, as text: read, and refused in Redis' words. No file is opened here. */
import {splitInline} from '../resp/request-parser.js'
import {sha256Hex} from '../values/sha256.js'
import {type Config, type Setting} from './config.js'
import {quote} from './quote.js'
import {ENGINE_VERSION} from './version.js'

/** One directive where it stands. */
export interface ConfigLine {
  /** From 1. */
  readonly number: number
  readonly text: string
  /** The name in lower case, then its values. */
  readonly words: Setting
}

/** What keeps a node from starting: `line` is missing where no single line is to blame. */
export interface ConfigFailure {
  readonly line?: {readonly number: number; readonly text: string}
  readonly error: string
}

/**
 * Finds what an `include` line names: the texts of the files in their order (a pattern may match several, or none).
 * @returns an error, as Redis words it, when there is no such file
 */
export type ReadIncluded = (pathOrPattern: string) => readonly string[] | string

const INCLUDE_DEPTH = 16

/** What ends a start with a wrong configuration, as redis-server prints it on stderr. */
export function formatConfigFailure({line, error}: ConfigFailure): string {
  const where = line === undefined ? '' : `Reading the configuration file, at line ${line.number}\n>>> '${line.text}'\n`
  return `\n*** FATAL CONFIG FILE ERROR (Redis ${ENGINE_VERSION.redis}) ***\n${where}${error}\n`
}

/** The directives of a text, without comments and blank lines. */
export function parseConfigText(text: string): readonly ConfigLine[] | ConfigFailure {
  const lines: ConfigLine[] = []
  for (const [at, raw] of text.split('\n').entries()) {
    const trimmed = raw.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '')
    if (trimmed === '' || trimmed.startsWith('#')) continue
    const line = {number: at + 1, text: trimmed}
    const words = splitInline(trimmed)
    if (words === undefined) return {line, error: 'Unbalanced quotes in configuration line'}
    const [name, ...values] = words
    if (name !== undefined) lines.push({...line, words: [name.toLowerCase(), ...values]})
  }
  return lines
}

/**
 * Takes a whole configuration: the text of redis.conf, if there is one, followed by that of the command line.
 * @returns what is wrong; undefined when all of it was taken
 */
export function loadConfigText(
  config: Config,
  text: string,
  readIncluded: ReadIncluded = (path) => `Fatal error, can't open config file '${path}'`,
): ConfigFailure | undefined {
  const seen = new Set<string>()
  const users: ConfigLine[] = []
  const failure = loadLines(config, text, {seen, users, readIncluded, depth: 0})
  if (failure !== undefined) return failure
  for (const line of users) {
    if (!isDefaultUser(line.words, config.text('requirepass'))) {
      return {line, error: 'ACL rules are not supported by the tscluster engine: only the default user is there'}
    }
  }
  if (config.flag('cluster-enabled') && config.text('replicaof') !== '') {
    return {error: 'replicaof directive not allowed in cluster mode'}
  }
  return undefined
}

interface Loading {
  /** Directives that had a line already: `save` adds to them. */
  readonly seen: Set<string>
  readonly users: ConfigLine[]
  readonly readIncluded: ReadIncluded
  readonly depth: number
}

function loadLines(config: Config, text: string, loading: Loading): ConfigFailure | undefined {
  const lines = parseConfigText(text)
  if ('error' in lines) return lines
  for (const line of lines) {
    const failure = loadLine(config, line, loading)
    if (failure !== undefined) return failure
  }
  return undefined
}

const LACKING: ReadonlySet<string> = new Set(['rename-command', 'loadmodule', 'sentinel'])

function loadLine(config: Config, line: ConfigLine, loading: Loading): ConfigFailure | undefined {
  const [name, ...values] = line.words
  if (name === 'include' && values.length === 1) return loadIncluded(config, values[0]!, line, loading)
  if (name === 'user') {
    loading.users.push(line)
    return undefined
  }
  if (LACKING.has(name)) return {line, error: `${name} is not supported by the tscluster engine`}
  const error = config.load(line.words, loading.seen)
  return error === undefined ? undefined : {line, error}
}

function loadIncluded(config: Config, path: string, line: ConfigLine, loading: Loading): ConfigFailure | undefined {
  if (loading.depth >= INCLUDE_DEPTH) return {line, error: 'Files include one another too deeply'}
  const texts = loading.readIncluded(path)
  if (typeof texts === 'string') return {error: texts}
  for (const text of texts) {
    const failure = loadLines(config, text, {...loading, depth: loading.depth + 1})
    if (failure !== undefined) return failure
  }
  return undefined
}

/** The line that CONFIG REWRITE of a real server leaves: the default user with all rights. */
function isDefaultUser([, user, ...rules]: Setting, password: string): boolean {
  const plain = ['on', 'nopass', 'sanitize-payload', '~*', 'allkeys', '&*', 'allchannels', '+@all', 'allcommands']
  const secret = `#${sha256Hex(password)}`
  return user === 'default' && rules.every((rule) => plain.includes(rule) || rule === secret)
}

/**
 * `--port 7000 --save 60 1` as lines of redis.conf, to be put behind those of the file: what stands later wins.
 * Source: Redis 7.0's main(): an option takes the words up to the next one that begins with `--`, at least one.
 */
export function configTextOfArguments(args: readonly string[]): string {
  const lines: string[] = []
  let mayBegin = true
  for (const [at, word] of args.entries()) {
    if (!mayBegin || !word.startsWith('--')) {
      lines.push(`${lines.pop() ?? ''}${quote(word)} `)
      mayBegin = true
      continue
    }
    const isAlone = splitInline(word)?.length === 1
    const next = args[at + 1]
    const isEmptySave = word.toLowerCase() === '--save' && (next === undefined || next.startsWith('--'))
    lines.push(`${word.slice(2)} ${isEmptySave ? '""' : ''}`)
    mayBegin = !isAlone || isEmptySave
  }
  return lines.join('\n')
}

/** The whole text that a start reads. */
export function joinConfigTexts(fileText: string, args: readonly string[]): string {
  const options = configTextOfArguments(args)
  return options === '' ? fileText : `${fileText}\n${options}`
}
