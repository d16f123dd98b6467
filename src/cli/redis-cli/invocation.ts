/** What a redis-cli command line asks for, as data. */
import type {ConnectionOptions} from '../connection.js'

/** The `--cluster-…` options. Every subcommand accepts each of them, and ignores those that mean nothing to it. */
export interface ClusterOptions {
  readonly replicas: number
  readonly yes: boolean
  readonly searchMultipleOwners: boolean
  readonly fixWithUnreachablePrimaries: boolean
  readonly from: string | undefined
  readonly to: string | undefined
  /** 0: not given. */
  readonly slots: number
  /** MIGRATE's timeout, ms. */
  readonly timeoutMs: number
  /** Keys per MIGRATE; `null`: sized by what they cost. */
  readonly pipeline: number | null
  readonly replace: boolean
  readonly copy: boolean
  /** `ID=WEIGHT`, as typed. */
  readonly weights: readonly string[]
  readonly useEmptyPrimaries: boolean
  readonly simulate: boolean
  readonly thresholdPercent: number
  readonly replica: boolean
  readonly primaryId: string | undefined
  readonly onlyPrimaries: boolean
  readonly onlyReplicas: boolean
  readonly fromUser: string | undefined
  readonly fromPass: string | undefined
  readonly fromAskpass: boolean
  readonly atomic: boolean
  /** Ours: take the cluster over from the operation that works on it. */
  readonly forceUnlock: boolean
}

export interface Invocation {
  /** As typed: may be none that exists. */
  readonly subcommand: string
  /** What stands between the subcommand and the next option. */
  readonly words: readonly string[]
  readonly cluster: ClusterOptions
  readonly connection: ConnectionOptions
  readonly askpass: boolean
  /** A password stands on the command line, and `--no-auth-warning` does not. */
  readonly warnAboutPassword: boolean
  /** `-x`: all of standard input is one more word. */
  readonly lastWordFromInput: boolean
  /** `-X`: the word that standard input stands for. */
  readonly inputTag: string | undefined
  /** `-d`: between the elements of a reply. */
  readonly delimiter: string
  readonly verbose: boolean
}
