/** Every option that redis-cli and valkey-cli know, and whether a value follows it. */

/** Read in this mode. */
const CLUSTER_FLAGS = [
  '--cluster-yes',
  '--cluster-search-multiple-owners',
  '--cluster-fix-with-unreachable-masters',
  '--cluster-replace',
  '--cluster-copy',
  '--cluster-use-empty-masters',
  '--cluster-simulate',
  '--cluster-slave',
  '--cluster-only-masters',
  '--cluster-only-replicas',
  '--cluster-from-askpass',
  '--cluster-use-atomic-slot-migration',
  '--cluster-force-unlock',
] as const

const CLUSTER_VALUES = [
  '--cluster-replicas',
  '--cluster-from',
  '--cluster-to',
  '--cluster-slots',
  '--cluster-timeout',
  '--cluster-pipeline',
  '--cluster-threshold',
  '--cluster-master-id',
  '--cluster-from-user',
  '--cluster-from-pass',
] as const

const CONNECTION_FLAGS = [
  '--askpass',
  '--tls',
  '--insecure',
  '--no-auth-warning',
  '-x',
  '-4',
  '-6',
  '--verbose',
] as const

const CONNECTION_VALUES = [
  '-a',
  '--user',
  '-u',
  '-t',
  '-X',
  '-d',
  '--sni',
  '--cacert',
  '--cacertdir',
  '--cert',
  '--key',
  '--tls-ciphers',
  '--tls-ciphersuites',
] as const

/** Of redis-cli's other modes: accepted, and without effect here. */
const IDLE_FLAGS = [
  ...['-c', '-e', '-2', '-3', '--raw', '--no-raw', '--quoted-input', '--csv', '--json', '--quoted-json', '--mptcp'],
  ...['--stat', '--latency', '--latency-dist', '--latency-history', '--scan', '--bigkeys', '--memkeys', '--keystats'],
  ...['--hotkeys', '--slave', '--replica', '--pipe', '--ldb', '--ldb-sync-mode'],
]

const IDLE_VALUES = [
  ...['-h', '-p', '-s', '-n', '-r', '-i', '-D', '--show-pushes', '--lru-test', '--rdb', '--functions-rdb'],
  ...['--pipe-timeout', '--memkeys-samples', '--keystats-samples', '--cursor', '--top', '--hotkeys-count'],
  ...['--pattern', '--quoted-pattern', '--count', '--intrinsic-latency', '--eval'],
]

/** valkey-cli's new spellings; it accepts the old ones too. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['--pass', '-a'],
  ['--cluster-fix-with-unreachable-primaries', '--cluster-fix-with-unreachable-masters'],
  ['--cluster-use-empty-primaries', '--cluster-use-empty-masters'],
  ['--cluster-replica', '--cluster-slave'],
  ['--cluster-primary-id', '--cluster-master-id'],
  ['--cluster-only-primaries', '--cluster-only-masters'],
])

const FLAGS: ReadonlySet<string> = new Set([...CLUSTER_FLAGS, ...CONNECTION_FLAGS, ...IDLE_FLAGS])
const VALUES: ReadonlySet<string> = new Set([...CLUSTER_VALUES, ...CONNECTION_VALUES, ...IDLE_VALUES])

export type FlagName = (typeof CLUSTER_FLAGS)[number] | (typeof CONNECTION_FLAGS)[number]
export type ValueName = (typeof CLUSTER_VALUES)[number] | (typeof CONNECTION_VALUES)[number]

/** An option under its first name; `undefined` for a word that is none. */
export function findOption(word: string): {readonly name: string; readonly takesValue: boolean} | undefined {
  const name = ALIASES.get(word) ?? word
  if (FLAGS.has(name)) return {name, takesValue: false}
  return VALUES.has(name) ? {name, takesValue: true} : undefined
}
