/** One command as data: what COMMAND INFO tells of it, and the function that carries it out. */
import {type LatencyHistogram} from './latency-histogram.js'
import {type KeySpec} from './key-spec.js'

export type CommandFlag =
  | 'readonly'
  | 'write'
  | 'denyoom'
  | 'admin'
  | 'pubsub'
  | 'noscript'
  | 'blocking'
  | 'loading'
  | 'stale'
  | 'skip_monitor'
  | 'skip_slowlog'
  | 'asking'
  | 'fast'
  | 'no_auth'
  | 'no_multi'
  | 'no_async_loading'
  | 'no_mandatory_keys'
  | 'allow_busy'
  | 'movablekeys'

/** What Redis 7.0 tells of a command (COMMAND INFO, COMMAND DOCS). `specs/` holds it, one file a group. */
export interface CommandFacts {
  /** Lower case; of a subcommand only its own word. */
  readonly name: string
  /** -n: at least n words, the name included. */
  readonly arity: number
  readonly flags: readonly CommandFlag[]
  /** ACL categories, with their `@`. */
  readonly categories: readonly string[]
  readonly keys?: readonly KeySpec[]
  readonly tips?: readonly string[]
  readonly since: string
  readonly complexity: string
  readonly subcommands?: readonly CommandFacts[]
}

/**
 * Facts and handler joined, with what dispatch asks of them made ready. `C` is the record that the handler is given: `Call`, which
 * itself names its spec.
 */
export interface SpecOf<C> {
  readonly facts: CommandFacts
  /** `get`, `config|get`. */
  readonly fullName: string
  readonly group: string
  readonly arity: number
  readonly isWrite: boolean
  readonly isReadonly: boolean
  /** It is served as after ASKING (RESTORE-ASKING). */
  readonly isAsking: boolean
  readonly flags: ReadonlySet<CommandFlag>
  readonly keys: readonly KeySpec[]
  /** The position of the only key when that is fixed (the common case), else 0. */
  readonly onlyKeyAt: number
  readonly handler: (call: C) => void
  readonly subcommands: ReadonlyMap<string, SpecOf<C>> | undefined
  /** calls, microseconds…: INFO commandstats. */
  readonly stats: CommandStats
}

/** What INFO commandstats tells of one command. */
export interface CommandStats {
  calls: number
  usec: number
  rejected: number
  failed: number
  /** LATENCY HISTOGRAM; made with the first call that is tracked. */
  histogram?: LatencyHistogram | undefined
}
