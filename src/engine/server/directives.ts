/** The directives of redis.conf that a node knows: name, default, form. Ranges and defaults are those of Redis 7.0. */
import {
  accept,
  choice,
  type Directive,
  flag,
  INT64_MAX,
  INT_MAX,
  integer,
  memory,
  memoryOrPercent,
  octal,
  refuse,
  shutdownWords,
  text,
  UINT64_MAX,
  UINT_MAX,
} from './directive-kinds.js'
import {SPECIAL_DIRECTIVES} from './directive-specials.js'
import {TLS_DIRECTIVES} from './directives-tls.js'

export type {Directive, ParsedValue} from './directive-kinds.js'

const ON_OFF_LOCAL = ['no', 'yes', 'local']
const MIB = 1024 * 1024

const NETWORK: readonly Directive[] = [
  integer('port', 6379, 0, 65_535),
  integer('tcp-backlog', 511, 0, INT_MAX, {immutable: true}),
  integer('tcp-keepalive', 300, 0, INT_MAX),
  integer('timeout', 0, 0, INT_MAX),
  integer('maxclients', 10_000, 1, UINT_MAX),
  flag('protected-mode', 'yes'),
  text('requirepass', ''),
  text('unixsocket', '', {immutable: true}),
  octal('unixsocketperm', '0', {immutable: true}),
  text('bind-source-addr', ''),
  integer('socket-mark-id', 0, 0, UINT_MAX, {immutable: true, supported: ['0']}),
  memory('client-query-buffer-limit', 1024 * MIB, MIB, INT64_MAX),
  memory('proto-max-bulk-len', 512 * MIB, MIB, INT64_MAX, {supported: [String(512 * MIB)]}),
  memoryOrPercent('maxmemory-clients', '0', {supported: ['0', '0%']}),
  choice('enable-protected-configs', 'no', ON_OFF_LOCAL, {immutable: true}),
  choice('enable-debug-command', 'no', ON_OFF_LOCAL, {immutable: true}),
  choice('enable-module-command', 'no', ON_OFF_LOCAL, {immutable: true}),
]

/** What is out of range is brought into it, silently. */
const hz: Directive = {
  ...integer('hz', 10, 0, INT_MAX),
  parse(words, present) {
    const parsed = integer('hz', 10, 0, INT_MAX).parse(words, present)
    return parsed.ok ? accept(String(Math.min(500, Math.max(1, Number(parsed.value))))) : parsed
  },
}

/** What Redis itself answers without its own allocator. */
const activeDefragmentation: Directive = {
  ...flag('activedefrag', 'no'),
  parse(words, present) {
    const parsed = flag('activedefrag', 'no').parse(words, present)
    if (!parsed.ok || parsed.value === 'no') return parsed
    return refuse(
      'Active defragmentation cannot be enabled: it requires a Redis server compiled with a modified Jemalloc like the one shipped by default with the Redis source distribution',
    )
  },
}

const oomScores = choice('oom-score-adj', 'no', ['no', 'yes', 'relative', 'absolute'])

/** `relative` is another word for yes. */
const oomScoreAdjustment: Directive = {
  ...oomScores,
  parse(words, present) {
    const parsed = oomScores.parse(words, present)
    return parsed.ok && parsed.value === 'relative' ? accept('yes') : parsed
  },
}

const anyBacklogSize = memory('repl-backlog-size', MIB, 1, INT64_MAX)
const LEAST_BACKLOG_BYTES = 16_384

/** Less than 16 KiB is taken for 16 KiB. Source: Redis' CONFIG_REPL_BACKLOG_MIN_SIZE. */
const backlogSize: Directive = {
  ...anyBacklogSize,
  parse(words, present) {
    const parsed = anyBacklogSize.parse(words, present)
    return parsed.ok && Number(parsed.value) < LEAST_BACKLOG_BYTES ? accept(String(LEAST_BACKLOG_BYTES)) : parsed
  },
}

/** For the tests of Redis itself: shown to who asks for them by name. */
const HIDDEN: readonly Directive[] = [
  integer('key-load-delay', 0, -INT_MAX - 1, INT_MAX, {isHidden: true, supported: ['0']}),
  integer('rdb-key-save-delay', 0, -INT_MAX - 1, INT_MAX, {isHidden: true, supported: ['0']}),
  integer('watchdog-period', 0, 0, INT_MAX, {isHidden: true, supported: ['0']}),
]

