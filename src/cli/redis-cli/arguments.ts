/** From redis-cli's command line and environment to an invocation, by redis-cli's own grammar (parseOptions in redis-cli.c). */
import {ManagerError} from '../../manager/error.js'
import type {ConnectionOptions} from '../connection.js'
import type {ClusterOptions, Invocation} from './invocation.js'
import {decimalNumber, parseDecimal, wholeNumber} from './numbers.js'
import {findOption, type FlagName, type ValueName} from './options.js'
import {parseUri} from './uri.js'

export type Parsed =
  | {readonly kind: 'run'; readonly invocation: Invocation}
  /** The text about how to use the program: asked for, or in answer to a line that makes no sense. */
  | {readonly kind: 'usage'; readonly asked: boolean}

type Environment = Readonly<Record<string, string | undefined>>

/** What stands on the line, not yet judged. The last occurrence of an option counts. */
interface Line {
  subcommand: string | undefined
  words: string[]
  readonly flags: Set<string>
  readonly values: Map<string, string>
  weights: string[] | undefined
}

/** A default that redis-cli documents: MIGRATE's timeout. */
const DEFAULT_TIMEOUT_MS = 60_000
const DEFAULT_THRESHOLD_PERCENT = 2

/**
 * Words up to the first that begins with a dash belong to the subcommand; options may stand anywhere. Differs from redis-cli
 * in one thing: numbers that are none, or out of range, are refused instead of being read as something else.
 * @throws ManagerError `usage`; its message is the line that redis-cli prints, on standard error
 */
export function parseArguments(argv: readonly string[], env: Environment): Parsed {
  const line: Line = {subcommand: undefined, words: [], flags: new Set(), values: new Map(), weights: undefined}
  for (let index = 0; index < argv.length;) {
    const taken = takeNext(line, argv, index)
    if (typeof taken !== 'number') return taken
    index += taken
  }
  if (line.subcommand === undefined) return {kind: 'usage', asked: false}
  return {kind: 'run', invocation: toInvocation(line, line.subcommand, env)}
}

/** @returns how many words were used up */
function takeNext(line: Line, argv: readonly string[], index: number): number | Parsed {
  const word = argv[index]!
  const value = argv[index + 1]
  if (word === '--help' || (word === '-h' && value === undefined)) return {kind: 'usage', asked: true}
  if (word === '--cluster') {
    if (value === undefined || line.subcommand !== undefined) return {kind: 'usage', asked: false}
    return takeSubcommand(line, argv, index)
  }
  if (word === '--cluster-weight' && value !== undefined) return takeWeights(line, argv, index)
  return word.startsWith('-') ? takeOption(line, word, value) : takeWords(line, argv, index)
}

function takeSubcommand(line: Line, argv: readonly string[], index: number): number {
  line.subcommand = argv[index + 1]!
  if (!line.subcommand.startsWith('-')) line.words = wordsFrom(argv, index + 2)
  return 2 + line.words.length
}

/** The first run of words after the subcommand's name; later ones are ignored. */
function takeWords(line: Line, argv: readonly string[], index: number): number {
  const words = wordsFrom(argv, index)
  if (line.subcommand !== undefined && line.words.length === 0) line.words = words
  return words.length
}

function takeWeights(line: Line, argv: readonly string[], index: number): number {
  if (line.weights !== undefined) throw new ManagerError('usage', WEIGHTS_TWICE)
  const end = argv.findIndex((word, at) => at > index && (!word.includes('=') || word.startsWith('--')))
  line.weights = argv.slice(index + 1, end < 0 ? argv.length : end)
  if (line.weights.length > 0) return 1 + line.weights.length
  throw new ManagerError('usage', `[ERR] Invalid --cluster-weight '${argv[index + 1]!}': give <node id>=<weight>`)
}

const WEIGHTS_TWICE = [
  'WARNING: you cannot use --cluster-weight more than once.',
  'You can set more weights by adding them as a space-separated list, ie:',
  '--cluster-weight n1=w n2=w',
].join('\n')

function takeOption(line: Line, word: string, value: string | undefined): number {
  const option = findOption(word)
  if (option === undefined || (option.takesValue && value === undefined)) {
    throw new ManagerError('usage', `Unrecognized option or bad number of args for: '${word}'`)
  }
  if (!option.takesValue) {
    line.flags.add(option.name)
    return 1
  }
  line.values.set(option.name, value!)
  if (option.name === '-u') takeUri(line, value!)
  return 2
}

