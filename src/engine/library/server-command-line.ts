/** redis-server's command line: what is asked for, and the whole configuration text that comes of it. */
import {bytesOf} from '../host/utf8.js'
import {configTextOfArguments} from '../server/config-file.js'

export type ServerRequest =
  | {readonly kind: 'version'}
  | {readonly kind: 'help'}
  /** `--test-memory`, `--check-system`, `--sentinel`: what this server does not do. */
  | {readonly kind: 'unsupported'; readonly option: string}
  | {
      readonly kind: 'run'
      /** The redis.conf that is named; `undefined` for none. */
      readonly file: string | undefined
      /** `-`: more of it on standard input. */
      readonly readsInput: boolean
      /** Directives of the command line, as lines of redis.conf: they win. */
      readonly options: string
      /** It was started by `daemonize yes`: this is the process that stays. */
      readonly isDetached: boolean
    }

/** How the process that stays is told apart from the one that started it; nobody types it. */
export const DETACHED_MARK = '--tscluster-detached'

const UNSUPPORTED = ['--test-memory', '--check-system', '--sentinel', '--check-rdb', '--check-aof']

/** Source: Redis 7.0's main(): the first word may be a file; `-` counts only before the first option. */
export function parseServerArguments(args: readonly string[]): ServerRequest {
  const isDetached = args[0] === DETACHED_MARK
  const words = isDetached ? args.slice(1) : args
  const [first] = words
  if (first === '-v' || first === '--version') return {kind: 'version'}
  if (first === '-h' || first === '--help') return {kind: 'help'}
  const option = words.find((word) => UNSUPPORTED.includes(word.toLowerCase()))
  if (option !== undefined) return {kind: 'unsupported', option}
  const file = first !== undefined && !first.startsWith('-') ? first : undefined
  const rest = file === undefined ? words : words.slice(1)
  const readsInput = rest[0] === '-' || rest.at(-1) === '-'
  const options = rest.filter((word, index) => word !== '-' || (index > 0 && index < rest.length - 1))
  return {kind: 'run', file, readsInput, options: configTextOfArguments(options.map(bytesOf)), isDetached}
}
