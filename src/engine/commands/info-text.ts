/** The sections of INFO as text, but for those that other parts of the node know best. */
import {type CommandSpec, type CommandTable} from '../server/call.js'
import {formatBytes} from '../server/human.js'
import {type Server} from '../server/server.js'
import {ENGINE_VERSION} from '../server/version.js'

type Fields = readonly (readonly [name: string, value: string | number])[]

const DAY_SECONDS = 86_400

/** `name:value` lines, each ended by CRLF. */
export function formatFields(fields: Fields): string {
  return fields.map(([name, value]) => `${name}:${value}\r\n`).join('')
}

export function serverSection(server: Server): string {
  const uptimeSeconds = Math.floor((server.nowMs - server.startedMs) / 1000)
  const {os, executable} = server.figures()
  return formatFields([
    ['redis_version', ENGINE_VERSION.redis],
    ['redis_git_sha1', '00000000'],
    ['redis_git_dirty', 0],
    ['redis_build_id', '0000000000000000'],
    ['redis_mode', server.clusterEnabled ? 'cluster' : 'standalone'],
    ['os', os],
    ['arch_bits', 64],
    ['monotonic_clock', 'process.hrtime'],
    ['multiplexing_api', 'libuv'],
    ['process_id', server.processId],
    ['process_supervised', 'no'],
    ['run_id', server.runId],
    ['tcp_port', server.config.text('port')],
    ['server_time_usec', server.nowUs],
    ['uptime_in_seconds', uptimeSeconds],
    ['uptime_in_days', Math.floor(uptimeSeconds / DAY_SECONDS)],
    ['hz', server.config.text('hz')],
    ['configured_hz', server.config.text('hz')],
    ['lru_clock', Math.floor(server.nowMs / 1000) % 2 ** 24],
    ['executable', executable],
    ['config_file', server.config.file?.path ?? ''],
    ['io_threads_active', 0],
    ['tscluster_version', ENGINE_VERSION.engine],
  ])
}

export function clientsSection(server: Server): string {
  let largestInput = 0
  let largestOutput = 0
  let connected = 0
  for (const client of server.clients.values()) {
    if (client.kind === 'normal') connected++
    largestInput = Math.max(largestInput, client.parser.pendingBytes)
    largestOutput = Math.max(largestOutput, client.output.pendingBytes + client.unsentBytes)
  }
  return formatFields([
    ['connected_clients', connected],
    ['cluster_connections', 0],
    ['maxclients', server.config.text('maxclients')],
    ['client_recent_max_input_buffer', largestInput],
    ['client_recent_max_output_buffer', largestOutput],
    ['blocked_clients', server.blocking.blockedClients],
    ['tracking_clients', 0],
    ['clients_in_timeout_table', server.blocking.blockedClients],
  ])
}

export function memorySection(server: Server): string {
  const {residentBytes, systemMemoryBytes} = server.measureMemory()
  const {usedBytes, peakBytes, startupBytes} = server.memory
  const buffers = bufferBytes(server)
  const overhead = startupBytes + buffers.normal + buffers.replicas
  const dataset = Math.max(0, usedBytes - overhead)
  const maxMemory = Number(server.config.text('maxmemory'))
  return formatFields([
    ...both('used_memory', usedBytes),
    ...both('used_memory_rss', residentBytes),
    ...both('used_memory_peak', peakBytes),
    ['used_memory_peak_perc', percent(usedBytes, peakBytes)],
    ['used_memory_overhead', overhead],
    ['used_memory_startup', startupBytes],
    ['used_memory_dataset', dataset],
    ['used_memory_dataset_perc', percent(dataset, usedBytes - startupBytes)],
    ...both('total_system_memory', systemMemoryBytes),
    ['used_memory_vm_eval', 0],
    ...both('used_memory_lua', 0),
    ['used_memory_scripts_eval', 0],
    ['used_memory_vm_functions', 0],
    ...both('used_memory_vm_total', 0),
    ['used_memory_functions', 0],
    ...both('used_memory_scripts', 0),
    ['number_of_cached_scripts', 0],
    ['number_of_functions', 0],
    ['number_of_libraries', 0],
    ['maxmemory', server.config.text('maxmemory')],
    ['maxmemory_human', formatBytes(maxMemory)],
    ['maxmemory_policy', server.config.text('maxmemory-policy')],
    ['mem_fragmentation_ratio', ratio(residentBytes, usedBytes)],
    ['mem_fragmentation_bytes', residentBytes - usedBytes],
    ['mem_not_counted_for_evict', 0],
    ['mem_replication_backlog', backlogBytes(server)],
    ['mem_total_replication_buffers', backlogBytes(server)],
    ['mem_clients_slaves', buffers.replicas],
    ['mem_clients_normal', buffers.normal],
    ['mem_cluster_links', 0],
    ['mem_aof_buffer', 0],
    ['mem_allocator', 'v8'],
    ['active_defrag_running', 0],
    ['lazyfree_pending_objects', 0],
    ['lazyfreed_objects', 0],
  ])
}

/** What the replication backlog holds, in bytes. */
export function backlogBytes(server: Server): number {
  return server.replication.stream.backlog?.length ?? 0
}

/** What clients have in their buffers, in bytes. */
export function bufferBytes(server: Server): {readonly normal: number; readonly replicas: number} {
  let normal = 0
  let replicas = 0
  for (const client of server.clients.values()) {
    const bytes = client.parser.pendingBytes + client.output.pendingBytes + client.unsentBytes
    if (client.kind === 'replica') replicas += bytes
    else normal += bytes
  }
  return {normal, replicas}
}

function both(name: string, bytes: number): Fields {
  return [
    [name, bytes],
    [`${name}_human`, formatBytes(bytes)],
  ]
}