const PROCESS: readonly Directive[] = [
  text('dir', '.', {isProtected: true}),
  flag('daemonize', 'no', {immutable: true}),
  text('pidfile', '', {immutable: true}),
  text('logfile', '', {immutable: true}),
  choice('loglevel', 'notice', ['debug', 'verbose', 'notice', 'warning']),
  choice('supervised', 'no', ['upstart', 'systemd', 'auto', 'no'], {immutable: true, supported: ['no', 'auto']}),
  flag('always-show-logo', 'no', {immutable: true}),
  flag('set-proc-title', 'yes', {immutable: true}),
  text('proc-title-template', '{title} {listen-addr} {server-mode}', {}, checkTitleTemplate),
  flag('syslog-enabled', 'no', {immutable: true}),
  text('syslog-ident', 'redis', {immutable: true}),
  choice(
    'syslog-facility',
    'local0',
    ['user', 'local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'],
    {immutable: true},
  ),
  flag('crash-log-enabled', 'yes'),
  flag('crash-memcheck-enabled', 'yes'),
  flag('disable-thp', 'yes', {immutable: true}),
  oomScoreAdjustment,
  integer('io-threads', 1, 1, 128, {immutable: true}),
  flag('io-threads-do-reads', 'no', {immutable: true}),
  ...['server_cpulist', 'bio_cpulist', 'aof_rewrite_cpulist', 'bgsave_cpulist'].map((name) =>
    text(name, '', {immutable: true}),
  ),
  text('ignore-warnings', ''),
  hz,
  flag('dynamic-hz', 'yes'),
  integer('databases', 16, 1, INT_MAX, {immutable: true}),
  shutdownWords('shutdown-on-sigint', ['default', 'save', 'nosave', 'now', 'force']),
  shutdownWords('shutdown-on-sigterm', ['default', 'save', 'nosave', 'now', 'force']),
  integer('shutdown-timeout', 10, 0, INT_MAX),
]

const OBSERVING: readonly Directive[] = [
  integer('slowlog-log-slower-than', 10_000, -1, INT64_MAX),
  integer('slowlog-max-len', 128, 0, INT64_MAX),
  integer('latency-monitor-threshold', 0, 0, INT64_MAX),
  flag('latency-tracking', 'yes'),
  integer('acllog-max-len', 128, 0, INT64_MAX),
  text('aclfile', '', {immutable: true, supported: ['']}),
  choice('acl-pubsub-default', 'resetchannels', ['allchannels', 'resetchannels'], {supported: ['resetchannels']}),
  integer('tracking-table-max-keys', 1_000_000, 0, INT64_MAX),
  integer('busy-reply-threshold', 5000, 0, INT64_MAX, {alias: 'lua-time-limit'}),
]

const MEMORY: readonly Directive[] = [
  memory('maxmemory', 0, 0, UINT64_MAX),
  choice(
    'maxmemory-policy',
    'noeviction',
    [
      'volatile-lru',
      'volatile-lfu',
      'volatile-random',
      'volatile-ttl',
      'allkeys-lru',
      'allkeys-lfu',
      'allkeys-random',
      'noeviction',
    ],
    {supported: ['noeviction']},
  ),
  integer('maxmemory-samples', 5, 1, INT_MAX),
  integer('maxmemory-eviction-tenacity', 10, 0, 100),
  integer('lfu-log-factor', 10, 0, INT_MAX),
  integer('lfu-decay-time', 1, 0, INT_MAX),
  integer('active-expire-effort', 1, 1, 10),
  flag('activerehashing', 'yes'),
  flag('jemalloc-bg-thread', 'yes'),
  flag('lazyfree-lazy-eviction', 'no'),
  flag('lazyfree-lazy-expire', 'no'),
  flag('lazyfree-lazy-server-del', 'no'),
  flag('lazyfree-lazy-user-del', 'no'),
  flag('lazyfree-lazy-user-flush', 'no'),
  activeDefragmentation,
  integer('active-defrag-cycle-min', 1, 1, 99),
  integer('active-defrag-cycle-max', 25, 1, 99),
  integer('active-defrag-threshold-lower', 10, 0, 1000),
  integer('active-defrag-threshold-upper', 100, 0, 1000),
  integer('active-defrag-max-scan-fields', 1000, 1, INT64_MAX),
  memory('active-defrag-ignore-bytes', 100 * MIB, 1, INT64_MAX),
]