function takeUri(line: Line, text: string): void {
  const uri = parseUri(text)
  if (uri === undefined) throw new ManagerError('usage', 'Invalid URI scheme')
  if (uri.password !== undefined) line.values.set('-a', uri.password)
  if (uri.user !== undefined) line.values.set('--user', uri.user)
  if (uri.tls) line.flags.add('--tls')
}

function wordsFrom(argv: readonly string[], first: number): string[] {
  const end = argv.findIndex((word, index) => index >= first && word.startsWith('-'))
  return argv.slice(first, end < 0 ? argv.length : end)
}

function toInvocation(line: Line, subcommand: string, env: Environment): Invocation {
  const flag = (name: FlagName): boolean => line.flags.has(name)
  const value = (name: ValueName): string | undefined => line.values.get(name)
  return {
    subcommand,
    words: line.words,
    cluster: clusterOptions(line, env),
    connection: connectionOptions(line, env),
    askpass: flag('--askpass'),
    warnAboutPassword: value('-a') !== undefined && !flag('--no-auth-warning'),
    lastWordFromInput: flag('-x'),
    inputTag: value('-X'),
    delimiter: value('-d') ?? '\n',
    verbose: flag('--verbose'),
  }
}

function connectionOptions({flags, values}: Line, env: Environment): ConnectionOptions {
  const flag = (name: FlagName): boolean => flags.has(name)
  const value = (name: ValueName): string | undefined => values.get(name)
  if (flag('-4') && flag('-6')) throw new ManagerError('usage', 'Options -4 and -6 are mutually exclusive.')
  const ciphers = [value('--tls-ciphersuites'), value('--tls-ciphers')].filter((list) => list !== undefined)
  return {
    user: value('--user'),
    password: value('-a') ?? env['VALKEYCLI_AUTH'] ?? env['REDISCLI_AUTH'],
    tls: flag('--tls'),
    cacert: value('--cacert'),
    cacertdir: value('--cacertdir'),
    cert: value('--cert'),
    key: value('--key'),
    sni: value('--sni'),
    insecure: flag('--insecure'),
    tlsCiphers: ciphers.length === 0 ? undefined : ciphers.join(':'),
    connectTimeoutMs: connectTimeoutMs(value('-t')),
    family: flag('-4') ? 4 : flag('-6') ? 6 : undefined,
  }
}

/** `-t` is in seconds; 0 means no limit of the operator's own. */
function connectTimeoutMs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const seconds = parseDecimal(text)
  if (seconds === undefined) throw new ManagerError('usage', 'Invalid connection timeout for -t.')
  return seconds === 0 ? undefined : Math.ceil(seconds * 1000)
}

function clusterOptions({flags, values, weights}: Line, env: Environment): ClusterOptions {
  const flag = (name: FlagName): boolean => flags.has(name)
  const value = (name: ValueName): string | undefined => values.get(name)
  return {
    replicas: wholeNumber(values, '--cluster-replicas', {least: 0, most: 16_384}, 0),
    slots: wholeNumber(values, '--cluster-slots', {least: 0, most: 16_384}, 0),
    timeoutMs: wholeNumber(values, '--cluster-timeout', {least: 1, most: 2_147_483_647}, DEFAULT_TIMEOUT_MS),
    pipeline: wholeNumber(values, '--cluster-pipeline', {least: 1, most: 1_000_000}, null),
    thresholdPercent: decimalNumber(values, '--cluster-threshold', DEFAULT_THRESHOLD_PERCENT),
    yes: flag('--cluster-yes') || env['REDISCLI_CLUSTER_YES'] === '1' || env['VALKEYCLI_CLUSTER_YES'] === '1',
    searchMultipleOwners: flag('--cluster-search-multiple-owners'),
    fixWithUnreachablePrimaries: flag('--cluster-fix-with-unreachable-masters'),
    from: value('--cluster-from'),
    to: value('--cluster-to'),
    replace: flag('--cluster-replace'),
    copy: flag('--cluster-copy'),
    weights: weights ?? [],
    useEmptyPrimaries: flag('--cluster-use-empty-masters'),
    simulate: flag('--cluster-simulate'),
    replica: flag('--cluster-slave'),
    primaryId: value('--cluster-master-id'),
    onlyPrimaries: flag('--cluster-only-masters'),
    onlyReplicas: flag('--cluster-only-replicas'),
    fromUser: value('--cluster-from-user'),
    fromPass: value('--cluster-from-pass'),
    fromAskpass: flag('--cluster-from-askpass'),
    atomic: flag('--cluster-use-atomic-slot-migration'),
    forceUnlock: flag('--cluster-force-unlock'),
  }
}
