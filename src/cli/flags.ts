/** The shared vocabulary of flags. Old redis-cli spellings are aliases: they work, and help does not show them. */
import {Flags} from '@oclif/core'
import {ManagerError} from '../manager/error.js'
import {BIG_KEY_HANDLINGS} from '../manager/plan/big-keys.js'
import {parseByteSize} from './byte-size.js'
import {parseRate, type Rate} from './rate.js'

/** `60s`, `500ms`, `2m`; a bare number is seconds. In ms. */
export const duration = Flags.custom<number, {min?: number}>({
  parse: (text, _context, options) => {
    const match = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text)
    if (match === null) throw usage(`--${options.name} wants a duration such as 60s or 500ms, not "${text}"`)
    const ms = Math.round(Number(match[1]) * {ms: 1, s: 1000, m: 60_000}[match[2] ?? 's']!)
    if (ms < (options.min ?? 0)) throw usage(`--${options.name} wants at least ${options.min} ms, not "${text}"`)
    return Promise.resolve(ms)
  },
})

/** A whole number of at least `min`. */
export const wholeNumber = Flags.custom<number, {min?: number; max?: number}>({
  parse: (text, _context, options) => {
    const {min = 0, max = Number.MAX_SAFE_INTEGER} = options
    const value = Number(text)
    if (!/^-?\d+$/.test(text) || value < min || value > max) {
      const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`
      throw usage(`--${options.name} wants a whole number ${range}, not "${text}"`)
    }
    return Promise.resolve(value)
  },
})

/** `50MB/s`, `20000keys/s`: in bytes or in keys a second. */
const rate = Flags.custom<Rate>({
  parse: (text, _context, options) => {
    const parsed = parseRate(text)
    if (parsed !== undefined) return Promise.resolve(parsed)
    throw usage(`--${options.name} wants a rate such as 50MB/s, 512KiB/s or 20000keys/s, not "${text}"`)
  },
})

/** `10MiB`, `50MB`; a bare number is bytes. In bytes. */
export const size = Flags.custom<number>({
  parse: (text, _context, options) => {
    const bytes = parseByteSize(text)
    if (bytes === undefined) throw usage(`--${options.name} wants a size such as 10MiB or 50MB, not "${text}"`)
    return Promise.resolve(bytes)
  },
})

export const connectionFlags = {
  pass: Flags.string({
    char: 'a',
    summary: 'password (visible in process lists: prefer --pass-file, --askpass or REDISCLI_AUTH)',
    helpValue: 'PASSWORD',
    helpGroup: 'CONNECTION',
  }),
  'pass-file': Flags.string({
    summary: 'read the password from a file; - is standard input',
    helpValue: 'FILE',
    helpGroup: 'CONNECTION',
  }),
  askpass: Flags.boolean({summary: 'ask for the password', helpGroup: 'CONNECTION'}),
  user: Flags.string({summary: 'ACL user name', helpValue: 'NAME', helpGroup: 'CONNECTION'}),
  tls: Flags.boolean({summary: 'connect over TLS', helpGroup: 'CONNECTION'}),
  cacert: Flags.string({summary: 'certificate authority to trust (PEM)', helpValue: 'FILE', helpGroup: 'CONNECTION'}),
  cacertdir: Flags.string({
    summary: 'folder of certificate authorities to trust',
    helpValue: 'DIR',
    helpGroup: 'CONNECTION',
  }),
  cert: Flags.string({summary: 'client certificate (PEM)', helpValue: 'FILE', helpGroup: 'CONNECTION'}),
  key: Flags.string({summary: 'key of the client certificate (PEM)', helpValue: 'FILE', helpGroup: 'CONNECTION'}),
  sni: Flags.string({summary: 'server name to ask for', helpValue: 'HOST', helpGroup: 'CONNECTION'}),
  insecure: Flags.boolean({summary: 'accept any certificate', helpGroup: 'CONNECTION'}),
  'tls-ciphers': Flags.string({summary: 'ciphers to offer', helpValue: 'LIST', helpGroup: 'CONNECTION', hidden: true}),
  'no-auth-warning': Flags.boolean({
    summary: 'no warning about a password on the command line',
    helpGroup: 'CONNECTION',
    hidden: true,
  }),
  'connect-timeout': duration({
    char: 't',
    summary: 'limit for a connection to open',
    helpValue: '5s',
    helpGroup: 'CONNECTION',
  }),
  'reply-timeout': duration({
    summary: 'limit for a node to answer a command',
    helpValue: '5s',
    helpGroup: 'CONNECTION',
  }),
}

export const outputFlags = {
  quiet: Flags.boolean({char: 'q', summary: 'no progress, no advice', helpGroup: 'GLOBAL'}),
  color: Flags.boolean({
    summary: 'colour on a terminal (NO_COLOR and FORCE_COLOR are honoured)',
    allowNo: true,
    default: true,
    hidden: true,
    helpGroup: 'GLOBAL',
  }),
}

/** For commands that change a cluster. */
export const changeFlags = {
  yes: Flags.boolean({char: 'y', aliases: ['cluster-yes'], summary: 'do not ask for confirmation'}),
  'dry-run': Flags.boolean({summary: 'show the plan and change nothing'}),
  explain: Flags.boolean({summary: 'show the commands that each step sends'}),
  out: Flags.string({summary: 'save the plan for `tscluster apply` and change nothing', helpValue: 'FILE'}),
  timeout: duration({
    summary: 'give up after this long without progress',
    default: 60_000,
    defaultHelp: () => Promise.resolve('60s'),
    helpValue: '60s',
  }),
  journal: Flags.string({
    summary: 'keep the journal in this file instead of the state folder (see `tscluster operations`)',
    helpValue: 'FILE',
  }),
  'json-stream': Flags.boolean({summary: 'what happens as NDJSON on standard output, the result last'}),
}

/** How fast keys may move. */
export const paceFlags = {
  'max-latency': duration({
    min: 1,
    summary: 'hold the latency of the nodes below this, as a probe sees it, with smaller batches and pauses',
    helpValue: '5ms',
  }),
  rate: rate({summary: 'move no more than this a second, in bytes or in keys', helpValue: '50MB/s|20000keys/s'}),
}

/** For commands that move keys. */
export const migrationFlags = {
  pipeline: wholeNumber({
    min: 1,
    max: 100_000,
    aliases: ['cluster-pipeline'],
    summary: 'keys per MIGRATE (default: sized by what they cost)',
    helpValue: 'KEYS',
  }),
  replace: Flags.boolean({aliases: ['cluster-replace'], summary: 'overwrite keys that the target already has'}),
  'migrate-timeout': wholeNumber({
    min: 1,
    default: 60_000,
    aliases: ['cluster-timeout'],
    summary: 'limit of one MIGRATE, in ms',
    helpValue: 'MS',
  }),
  ...paceFlags,
}

/** For commands that move whole slots, and what becomes of the big keys in them. */
export const bigKeyFlags = {
  'big-key': size({
    summary: 'a key larger than this is big (default: 10MiB)',
    helpValue: 'SIZE',
  }),
  'big-keys': Flags.string({
    summary:
      'big keys: last, after all others; skip, with their slots; atomic, whole slots by the server (default: last)',
    options: [...BIG_KEY_HANDLINGS],
  }),
  'scan-sizes': Flags.boolean({
    summary: 'look at the sizes of all keys that will move, and list the big ones in the plan',
  }),
}

export const atomicFlag = {
  atomic: Flags.boolean({
    aliases: ['cluster-use-atomic-slot-migration'],
    allowNo: true,
    summary:
      'let the servers move whole slots (Valkey 9, Redis 8.4, the bundled engine), or not; ' +
      'by default they do where both ends can, and MIGRATE takes over when it keeps failing',
  }),
}

export function usage(message: string, hint?: string): ManagerError {
  return new ManagerError('usage', message, {hint})
}