const ENCODINGS: readonly Directive[] = [
  integer('hash-max-listpack-entries', 512, 0, INT64_MAX, {alias: 'hash-max-ziplist-entries'}),
  memory('hash-max-listpack-value', 64, 0, INT64_MAX, {alias: 'hash-max-ziplist-value'}),
  integer('zset-max-listpack-entries', 128, 0, INT64_MAX, {alias: 'zset-max-ziplist-entries'}),
  memory('zset-max-listpack-value', 64, 0, INT64_MAX, {alias: 'zset-max-ziplist-value'}),
  integer('set-max-intset-entries', 512, 0, INT64_MAX),
  integer('list-max-listpack-size', -2, -INT_MAX - 1, INT_MAX, {alias: 'list-max-ziplist-size'}),
  integer('list-compress-depth', 0, 0, INT_MAX, {supported: ['0']}),
  memory('hll-sparse-max-bytes', 3000, 0, INT64_MAX),
  memory('stream-node-max-bytes', 4096, 0, INT64_MAX),
  integer('stream-node-max-entries', 100, 0, INT64_MAX),
]

const PERSISTENCE: readonly Directive[] = [
  text('dbfilename', 'dump.rdb', {isProtected: true}, checkFileName),
  flag('rdbcompression', 'yes'),
  flag('rdbchecksum', 'yes', {immutable: true}),
  flag('rdb-del-sync-files', 'no'),
  flag('rdb-save-incremental-fsync', 'yes'),
  flag('stop-writes-on-bgsave-error', 'yes'),
  choice('sanitize-dump-payload', 'no', ['no', 'yes', 'clients']),
  flag('appendonly', 'no'),
  text('appendfilename', 'appendonly.aof', {immutable: true}, checkAofName),
  text('appenddirname', 'appendonlydir', {immutable: true}, checkAofFolder),
  choice('appendfsync', 'everysec', ['everysec', 'always', 'no']),
  flag('no-appendfsync-on-rewrite', 'no'),
  integer('auto-aof-rewrite-percentage', 100, 0, INT_MAX),
  memory('auto-aof-rewrite-min-size', 64 * MIB, 0, INT64_MAX),
  flag('aof-load-truncated', 'yes'),
  flag('aof-use-rdb-preamble', 'yes'),
  flag('aof-timestamp-enabled', 'no'),
  flag('aof-rewrite-incremental-fsync', 'yes'),
  flag('aof-disable-auto-gc', 'no'),
]

const REPLICATION: readonly Directive[] = [
  text('masterauth', ''),
  text('masteruser', ''),
  integer('replica-priority', 100, 0, INT_MAX, {alias: 'slave-priority'}),
  text('replica-announce-ip', '', {alias: 'slave-announce-ip'}),
  integer('replica-announce-port', 0, 0, 65_535, {alias: 'slave-announce-port'}),
  flag('replica-announced', 'yes'),
  flag('replica-read-only', 'yes', {alias: 'slave-read-only'}),
  flag('replica-serve-stale-data', 'yes', {alias: 'slave-serve-stale-data'}),
  flag('replica-ignore-maxmemory', 'yes', {alias: 'slave-ignore-maxmemory'}),
  flag('replica-lazy-flush', 'no', {alias: 'slave-lazy-flush'}),
  flag('replica-ignore-disk-write-errors', 'no'),
  choice('propagation-error-behavior', 'ignore', ['ignore', 'panic', 'panic-on-replicas']),
  flag('repl-disable-tcp-nodelay', 'no'),
  flag('repl-diskless-sync', 'yes'),
  integer('repl-diskless-sync-delay', 5, 0, INT_MAX),
  integer('repl-diskless-sync-max-replicas', 0, 0, INT_MAX),
  choice('repl-diskless-load', 'disabled', ['disabled', 'on-empty-db', 'swapdb']),
  integer('repl-timeout', 60, 1, INT_MAX),
  integer('repl-ping-replica-period', 10, 1, INT_MAX, {alias: 'repl-ping-slave-period'}),
  backlogSize,
  integer('repl-backlog-ttl', 3600, 0, INT64_MAX),
  integer('min-replicas-to-write', 0, 0, INT_MAX, {alias: 'min-slaves-to-write'}),
  integer('min-replicas-max-lag', 10, 0, INT_MAX, {alias: 'min-slaves-max-lag'}),
]