function percent(part: number, whole: number): string {
  return `${whole <= 0 ? '0.00' : ((part / whole) * 100).toFixed(2)}%`
}

function ratio(part: number, whole: number): string {
  return whole <= 0 ? '0.00' : (part / whole).toFixed(2)
}

export function statsSection(server: Server): string {
  const {stats, pubsub} = server
  return formatFields([
    ['total_connections_received', stats.totalConnections],
    ['total_commands_processed', stats.totalCommands],
    ['instantaneous_ops_per_sec', Math.round(stats.commandRate.perSecond)],
    ['total_net_input_bytes', stats.netInputBytes],
    ['total_net_output_bytes', stats.netOutputBytes],
    ['total_net_repl_input_bytes', 0],
    ['total_net_repl_output_bytes', 0],
    ['instantaneous_input_kbps', (stats.inputRate.perSecond / 1024).toFixed(2)],
    ['instantaneous_output_kbps', (stats.outputRate.perSecond / 1024).toFixed(2)],
    ['instantaneous_input_repl_kbps', '0.00'],
    ['instantaneous_output_repl_kbps', '0.00'],
    ['rejected_connections', stats.rejectedConnections],
    ['sync_full', stats.fullSyncs],
    ['sync_partial_ok', stats.partialSyncsAccepted],
    ['sync_partial_err', stats.partialSyncsRefused],
    ['expired_keys', stats.expiredKeys],
    ['expired_stale_perc', '0.00'],
    ['expired_time_cap_reached_count', 0],
    ['expire_cycle_cpu_milliseconds', 0],
    ['evicted_keys', 0],
    ['evicted_clients', 0],
    ['total_eviction_exceeded_time', 0],
    ['current_eviction_exceeded_time', 0],
    ['keyspace_hits', stats.keyspaceHits],
    ['keyspace_misses', stats.keyspaceMisses],
    ['pubsub_channels', pubsub.count('channel')],
    ['pubsub_patterns', pubsub.count('pattern')],
    ['pubsubshard_channels', pubsub.count('shard')],
    ['latest_fork_usec', 0],
    ['total_forks', 0],
    ['migrate_cached_sockets', server.migrator.cachedConnections],
    ['slave_expires_tracked_keys', 0],
    ['active_defrag_hits', 0],
    ['active_defrag_misses', 0],
    ['active_defrag_key_hits', 0],
    ['active_defrag_key_misses', 0],
    ['tracking_total_keys', 0],
    ['tracking_total_items', 0],
    ['tracking_total_prefixes', 0],
    ['unexpected_error_replies', stats.unexpectedErrorReplies],
    ['total_error_replies', stats.totalErrorReplies],
    ['dump_payload_sanitizations', 0],
    ['total_reads_processed', stats.readsProcessed],
    ['total_writes_processed', stats.writesProcessed],
    ['io_threaded_reads_processed', 0],
    ['io_threaded_writes_processed', 0],
  ])
}

export function cpuSection(server: Server): string {
  const {cpuSystemSeconds, cpuUserSeconds} = server.figures()
  return formatFields([
    ['used_cpu_sys', cpuSystemSeconds.toFixed(6)],
    ['used_cpu_user', cpuUserSeconds.toFixed(6)],
    ['used_cpu_sys_children', '0.000000'],
    ['used_cpu_user_children', '0.000000'],
    ['used_cpu_sys_main_thread', cpuSystemSeconds.toFixed(6)],
    ['used_cpu_user_main_thread', cpuUserSeconds.toFixed(6)],
  ])
}

export function commandStatsSection(commands: CommandTable): string {
  const lines: [string, string][] = []
  for (const {fullName, stats} of used(commands)) {
    const {calls, usec, rejected, failed} = stats
    const perCall = calls === 0 ? '0.00' : (usec / calls).toFixed(2)
    const value = `calls=${calls},usec=${Math.floor(usec)},usec_per_call=${perCall},rejected_calls=${rejected},failed_calls=${failed}`
    lines.push([`cmdstat_${fullName}`, value])
  }
  return formatFields(lines)
}

export function latencyStatsSection(server: Server, commands: CommandTable): string {
  const wanted = server.config
    .text('latency-tracking-info-percentiles')
    .split(' ')
    .filter((word) => word !== '')
  const lines: [string, string][] = []
  for (const {fullName, stats} of used(commands)) {
    const {histogram} = stats
    if (histogram === undefined || histogram.calls === 0) continue
    const values = wanted.map((each) => `p${each}=${histogram.percentileUsec(Number(each)).toFixed(3)}`)
    lines.push([`latency_percentiles_usec_${fullName}`, values.join(',')])
  }
  return formatFields(lines)
}

function used(commands: CommandTable): CommandSpec[] {
  const found: CommandSpec[] = []
  const visit = (spec: CommandSpec): void => {
    const {calls, rejected, failed} = spec.stats
    if (calls + rejected + failed > 0) found.push(spec)
    for (const each of spec.subcommands?.values() ?? []) visit(each)
  }
  for (const spec of commands.all) visit(spec)
  return found
}

export function errorStatsSection(server: Server): string {
  const codes = [...server.stats.errors].sort(([one], [other]) => (one < other ? -1 : 1))
  return formatFields(codes.map(([code, count]) => [`errorstat_${code}`, `count=${count}`]))
}

export function keyspaceSection(server: Server): string {
  const filled = server.databases.map((each) => ({each, ...each.countVisible()})).filter(({keys}) => keys > 0)
  return formatFields(
    filled.map(({each, keys, expiring}) => [
      `db${each.index}`,
      `keys=${keys},expires=${expiring},avg_ttl=${Math.floor(each.averageTtlMs)}`,
    ]),
  )
}
