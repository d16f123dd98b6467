/** redis.conf and the command line of redis-server, as text: read, and refused in Redis' words. No file is opened here. */
import {splitInline} from '../resp/request-parser.js'
import {sha256Hex} from '../values/sha256.js'
import {type Config, type Setting} from './config.js'
import {judgeLater} from './directives-later.js'
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
  /** A file could not be read: that is a line of the log, and no report of a wrong line. */
  readonly isUnreadable?: boolean
}

/** What a configuration needs of the world around it. */
export interface Surroundings {
  /**
   * What an `include` line names: the texts of the files in their order (a pattern may match several, or none).
   * @returns an error in the words of Redis' log, when there is no such file
   */
  readIncluded(pathOrPattern: string): readonly string[] | string
  /** `dir`: relative paths begin there from now on. @returns the system's words when that cannot be */
  enter(directory: string): string | undefined
  /** Is there a command of this name? */
  hasCommand(name: string): boolean
}

/** Nothing is there but the text. */
const NOWHERE: Surroundings = {
  readIncluded: (path) => `Fatal error, can't open config file '${path}': No such file or directory`,
  enter: () => undefined,
  hasCommand: () => true,
}

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
  surroundings: Partial<Surroundings> = {},
): ConfigFailure | undefined {
  const loading: Loading = {
    ...{seen: new Set(), users: [], depth: 0},
    surroundings: {...NOWHERE, ...surroundings},
  }
  const failure = loadLines(config, text, loading)
  if (failure !== undefined) return failure
  for (const line of loading.users) {
    if (!isDefaultUser(line.words, config.text('requirepass'))) return {line, error: NO_RULES}
  }
  if (config.flag('cluster-enabled') && config.text('replicaof') !== '') {
    return {error: 'replicaof directive not allowed in cluster mode'}
  }
  return undefined
}

const NO_RULES =
  'ACL rules are not supported by the tscluster engine: only the default user is there, with the password of requirepass'
const BAD_DIRECTIVE = 'Bad directive or wrong number of arguments'

interface Loading {
  /** Directives that had a line already: `save` adds to them. */
  readonly seen: Set<string>
  readonly users: ConfigLine[]
  readonly surroundings: Surroundings
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

/** Directives of old that Redis still reads, and forgets. */
const FORGOTTEN: ReadonlySet<string> = new Set([
  'list-max-ziplist-entries',
  'list-max-ziplist-value',
  'lua-replicate-commands',
])

/** What a line is that is no directive with a value; in the order in which Redis' loadServerConfigFromString asks. */
function loadLine(config: Config, line: ConfigLine, loading: Loading): ConfigFailure | undefined {
  const [name, ...values] = line.words
  const wrong = (error: string | undefined): ConfigFailure | undefined =>
    error === undefined ? undefined : {line, error}
  if (FORGOTTEN.has(name) && values.length === 1) return undefined
  switch (name) {
    case 'include':
      return values.length === 1 ? loadIncluded(config, values[0]!, line, loading) : wrong(BAD_DIRECTIVE)
    case 'rename-command':
      return wrong(values.length === 2 ? rename(config, values[0]!, values[1]!, loading) : BAD_DIRECTIVE)
    case 'user':
      if (values.length === 0) return wrong(BAD_DIRECTIVE)
      loading.users.push(line)
      return undefined
    case 'loadmodule':
      return wrong(values.length === 0 ? BAD_DIRECTIVE : 'modules are not supported by the tscluster engine')
    case 'sentinel':
      return wrong(values.length === 0 ? undefined : 'sentinel directive while not in sentinel mode')
  }
  const later = judgeLater(name, values)
  if (later !== undefined) return wrong(later === 'passed-over' ? undefined : later.error)
  const error = config.load(line.words, loading.seen)
  return wrong(error ?? (name === 'dir' ? loading.surroundings.enter(config.text('dir')) : undefined))
}

/** @returns what is wrong, as Redis words it */
function rename(config: Config, from: string, to: string, {surroundings}: Loading): string | undefined {
  const {renames} = config
  const isThere = (name: string): boolean => {
    const last = renames.findLast((each) => each.from === name || each.to === name)
    return last === undefined ? surroundings.hasCommand(name) : last.to === name
  }
  if (!isThere(from.toLowerCase())) return 'No such command in rename-command'
  if (to !== '' && isThere(to.toLowerCase())) return 'Target command name already exists'
  renames.push({from: from.toLowerCase(), to: to.toLowerCase()})
  return undefined
}

function loadIncluded(config: Config, path: string, line: ConfigLine, loading: Loading): ConfigFailure | undefined {
  if (loading.depth >= INCLUDE_DEPTH) return {line, error: 'Files include one another too deeply'}
  const texts = loading.surroundings.readIncluded(path)
  if (typeof texts === 'string') return {error: texts, isUnreadable: true}
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