const CLUSTER: readonly Directive[] = [
  flag('cluster-enabled', 'no', {immutable: true}),
  text('cluster-config-file', 'nodes.conf', {immutable: true}),
  integer('cluster-node-timeout', 15_000, 0, INT64_MAX),
  integer('cluster-port', 0, 0, 65_535, {immutable: true}),
  text('cluster-announce-ip', ''),
  text('cluster-announce-hostname', '', {}, checkHostname),
  integer('cluster-announce-port', 0, 0, 65_535),
  integer('cluster-announce-bus-port', 0, 0, 65_535),
  integer('cluster-announce-tls-port', 0, 0, 65_535),
  choice('cluster-preferred-endpoint-type', 'ip', ['ip', 'hostname', 'unknown-endpoint']),
  integer('cluster-migration-barrier', 1, 0, INT_MAX),
  flag('cluster-allow-replica-migration', 'yes'),
  integer('cluster-replica-validity-factor', 10, 0, INT_MAX, {alias: 'cluster-slave-validity-factor'}),
  flag('cluster-require-full-coverage', 'yes'),
  flag('cluster-replica-no-failover', 'no', {alias: 'cluster-slave-no-failover'}),
  flag('cluster-allow-reads-when-down', 'no'),
  flag('cluster-allow-pubsubshard-when-down', 'yes'),
  memory('cluster-link-sendbuf-limit', 0, 0, UINT64_MAX),
  // Valkey 9's, for its atomic slot migration; the time limit is Redis' fixed one for CLUSTER FAILOVER.
  integer('cluster-manual-failover-timeout', 5000, 1, INT_MAX),
  integer('cluster-slot-migration-log-max-len', 1000, 0, INT64_MAX),
  memory('slot-migration-max-failover-repl-bytes', 0, -1, INT64_MAX),
  // Valkey 9's: its valkey-cli ends in the middle of a reshard when a node does not know it.
  integer('cluster-databases', 1, 1, INT_MAX, {immutable: true, supported: ['1']}),
]

export const DIRECTIVES: readonly Directive[] = [
  ...NETWORK,
  ...SPECIAL_DIRECTIVES,
  ...PROCESS,
  ...OBSERVING,
  ...MEMORY,
  ...ENCODINGS,
  ...PERSISTENCE,
  ...REPLICATION,
  ...CLUSTER,
  ...TLS_DIRECTIVES,
  ...HIDDEN,
]

function checkFileName(name: string): string | undefined {
  return isPlainName(name) ? undefined : "dbfilename can't be a path, just a filename"
}

function checkAofName(name: string): string | undefined {
  if (name === '') return "appendfilename can't be empty"
  return isPlainName(name) ? undefined : "appendfilename can't be a path, just a filename"
}

function checkAofFolder(name: string): string | undefined {
  if (name === '') return "appenddirname can't be empty"
  return isPlainName(name) ? undefined : "appenddirname can't be a path, just a dirname"
}

function isPlainName(name: string): boolean {
  return name !== '' && !/[/\\]/.test(name) && name !== '..' && name !== '.'
}

function checkHostname(name: string): string | undefined {
  if (name.length > 255) return 'Hostnames must be less than 256 characters'
  return /^[a-z0-9.-]*$/i.test(name) ? undefined : 'Hostnames may only contain alphanumeric characters, hyphens or dots'
}

/** Source: Redis' validateProcTitleTemplate. */
function checkTitleTemplate(template: string): string | undefined {
  const known = /\{(?:title|listen-addr|server-mode|port|tls-port|unixsocket|config-file)\}/g
  return template === '' || /[{}]/.test(template.replace(known, ''))
    ? 'template format is invalid or contains unknown variables'
    : undefined
}
